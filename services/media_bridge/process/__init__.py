"""The processes of the service: server, metrics of all of them, memory that they share."""
