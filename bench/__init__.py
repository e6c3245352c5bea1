"""The measurements that the README reports; anyone can run them again."""
