"""The client side of Media Streams: opens the socket, sends the person's voice and keys, plays the server's audio."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from simulators.twilio.ledger import CallLedger, StreamEntry, now_ms
from simulators.twilio.media import stream_frames as frames
from simulators.twilio.media.line import Line
from simulators.twilio.media.play_buffer import SAMPLES_PER_MS
from simulators.twilio.media.sounds import FRAME, is_audible

CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 2.0
MAX_WAITING_FRAMES = 500
"""Ten seconds of voice; frames that the server does not accept by then are dropped (warning 31930)."""
_FRAME_MS = 20
_MAX_FRAME_BYTES = 16 * 1024 * 1024


class StreamRefusedError(Exception):
    """No stream was opened; `code` is from Twilio's error dictionary."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _ConnectOnce(connect):
    """Follows no redirect, because Twilio accepts only 101."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def check_url(url: str, *, require_wss: bool) -> None:
    """Check that Twilio would open a stream to that URL.

    Raises:
        StreamRefusedError: 31922 the scheme, 31923 no URL, 31920 a query string, which Twilio forbids and strips.
    """
    parts = urlsplit(url)
    if parts.scheme not in (("wss",) if require_wss else ("wss", "ws")):
        raise StreamRefusedError(31922, f"the scheme of a stream is wss, not {parts.scheme!r}")
    if not parts.hostname or parts.fragment:
        raise StreamRefusedError(31923, f"{url} is no stream URL")
    if parts.query or url.endswith("?"):
        raise StreamRefusedError(31920, "a stream URL has no query string; use <Parameter>")


async def open_socket(url: str, *, signature: str) -> ClientConnection:
    """Open the socket with a signed handshake.

    Raises:
        StreamRefusedError: 31901 too slow, 31902 refused, 31910 TLS, 31920 not 101, 31923 no URL.
    """
    try:
        return await _ConnectOnce(
            url,
            additional_headers={"x-twilio-signature": signature},
            user_agent_header="Twilio.TmeWs/1.0",
            compression=None,
            open_timeout=CONNECT_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            max_size=_MAX_FRAME_BYTES,
            proxy=None,
        )
    except TimeoutError as problem:
        raise StreamRefusedError(31901, "the server did not answer in time") from problem
    except InvalidStatus as problem:
        raise StreamRefusedError(31920, f"the handshake was answered {problem.response.status_code}") from problem
    except InvalidURI as problem:
        raise StreamRefusedError(31923, str(problem)) from problem
    except InvalidHandshake as problem:
        raise StreamRefusedError(31920, str(problem)) from problem
    except OSError as problem:
        code = 31910 if type(problem).__name__.startswith("SSL") else 31902
        raise StreamRefusedError(code, f"{type(problem).__name__}: {problem}") from problem


@dataclass(frozen=True, slots=True)
class StreamBehaviour:
    """The frames that this stream sends, as Twilio does; a fault leaves some of them out."""

    starts: bool = True
    echoes_marks: bool = True
    stops: bool = True


class MediaStream:
    """One connected stream, from `connected` to the close; it listens to the line and plays on it."""

    def __init__(
        self,
        socket: ClientConnection,
        identity: frames.Identity,
        *,
        line: Line,
        ledger: CallLedger,
        entry: StreamEntry,
        behaviour: StreamBehaviour,
    ) -> None:
        self._socket = socket
        self._identity = identity
        self._ledger = ledger
        self._line = line
        self._entry = entry
        self._behaviour = behaviour
        self._outgoing: asyncio.Queue[Callable[[int], str]] = asyncio.Queue(MAX_WAITING_FRAMES)
        self._sequence = 0
        self._chunks = 0

    async def run(self, *, parameters: Mapping[str, str]) -> None:
        """Serve the stream until the server closes it. If cancelled, send `stop` and close."""
        closed_by = "simulator"
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._begin(parameters)
                writer = tasks.create_task(self._write())
                await self._read()
                closed_by = "server"
                writer.cancel()
        except* ConnectionClosed:
            closed_by = "server"
        finally:
            self._line.listener = None
            if closed_by == "simulator":
                await self._stop()
            self._finish(closed_by)

    async def _begin(self, parameters: Mapping[str, str]) -> None:
        await self._socket.send(frames.CONNECTED)
        if self._behaviour.starts:
            await self._socket.send(frames.start(self._identity, sequence=self._next(), parameters=parameters))
        self._entry.started_ms = self._ledger.note("stream_started", stream_sid=self._identity.stream_sid)
        self._line.listener = self

    # --- from the line

    def voice(self, frame: bytes) -> None:
        """Send 20 ms of the person's audio."""
        self._chunks += 1
        chunk = self._chunks
        self._queue(
            lambda sequence: frames.media(
                self._identity, sequence=sequence, chunk=chunk, timestamp_ms=chunk * _FRAME_MS, audio=frame
            )
        )

    def key(self, digit: str) -> None:
        """Send a key."""
        self._queue(lambda sequence: frames.dtmf(self._identity, sequence=sequence, digit=digit))

    def reached(self, names: list[str]) -> None:
        """Send marks back."""
        for name in names:
            self._echo(name, cleared=False)

    def _echo(self, name: str, *, cleared: bool) -> None:
        for mark in self._entry.marks:
            if mark["name"] == name and mark["echoed_ms"] is None:
                mark.update(echoed_ms=now_ms(), cleared=cleared)
                break
        if self._behaviour.echoes_marks:
            self._queue(lambda sequence: frames.mark(self._identity, sequence=sequence, name=name))

    # --- from the server

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for frame in self._socket:
                self._take(frame)

    def _take(self, frame: str | bytes) -> None:
        match frames.parse(frame, stream_sid=self._identity.stream_sid):
            case frames.Media(audio):
                self._play(audio)
            case frames.Mark(name):
                self._mark(name)
            case frames.Clear():
                self._clear()
            case frames.BadFrame(warning, why):
                self._ledger.warn(warning, why)

    def _play(self, audio: bytes) -> None:
        entry, at_ms, audible = self._entry, now_ms(), is_audible(audio)
        if entry.first_media_ms is None:
            entry.first_media_ms = self._ledger.note("first_media")
        if audible and entry.first_audible_ms is None:
            entry.first_audible_ms = self._ledger.note("first_audible_media")
        if audio.startswith(b"RIFF"):
            self._ledger.warn(0, "media begins with a RIFF header, which is played as noise")
        entry.media_frames += 1
        entry.media_bytes += len(audio)
        entry.uneven_frames += bool(len(audio) % FRAME)
        entry.media.append((at_ms, len(audio), audible, round(self._line.buffered_ms, 1)))
        taken = self._line.play(audio)
        if taken < len(audio):
            self._ledger.warn(frames.FrameWarning.DISCARDED, f"{len(audio) - taken} bytes beyond ten minutes")

    def _mark(self, name: str) -> None:
        self._entry.marks.append({"name": name, "received_ms": now_ms(), "echoed_ms": None, "cleared": False})
        if not self._line.mark(name):
            self._echo(name, cleared=False)

    def _clear(self) -> None:
        dropped = self._line.clear()
        at_ms = self._ledger.note("clear", dropped_ms=dropped.samples / SAMPLES_PER_MS, marks=len(dropped.marks))
        self._entry.clears.append({"at_ms": at_ms, "dropped_ms": dropped.samples / SAMPLES_PER_MS, "marks": list(dropped.marks)})
        for name in dropped.marks:
            self._echo(name, cleared=True)

    # --- to the server

    def _queue(self, frame: Callable[[int], str]) -> None:
        try:
            self._outgoing.put_nowait(frame)
        except asyncio.QueueFull:
            self._ledger.warn(31930, "the server reads too slowly; the caller's audio is dropped")

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    async def _write(self) -> None:
        while True:
            frame = await self._outgoing.get()
            await self._send(frame)

    async def _send(self, frame: Callable[[int], str]) -> None:
        self._entry.frames_sent += 1
        await self._socket.send(frame(self._next()))

    async def _stop(self) -> None:
        with suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                while not self._outgoing.empty():
                    await self._send(self._outgoing.get_nowait())
                if self._behaviour.stops:
                    await self._send(lambda sequence: frames.stop(self._identity, sequence=sequence))
                await self._socket.close()

    def _finish(self, closed_by: str) -> None:
        entry = self._entry
        entry.closed_by, entry.close_code = closed_by, self._socket.close_code
        entry.cut_ms = round(self._line.clear().samples / SAMPLES_PER_MS, 1)
        self._ledger.cut_ms += entry.cut_ms
        entry.ended_ms = self._ledger.note("stream_ended", closed_by=closed_by, code=entry.close_code, cut_ms=entry.cut_ms)
