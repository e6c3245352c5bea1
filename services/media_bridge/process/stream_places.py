"""How many streams there may be: calls that were admitted, and apart from them the streams that have shown no token yet."""

from collections import Counter

from services.media_bridge.process.shared_memory import BridgeSharedMemory

MOST_UNSIGNED = 128
MOST_PER_ADDRESS = 16
MOST_SIGNED = 1024  # only Twilio can sign; it sends `start` at once

FULL = "full"
CROWDED = "crowded"


class StreamPlaces:
    """The places of one process.

    `most_calls` is the limit of all processes together; the limits of streams without a token are for each process. A stream
    waits from its handshake until its token is accepted, and takes no call's place meanwhile.
    """

    def __init__(self, shared_memory: BridgeSharedMemory, *, most_calls: int) -> None:
        self._shared_memory = shared_memory
        self._most_calls = most_calls
        self._unsigned: Counter[str] = Counter()
        self._signed = 0
        self.calls = 0

    @property
    def waiting(self) -> int:
        """How many streams have shown no valid token yet."""
        return self._signed + self._unsigned.total()

    def refusal(self, address: str, *, is_signed: bool) -> str | None:
        """Return why one more handshake from this address is refused, or None."""
        if self._shared_memory.streams >= self._most_calls or self._signed >= MOST_SIGNED:
            return FULL
        if is_signed:
            return None
        is_crowded = self._unsigned[address] >= MOST_PER_ADDRESS or self._unsigned.total() >= MOST_UNSIGNED
        return CROWDED if is_crowded else None

    def wait(self, address: str, *, is_signed: bool) -> "StreamPlace":
        """Count a stream whose handshake is done; call `leave` of what is returned at its end."""
        self._count_waiting(None if is_signed else address, 1)
        return StreamPlace(self, None if is_signed else address)

    def admit(self, address: str | None) -> bool:
        """Turn a waiting stream into a call; returns False, and changes nothing, if all places are taken."""
        if not self._shared_memory.claim(self.calls, most=self._most_calls):
            return False
        self.calls += 1
        self._count_waiting(address, -1)
        return True

    def give_back(self, address: str | None, *, is_admitted: bool) -> None:
        """Forget a stream."""
        if is_admitted:
            self.calls -= 1
            self._shared_memory.note_streams(self.calls)
        else:
            self._count_waiting(address, -1)

    def _count_waiting(self, address: str | None, more: int) -> None:
        """Count a waiting stream; `address` is None for a signed one."""
        if address is None:
            self._signed += more
            return
        self._unsigned[address] += more
        if not self._unsigned[address]:
            del self._unsigned[address]


class StreamPlace:
    """The place of one stream: at first among those that wait, after `claim` among the calls."""

    def __init__(self, places: StreamPlaces, address: str | None) -> None:
        self._places = places
        self._address = address
        self._is_admitted = False
        self._has_left = False

    def claim(self) -> bool:
        """Take a call's place; returns False if there is none, and the stream then goes on waiting."""
        self._is_admitted = self._is_admitted or self._places.admit(self._address)
        return self._is_admitted

    def leave(self) -> None:
        """Give the place back."""
        if not self._has_left:
            self._has_left = True
            self._places.give_back(self._address, is_admitted=self._is_admitted)
