"""The processes of the service: the workers, the ticker, and the control process with health and metrics."""
