"""The bridge's own metrics for Prometheus. No label holds a call, a person, a number or an order."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class BridgeMetrics:
    """All of them; made once a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"bridge_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str) -> Histogram:
            return Histogram(f"bridge_{name}_seconds", text, buckets=_LATENCY_BUCKETS_S, registry=registry)

        self.streams = Gauge("bridge_streams_active", "Media streams at this moment", registry=registry)
        self.work = Gauge("bridge_work_in_hand", "Calls, and writes that outlive theirs, not done yet", registry=registry)
        self.warm = Gauge("bridge_warm_sessions", "Sessions with OpenAI that wait for a call", registry=registry)
        self.handshakes = counter("handshakes", "Handshakes by answer: accepted, or why refused", "answer")
        self.signatures = counter("handshake_signatures", "Handshakes by signature: valid, invalid", "signature")
        self.turned_away = counter("streams_turned_away", "Streams without a valid token, by reason", "reason")
        self.calls = counter("calls", "Calls that ended, by who or what ended them", "end")
        self.verdicts = counter("verdicts", "Decisions recorded, by outcome and channel", "outcome", "channel")
        self.frames = counter("audio_messages", "Audio messages carried, by direction", "direction")
        self.dropped = counter("audio_messages_dropped", "Audio messages a peer did not take in time", "direction")
        self.unreadable = counter("messages_unreadable", "Messages that were not of the agreed shape", "peer")
        self.ignored = counter("keys_ignored", "Keys beyond what a person can press, twenty a second and call")
        self.barge_ins = counter("barge_ins", "Times a customer spoke over the agent")
        self.model_connections = counter("model_connections", "Sessions with OpenAI: opened, or why not", "result")
        self.model_failures = counter("model_failures", "Sessions with OpenAI that a call missed or lost, by reason", "reason")
        self.model_errors = counter("model_errors", "Errors that OpenAI told within a session, by code", "code")
        self.greeting = histogram("answer_to_greeting", "From the admitted stream to the first audio sent")
        self.turn = histogram("turn", "From the end of the customer's speech to the answer's first audio sent")
        self.clear = histogram("barge_in_to_clear", "From the speech's start, or the key, to the clear sent")
        self.outcomes = counter("conversations", "Conversations that ended, by what was decided when they did", "outcome")
        self.recordings_erased = counter("recordings_erased", "Recordings erased with their confirmations")
        self.cost = counter("model_cost_usd", "What the speech model's tokens cost, by what was decided", "outcome")
