"""Prometheus metrics of one process: a registry of its own, and its exposition."""

from prometheus_client import CollectorRegistry, Info, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder


def make_registry(service: str) -> CollectorRegistry:
    """Return a registry with the process's own figures and `service_info{service=...}`.

    Counters and histograms are made with `registry=` this one, once a process, by the code that raises them. Labels
    never hold a person, a number or an order.
    """
    registry = CollectorRegistry(auto_describe=True)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    Info("service", "Which service this process is", registry=registry).info({"service": service})
    return registry


def expose(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Return all figures in the format that the `Accept` header asks for, and its content type."""
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
