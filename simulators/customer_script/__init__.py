"""What a simulated customer does at each call, as data that is read from JSON."""
