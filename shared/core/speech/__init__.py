"""What is said: the call's sentences, and how numbers, money and order ids are spoken."""
