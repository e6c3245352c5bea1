"""A fast substitute for Twilio's media streams: callers that speak without a pause in 20 ms frames, and receive the answers."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from picows import WSTransport, ws_connect
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # Twilio ships no types

from bench.load.frame_clock import FrameClock
from bench.load.load_peer import LoadPeer
from bench.load.timestamped_audio import ANSWER, FRAME, LAST, LONG_AUDIO, UNTIMED_FROM, payload, stamp
from bench.report.latency import Delays

AUTH_TOKEN = "measuring"  # noqa: S105 - it signs nothing real
_MEDIA = b'"media"'
_NEAR_THE_START = 30
_PLAYED_AFTER_S = 0.1  # Twilio returns a mark when the sound before it has been played: never at once


@dataclass(frozen=True, slots=True)
class Ticket:
    """The data that a call needs to be admitted: its number in this run, its SIDs, and its token."""

    call: int
    call_sid: str
    stream_sid: str
    token: str


@dataclass(slots=True)
class CallerFleet:
    """All callers. `down` records the delays of the model's audio as it arrives here. Times are in nanoseconds."""

    clock: FrameClock
    unread: int = 0  # frames that are only counted, for each one that is parsed
    down: Delays = field(default_factory=Delays)
    greetings_ns: list[int] = field(default_factory=list)
    turns_ns: list[int] = field(default_factory=list)
    clears: list[tuple[int, int]] = field(default_factory=list)  # call, time
    callers: dict[int, "SimulatedCaller"] = field(default_factory=dict)
    ended_early: int = 0

    async def connect(self, url: str, ticket: Ticket) -> None:
        """Start a call."""
        caller = SimulatedCaller(self, ticket)
        signature = {"X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(url, {})}
        await ws_connect(lambda: caller, url, max_frame_size=1 << 24, websocket_handshake_timeout=20, extra_headers=signature)
        caller.begin()
        self.callers[ticket.call] = caller

    @property
    def last_sent(self) -> dict[int, int]:
        """The number of the last frame of each caller that is timed."""
        return {call: caller.sent for call, caller in self.callers.items() if call < UNTIMED_FROM}

    async def hang_up(self) -> None:
        """End all calls."""
        for caller in list(self.callers.values()):
            caller.hang_up()
        for _ in range(200):
            if not self.callers:
                return
            await asyncio.sleep(0.02)
        for caller in list(self.callers.values()):
            caller.cut()
        self.callers.clear()


class SimulatedCaller(LoadPeer):
    """One media stream, as Twilio's side of it."""

    def __init__(self, fleet: CallerFleet, ticket: Ticket) -> None:
        super().__init__(fleet, audio_mark=_MEDIA, near=_NEAR_THE_START)
        self._fleet = fleet
        self._ticket = ticket
        self._paced: Final[Callable[[int], None]] = self._speak
        self._head = (
            b'{"event":"media","sequenceNumber":"1234","media":{"track":"inbound","chunk":"1234","timestamp":"24680","payload":'
        )
        self._tail = b'},"streamSid":"%b"}' % ticket.stream_sid.encode()
        self._started_ns = 0
        self._is_over = False
        self.sent = 0

    def begin(self) -> None:
        """Send `connected` and `start`, as Twilio does, and start to speak."""
        ticket = self._ticket
        self._tell(event="connected", protocol="Call", version="1.0.0")
        self._started_ns = time.monotonic_ns()
        self._tell(
            event="start",
            sequenceNumber="1",
            start={
                "accountSid": "AC" + "0" * 32,
                "streamSid": ticket.stream_sid,
                "callSid": ticket.call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"token": ticket.token},
            },
            streamSid=ticket.stream_sid,
        )
        self._fleet.clock.add(self._paced)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Called by picows: keep the transport."""
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows passes it
        """Called by picows: leave the fleet; a call that ended without a hang-up here has ended early."""
        self._fleet.clock.discard(self._paced)
        self._fleet.callers.pop(self._ticket.call, None)
        if not self._is_over and self._ticket.call < UNTIMED_FROM:
            self._fleet.ended_early += 1

    def speak_last(self) -> None:
        """Send the last frame of a turn; the model answers it."""
        self._send(self._head + payload(LAST, time.monotonic_ns(), 0, self._ticket.call) + self._tail)

    def flood(self, message: bytes, times: int) -> Callable[[int], None]:
        """Return a sender that cheaply writes a frame `times` times at once; the stream's SID replaces `%b` in it."""
        frames = _frame(message % self._ticket.stream_sid.encode()) * times

        def send(_now_ns: int) -> None:
            if self._transport is not None:
                self._transport.underlying_transport.write(frames)

        return send

    def speak_much(self) -> None:
        """Send seconds of audio in one frame."""
        self._send(self._head + LONG_AUDIO + self._tail)

    def press(self, digit: str) -> int:
        """Press a key; return the time."""
        pressed_ns = time.monotonic_ns()
        self._tell(event="dtmf", streamSid=self._ticket.stream_sid, dtmf={"track": "inbound_track", "digit": digit})
        return pressed_ns

    def hang_up(self) -> None:
        """End the stream as Twilio does."""
        self._is_over = True
        self._fleet.clock.discard(self._paced)
        self._tell(event="stop", streamSid=self._ticket.stream_sid, stop={"callSid": self._ticket.call_sid})
        if self._transport is not None:
            self._transport.send_close()

    def cut(self) -> None:
        """Break the connection without a close frame."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def _speak(self, now_ns: int) -> None:
        self.sent += 1
        self._send(self._head + payload(FRAME, now_ns, self.sent, self._ticket.call) + self._tail)

    def _hear(self, message: bytes) -> None:
        now = time.monotonic_ns()
        fleet = self._fleet
        if self._started_ns:
            fleet.greetings_ns.append(now - self._started_ns)
            self._started_ns = 0
        found = stamp(message)
        if found is None:
            if (answer := stamp(message, ANSWER)) is not None:
                fleet.turns_ns.append(now - answer.at_ns)
            return
        gap = self._sequence.read(found.number, len(message))
        if self._ticket.call < UNTIMED_FROM:
            fleet.down.note(found.at_ns, now, gap)

    def _obey(self, message: dict[str, Any]) -> None:  # Any: JSON
        match message["event"]:
            case "mark":
                asyncio.get_running_loop().call_later(_PLAYED_AFTER_S, self._echo, message["mark"]["name"])
            case "clear":
                self._fleet.clears.append((self._ticket.call, time.monotonic_ns()))
            case _:
                pass

    def _echo(self, name: str) -> None:
        self._tell(event="mark", sequenceNumber="5", streamSid=self._ticket.stream_sid, mark={"name": name})


def _frame(message: bytes) -> bytes:
    """Return a whole WebSocket text frame with a mask of zeros, which changes nothing. Source: RFC 6455, section 5.2."""
    return b"\x81" + bytes([0x80 | len(message)]) + bytes(4) + message
