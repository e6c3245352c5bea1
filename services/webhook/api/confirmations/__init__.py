"""`/v1/confirmations`: taking orders in, one by one and in bulk, showing, listing and withdrawing them."""
