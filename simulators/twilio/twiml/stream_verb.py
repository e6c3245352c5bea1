"""`<Connect><Stream>`: opens the stream, runs it to its end, and reports both to its status callback."""

from urllib.parse import urljoin

from websockets.asyncio.client import ClientConnection

from simulators.twilio.call.call import Call, new_sid
from simulators.twilio.call.request import Webhook
from simulators.twilio.faults import Kind
from simulators.twilio.ledger import StreamEntry, now_ms, wall_time
from simulators.twilio.media.line import Line
from simulators.twilio.media.media_stream import MediaStream, StreamBehaviour, StreamRefusedError, check_url, open_socket
from simulators.twilio.media.stream_frames import Identity
from simulators.twilio.twiml.context import SimulatorContext
from simulators.twilio.twiml.loader import Document
from simulators.twilio.twiml.verbs import ConnectStream


class StreamVerb:
    """Runs the streams of one call, one after the other."""

    def __init__(self, call: Call, line: Line, context: SimulatorContext) -> None:
        self._call = call
        self._line = line
        self._context = context
        self._names: set[str] = set()

    async def run(self, verb: ConnectStream, document: Document) -> bool:
        """Stream until the server closes; return False if it never connected. If cancelled, it ends the stream itself."""
        entry = StreamEntry(new_sid("MZ"), _full_url(verb, document), now_ms())
        self._call.ledger.streams.append(entry)
        name = verb.name or entry.stream_sid
        if name in self._names:
            self._call.ledger.warn(12200, f"the stream name {name} is used twice in this call")
        self._names.add(name)
        try:
            socket = await self._open(entry)
        except StreamRefusedError as failure:
            entry.handshake, entry.ended_ms = f"{failure.code}: {failure}", now_ms()
            self._call.ledger.fail(failure.code, str(failure))
            self._tell(verb, entry, {"StreamEvent": "stream-error", "StreamError": f"{failure.code} {failure}"})
            return False
        self._tell(verb, entry, {"StreamEvent": "stream-started"})
        try:
            await self._converse(socket, verb, entry)
        finally:
            self._tell(verb, entry, {"StreamEvent": "stream-stopped"})
        return True

    async def _open(self, entry: StreamEntry) -> ClientConnection:
        if self._context.faults().pick((Kind.STREAM_REFUSED,), phone=self._call.phone):
            raise StreamRefusedError(31920, "refused on order of a fault")
        check_url(entry.url, require_wss=self._context.options.require_wss)
        # the URL is signed exactly as it stands in the TwiML: twilio-aspnet issue 162 shows what goes wrong if it is rebuilt
        socket = await open_socket(entry.url, signature=self._context.webhooks.signature(entry.url, {}))
        entry.handshake = "101"
        entry.handshake_ms = self._call.ledger.note("stream_connected", url=entry.url)
        return socket

    async def _converse(self, socket: ClientConnection, verb: ConnectStream, entry: StreamEntry) -> None:
        identity = Identity(self._call.account_sid, self._call.sid, entry.stream_sid)
        behaviour = StreamBehaviour(
            starts=self._has_no(Kind.STREAM_WITHOUT_START),
            echoes_marks=self._has_no(Kind.MARKS_LOST),
            stops=self._has_no(Kind.STREAM_WITHOUT_STOP),
        )
        stream = MediaStream(socket, identity, line=self._line, ledger=self._call.ledger, entry=entry, behaviour=behaviour)
        await stream.run(parameters=verb.parameters)

    def _has_no(self, fault: Kind) -> bool:
        return self._context.faults().pick((fault,), phone=self._call.phone) is None

    def _tell(self, verb: ConnectStream, entry: StreamEntry, event: dict[str, str]) -> None:
        callback = Webhook(verb.status_callback, verb.status_callback_method) if verb.status_callback else None
        about = {"StreamSid": entry.stream_sid, "StreamName": verb.name or entry.stream_sid, "Timestamp": wall_time()}
        self._context.callbacks.stream(self._call, callback, about | event)


def _full_url(verb: ConnectStream, document: Document) -> str:
    if "://" in verb.url or document.webhook is None:
        return verb.url
    return urljoin(document.webhook.url, verb.url).replace("http", "ws", 1)
