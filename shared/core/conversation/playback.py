"""How much of the agent's audio has been heard: Twilio's marks prove it, and between two marks the clock interpolates."""

from collections import OrderedDict
from dataclasses import dataclass

MARK_EVERY_MS = 200.0


@dataclass(frozen=True, slots=True)
class HeardItem:
    """An item that still has unheard audio: `heard_ms` of `sent_ms` milliseconds were heard."""

    item_id: str
    heard_ms: int
    sent_ms: int

    @property
    def share(self) -> float:
        """How much of it was heard, 0 to 1."""
        return self.heard_ms / self.sent_ms if self.sent_ms else 1.0


class Playback:
    """Our view of Twilio's play buffer. Positions are milliseconds of audio since the call began."""

    __slots__ = (
        "_anchor_ms",
        "_anchor_s",
        "_items",
        "_last_from_ms",
        "_last_id",
        "_last_span",
        "_mark_count",
        "_marked_ms",
        "_pending",
        "_proven_ms",
        "_sent_ms",
        "_skipped_ms",
        "muted",
    )

    def __init__(self) -> None:
        self._sent_ms = 0.0
        self._anchor_ms = 0.0
        self._anchor_s = 0.0
        self._proven_ms = 0.0
        self._marked_ms = 0.0
        self._mark_count = 0
        self._pending: OrderedDict[str, float] = OrderedDict()  # mark name -> position it stands at
        self._items: OrderedDict[str, list[float]] = OrderedDict()  # item id -> [first position, end position]
        self._skipped_ms: dict[str, float] = {}  # item id -> its silence at the beginning, which was not sent
        self._last_id: str | None = None
        self._last_span = [0.0, 0.0]
        self._last_from_ms = 0.0  # since when nothing but the last item was sent
        self.muted: set[str] = set()

    def append(self, item_id: str, duration_ms: float, now: float) -> bool:
        """Note audio that was just sent for `item_id`; True when a mark is due after it."""
        sent = self._sent_ms
        if self._anchor_ms + (now - self._anchor_s) * 1000.0 >= sent and self.heard_ms(now) >= sent:
            self._anchor_ms, self._anchor_s = sent, now  # the buffer ran empty: playing begins anew
        self._sent_ms = end = sent + duration_ms
        if item_id != self._last_id:
            self._last_id, self._last_span, self._last_from_ms = item_id, self._items.setdefault(item_id, [sent, end]), sent
        self._last_span[1] = end
        return end - self._marked_ms >= MARK_EVERY_MS

    def skip(self, item_id: str, duration_ms: float) -> None:
        """Note silence at the beginning of an item that is not sent: the model counts it as a part of what is heard."""
        self._skipped_ms[item_id] = self._skipped_ms.get(item_id, 0.0) + duration_ms

    def next_mark(self) -> str:
        """Name the mark to be sent now; it stands after all audio sent so far."""
        self._mark_count += 1
        name = f"m{self._mark_count}"
        self._pending[name] = self._marked_ms = self._sent_ms
        return name

    def echo(self, name: str, now: float) -> None:
        """Note that a mark came back; one that was cleared, or was never ours, says nothing about what was heard."""
        pending = self._pending
        position = pending.pop(name, None)
        if position is None:
            return
        while pending and next(iter(pending.values())) < position:
            pending.popitem(last=False)
        self._proven_ms = max(self._proven_ms, position)
        self._anchor_ms, self._anchor_s = position, now

    def echo_within(self, name: str, now: float) -> bool:
        """Note a mark that came back from amid the latest item; one that may end an item is not noted, and False is returned."""
        position = self._pending.get(name)
        if position is None or position >= self._sent_ms or self._proven_ms < self._last_from_ms:
            return False
        self.echo(name, now)
        return True

    def clear(self, now: float) -> None:
        """Note that the buffer was emptied: audio not heard by now never will be, and pending marks mean nothing."""
        heard = self.heard_ms(now)
        self._pending.clear()
        self._items.clear()
        self._last_id, self._last_span = None, [0.0, 0.0]
        self._sent_ms = self._marked_ms = self._anchor_ms = self._proven_ms = heard
        self._anchor_s = now

    def assume_heard(self, now: float) -> None:
        """Give up waiting for marks: take all audio sent for heard."""
        self._pending.clear()
        self._proven_ms = self._anchor_ms = self._sent_ms
        self._anchor_s = now

    def heard_ms(self, now: float) -> float:
        """Return the position up to which the person has heard, never past the next pending mark."""
        limit = next(iter(self._pending.values()), self._sent_ms)
        return min(self._anchor_ms + max(0.0, now - self._anchor_s) * 1000.0, limit)

    def buffered_ms(self, now: float) -> float:
        """Return how much audio Twilio still has to play, as far as the clock and the marks tell."""
        return max(0.0, self._sent_ms - self._anchor_ms - (now - self._anchor_s) * 1000.0)

    def unheard_items(self, now: float) -> tuple[HeardItem, ...]:
        """Return, in order, the items that still have unheard audio."""
        heard = self.heard_ms(now)
        return tuple(
            HeardItem(item_id, int(heard - first + skipped) if heard > first else 0, int(end - first + skipped))
            for item_id, (first, end) in self._items.items()
            if end > heard
            for skipped in (self._skipped_ms.get(item_id, 0.0),)
        )

    @property
    def last_item_ms(self) -> float:
        """How much audio of the latest item was sent and not cleared."""
        return self._last_span[1] - self._last_span[0]

    def holds(self, item_id: str) -> bool:
        """Tell whether audio of the item was sent and not cleared."""
        return item_id in self._items

    def has_heard(self, item_id: str) -> bool:
        """Tell whether a mark behind all audio sent for the item came back."""
        span = self._items.get(item_id)
        return span is not None and self._proven_ms >= span[1] > span[0]

    @property
    def ends_at(self) -> float:
        """Return when all audio sent will have been played, or was, by the clock."""
        return self._anchor_s + (self._sent_ms - self._anchor_ms) / 1000.0

    @property
    def is_drained(self) -> bool:
        """Whether all audio sent has been heard, proven by a mark."""
        return self._proven_ms >= self._sent_ms

    @property
    def unheard_ms(self) -> float:
        """Return how much audio is not proven heard yet."""
        return self._sent_ms - self._proven_ms

    def mute(self, response_id: str) -> None:
        """Refuse further audio of a response that was cut off: pieces of it may still arrive."""
        self.muted.add(response_id)

    def is_muted(self, response_id: str) -> bool:
        """Tell whether audio of the response must be dropped."""
        return response_id in self.muted
