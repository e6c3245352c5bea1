"""Prometheus metrics of one process: its own registry, and the text of it."""

from prometheus_client import CollectorRegistry, Info, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder


def make_registry(service: str) -> CollectorRegistry:
    """Return a registry with the process's own metrics (memory, CPU) and `service_info{service=...}`.

    The code that changes a metric creates it with this registry, once a process. Labels never hold a person, a phone number
    or an order.
    """
    registry = CollectorRegistry(auto_describe=True)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    Info("service", "Which service this process is", registry=registry).info({"service": service})
    return registry


def expose(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Return all metrics in the format that the `Accept` header asks for, and their content type."""
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
