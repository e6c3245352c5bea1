"""What is said in a call: its sentences, and how numbers, prices, dates and order ids are spoken."""
