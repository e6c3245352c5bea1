"""`/v1/customers`: what a shop can have done about all that is stored under one phone number."""
