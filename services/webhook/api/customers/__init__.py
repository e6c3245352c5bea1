"""`/v1/customers`: the erasure of all that is stored about a customer."""
