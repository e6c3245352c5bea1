"""The measurements that the README reports, re-runnable by anyone."""
