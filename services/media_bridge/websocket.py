"""What the legs need of a WebSocket: the Protocol of an open connection, and of who receives what it brings."""

from collections.abc import Callable
from typing import Protocol

from shared.core.errors import ConfirmerError

MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # OpenAI's own limit for one append is 15 MiB
MAX_STREAM_MESSAGE_BYTES = 64 * 1024  # of Twilio's side: its largest is some hundred bytes, of 20 ms of audio
MAX_EARLY_MESSAGE_BYTES = 4 * 1024  # of a stream whose token is not accepted yet: a `start` with all its parameters

NORMAL = 1000
POLICY = 1008
INTERNAL = 1011


class ConnectionFailedError(ConfirmerError):
    """A WebSocket could not be opened; `reason` is a short code, `body` what the peer answered in place of the handshake."""

    def __init__(self, reason: str, body: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.body = body


class MessageReceiver(Protocol):
    """Receives what a connection brings."""

    def on_message(self, message: bytes) -> None:
        """Take one whole message."""
        ...

    def on_closed(self) -> None:
        """Note that the connection is gone; called once."""
        ...


class Socket(Protocol):
    """One side of an open connection. Sending never waits."""

    @property
    def is_open(self) -> bool:
        """Whether the connection stands."""
        ...

    @property
    def dropped(self) -> int:
        """How many audio messages were dropped because the peer did not read."""
        ...

    def deliver_to(self, receiver: MessageReceiver) -> None:
        """Give all later messages, and the end of the connection, to another receiver."""
        ...

    def send(self, message: bytes) -> None:
        """Send a message that must not be lost while the connection stands."""
        ...

    @property
    def send_audio(self) -> Callable[[bytes], None]:
        """The function that sends audio; it is another one while the peer does not read, so look it up for each message.

        While the peer does not read, the oldest audio is dropped.
        """
        ...

    def pause_reading(self, seconds: float) -> None:
        """Read nothing for so many seconds: what the peer sends waits with it. What was read already is ignored."""
        ...

    def admit(self) -> None:
        """Take messages of the full length from now on: it is known who sends them."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close with a handshake of at most a second; the connection is gone when this returns."""
        ...


Accept = Callable[[Socket], MessageReceiver]
"""Makes the receiver of a connection once it is open."""
