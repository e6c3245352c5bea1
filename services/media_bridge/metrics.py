"""The bridge's own metrics for Prometheus, by what they are about. No label holds a call, a person, a number or an order."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FIRST_AUDIO_BUCKETS_S = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0)


class BridgeMetrics:
    """All metrics of one process. Make it once: a registry takes each name once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = StreamMetrics(registry)
        self.model = ModelMetrics(registry)
        self.messages = MessageMetrics(registry)
        self.calls = CallMetrics(registry)
        self.recordings_erased = _counter(registry, "recordings_erased", "Recordings erased with their confirmations")


class StreamMetrics:
    """Media streams: how many there are, and which were refused."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.active = Gauge("bridge_streams_active", "Media streams of admitted calls at this moment", registry=registry)
        self.waiting = Gauge("bridge_streams_waiting", "Media streams that have shown no valid token yet", registry=registry)
        self.work = Gauge("bridge_work_in_hand", "Calls, and writes that outlive theirs, not done yet", registry=registry)
        self.handshakes = _counter(registry, "handshakes", "Handshakes by answer: accepted, or why refused", "answer")
        self.signatures = _counter(registry, "handshake_signatures", "Handshakes by signature: valid, invalid", "signature")
        self.turned_away = _counter(registry, "streams_turned_away", "Streams without a valid token, by reason", "reason")


class ModelMetrics:
    """Sessions with the speech model: opened, failed, and what they cost."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.warm = Gauge("bridge_warm_sessions", "Sessions with OpenAI that wait for a call", registry=registry)
        self.circuit_open = Gauge(
            "bridge_model_circuit_open",
            "Processes of the bridge that have their calls held by key, because OpenAI refuses key, account or model; 0 if none",
            registry=registry,
        )
        self.connections = _counter(registry, "model_connections", "Sessions with OpenAI: opened, or why not", "result")
        self.failures = _counter(registry, "model_failures", "Sessions with OpenAI that a call missed or lost, by reason", "reason")
        self.first_audio = _histogram(
            registry,
            "first_audio",
            "From what the model was given last (speech, tool: a tool's result, request: ours) to its first audio",
            "after",
            buckets=_FIRST_AUDIO_BUCKETS_S,
        )
        self.fillers = _counter(registry, "fillers", "Fillers heard because the model's first audio was late")
        self.errors = _counter(registry, "model_errors", "Errors that OpenAI told within a session, by code", "code")
        self.silent_responses = _counter(
            registry,
            "model_silent_responses",
            "Responses that ended with neither a sound nor a tool call, by how they ended",
            "status",
        )
        self.cost = _counter(registry, "model_cost_usd", "What the speech model's tokens cost, by what was decided", "outcome")


class MessageMetrics:
    """Messages of both peers: carried, dropped, unreadable."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.frames = _counter(registry, "audio_messages", "Audio messages carried, by direction", "direction")
        self.dropped = _counter(registry, "audio_messages_dropped", "Audio messages a peer did not take in time", "direction")
        self.silent = _counter(registry, "audio_messages_silent", "Audio messages of the model that began an item without a signal")
        self.unreadable = _counter(registry, "messages_unreadable", "Messages that were not of the agreed shape", "peer")
        self.ignored = _counter(registry, "keys_ignored", "Keys beyond what a person can press, twenty a second and call")


class CallMetrics:
    """Calls: how they ended, what was decided, and how long the customer waited for the bridge."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = _counter(registry, "calls", "Calls that ended, by who or what ended them", "end")
        self.verdicts = _counter(registry, "verdicts", "Decisions recorded, by outcome and channel", "outcome", "channel")
        self.outcomes = _counter(
            registry, "conversations", "Conversations that ended, by what was decided when they did", "outcome"
        )
        self.lost_writes = _counter(registry, "record_writes_lost", "Writes about a call that failed for good, by kind", "kind")
        self.barge_ins = _counter(registry, "barge_ins", "Times a customer spoke over the agent")
        self.greeting = _histogram(registry, "answer_to_greeting", "From the admitted stream to the first audio sent")
        self.turn = _histogram(registry, "turn", "From the end of the customer's speech to the answer's first audio sent")
        self.clear = _histogram(registry, "barge_in_to_clear", "From the speech's start, or the key, to the clear sent")


def _counter(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Counter:
    return Counter(f"bridge_{name}", text, labels, registry=registry)


def _histogram(
    registry: CollectorRegistry, name: str, text: str, *labels: str, buckets: Sequence[float] = _LATENCY_BUCKETS_S
) -> Histogram:
    return Histogram(f"bridge_{name}_seconds", text, labels, buckets=buckets, registry=registry)
