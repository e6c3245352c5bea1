"""What waits for a peer that does not read, and what is dropped; picows' own part is played."""

import asyncio
from typing import Any

from picows import WSMsgType

from services.media_bridge.picows_websocket import PicowsListener, PicowsSocket
from services.media_bridge.websocket import MAX_EARLY_MESSAGE_BYTES, MAX_MESSAGE_BYTES, MAX_STREAM_MESSAGE_BYTES

MEGABYTE = bytes(1024 * 1024)


class Transport:
    """What of picows' transport is used."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.pongs: list[bytes] = []
        self.close_codes: list[object] = []
        self.is_disconnected = False
        self.is_close_frame_sent = False
        self.aborted = 0
        self.underlying_transport = Reading()

    def send(self, kind: WSMsgType, message: bytes) -> None:
        assert kind == WSMsgType.TEXT
        self.sent.append(message)

    def send_pong(self, payload: bytes) -> None:
        self.pongs.append(payload)

    def send_close(self, code: object, reason: bytes = b"") -> None:
        self.is_close_frame_sent = True
        self.close_codes.append(code)

    def disconnect(self, *, graceful: bool = True) -> None:
        self.aborted += not graceful
        self.is_disconnected = True


class Reading:
    """What of the transport underneath is used."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


class Hearer:
    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.closed = 0

    def on_message(self, message: bytes) -> None:
        self.heard.append(message)

    def on_closed(self) -> None:
        self.closed += 1


class Frame:
    """A frame as picows hands it out."""

    def __init__(self, kind: WSMsgType, payload: bytes = b"", *, fin: bool = True, close_code: int = 1000) -> None:
        self.msg_type, self.fin, self._payload, self._close_code = kind, fin, payload, close_code

    def get_payload_as_bytes(self) -> bytes:
        return self._payload

    def get_close_code(self) -> int:
        return self._close_code


class Connection:
    """An open connection, between a transport and a hearer that remember."""

    def __init__(self, **limits: Any) -> None:  # noqa: ANN401 - Any: what the listener takes
        self.transport, self.hearer = Transport(), Hearer()
        self.listener = PicowsListener(lambda _: self.hearer, **limits)
        self.listener.on_ws_connected(self.transport)  # type: ignore[arg-type]  # the part of it that is used

    @property
    def socket(self) -> PicowsSocket:
        return self.listener._socket

    def bring(self, frame: Frame) -> None:
        self.listener.on_ws_frame(self.transport, frame)  # type: ignore[arg-type]  # the parts that are used

    def disconnect(self) -> None:
        self.listener.on_ws_disconnected(self.transport)  # type: ignore[arg-type]  # as above


async def test_while_the_peer_reads_everything_goes_out_at_once() -> None:
    connection = Connection()
    socket, transport = connection.socket, connection.transport
    socket.send(b"a")
    socket.send_audio(b"b")
    assert transport.sent == [b"a", b"b"]
    assert socket.is_open


async def test_while_it_does_not_what_is_sent_waits_in_order() -> None:
    connection = Connection()
    socket, transport = connection.socket, connection.transport
    connection.listener.pause_writing()
    socket.send_audio(b"a")
    socket.send(b"b")
    assert transport.sent == []
    connection.listener.resume_writing()
    assert transport.sent == [b"a", b"b"]


async def test_beyond_the_limit_the_oldest_audio_is_dropped_and_counted() -> None:
    connection = Connection()
    socket, transport = connection.socket, connection.transport
    connection.listener.pause_writing()
    socket.send(b"control")
    for name in (b"1", b"2", b"3"):
        socket.send_audio(name + MEGABYTE[:-10])
    connection.listener.resume_writing()
    assert [message[:1] for message in transport.sent] == [b"c", b"2", b"3"]
    assert socket.dropped == 1


async def test_a_peer_that_takes_no_control_message_either_is_cut_off() -> None:
    connection = Connection()
    socket, transport = connection.socket, connection.transport
    connection.listener.pause_writing()
    for _ in range(3):
        socket.send(MEGABYTE)
    assert transport.aborted == 1


async def test_whole_and_fragmented_messages_are_passed_on() -> None:
    connection = Connection()
    for frame in (
        Frame(WSMsgType.TEXT, b"one"),
        Frame(WSMsgType.TEXT, b"tw", fin=False),
        Frame(WSMsgType.PING),
        Frame(WSMsgType.CONTINUATION, b"o"),
    ):
        connection.bring(frame)
    assert connection.hearer.heard == [b"one", b"two"]


async def test_a_message_without_end_is_cut_off() -> None:
    connection = Connection()
    connection.bring(Frame(WSMsgType.TEXT, MEGABYTE, fin=False))
    for _ in range(MAX_MESSAGE_BYTES // len(MEGABYTE)):
        connection.bring(Frame(WSMsgType.CONTINUATION, MEGABYTE, fin=False))
    assert connection.transport.aborted == 1


async def test_a_close_without_a_code_is_answered_with_a_valid_one() -> None:
    connection = Connection()
    connection.bring(Frame(WSMsgType.CLOSE, close_code=0))
    assert connection.transport.close_codes == [1000]


async def test_the_end_is_told_once() -> None:
    connection = Connection()
    socket, transport, hearer = connection.socket, connection.transport, connection.hearer
    connection.bring(Frame(WSMsgType.CLOSE))
    assert transport.is_close_frame_sent
    connection.disconnect()
    connection.disconnect()
    assert hearer.closed == 1
    assert not socket.is_open


async def test_after_our_own_close_nothing_is_told_any_more() -> None:
    connection = Connection()
    socket, transport, hearer = connection.socket, connection.transport, connection.hearer
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(socket.close(1000, "done"))
        await asyncio.sleep(0)
        connection.bring(Frame(WSMsgType.TEXT, b"late"))
        connection.disconnect()
    assert (hearer.heard, hearer.closed, transport.is_close_frame_sent) == ([], 0, True)


async def test_another_receiver_takes_over_with_the_next_message() -> None:
    connection, other = Connection(), Hearer()
    connection.bring(Frame(WSMsgType.TEXT, b"early"))
    connection.socket.deliver_to(other)
    connection.bring(Frame(WSMsgType.TEXT, b"late"))
    connection.disconnect()
    assert (connection.hearer.heard, other.heard) == ([b"early"], [b"late"])
    assert (connection.hearer.closed, other.closed) == (0, 1)


async def test_a_closed_connection_is_given_to_nobody() -> None:
    connection, other = Connection(), Hearer()
    connection.disconnect()
    connection.socket.deliver_to(other)
    connection.bring(Frame(WSMsgType.TEXT, b"late"))
    assert other.heard == []
    assert not connection.socket.is_open


async def test_a_socket_that_rests_reads_nothing_and_reads_on() -> None:
    connection = Connection()
    socket, transport, hearer = connection.socket, connection.transport, connection.hearer
    socket.pause_reading(0.01)
    connection.bring(Frame(WSMsgType.TEXT, b"read already"))
    assert transport.underlying_transport.calls == ["pause"]
    socket.pause_reading(0.02)
    async with asyncio.timeout(5):
        while transport.underlying_transport.calls != ["pause", "resume"]:
            await asyncio.sleep(0)
    connection.bring(Frame(WSMsgType.TEXT, b"later"))
    assert hearer.heard == [b"later"]


async def test_a_socket_that_is_gone_does_not_read_on() -> None:
    connection = Connection()
    socket, transport = connection.socket, connection.transport
    socket.pause_reading(0.0)
    connection.disconnect()
    await asyncio.sleep(0.001)
    socket.pause_reading(0.0)
    assert transport.underlying_transport.calls == ["pause"]


async def test_a_stranger_may_send_little_whole_or_in_fragments() -> None:
    fitting, large = bytes(MAX_EARLY_MESSAGE_BYTES), bytes(MAX_EARLY_MESSAGE_BYTES + 1)
    for frames in (
        [Frame(WSMsgType.TEXT, large)],
        [Frame(WSMsgType.TEXT, fitting, fin=False), Frame(WSMsgType.CONTINUATION, b"x", fin=False)],
        [Frame(WSMsgType.BINARY, large)],
    ):
        connection = Connection(most_bytes=MAX_EARLY_MESSAGE_BYTES)
        connection.bring(Frame(WSMsgType.TEXT, fitting))
        for frame in frames:
            connection.bring(frame)
        assert connection.hearer.heard == [fitting]
        assert connection.hearer.closed == 1
        assert (connection.transport.is_close_frame_sent, connection.transport.aborted) == (True, 1)
        assert connection.listener._parts is None
        connection.disconnect()
        assert connection.hearer.closed == 1


async def test_after_the_admission_more_fits_and_each_message_goes_straight_on() -> None:
    admissions: list[bool] = []
    connection = Connection(most_bytes=MAX_EARLY_MESSAGE_BYTES, on_admitted=lambda: admissions.append(True))
    connection.socket.admit()
    assert admissions == [True]
    assert connection.socket.on_message == connection.hearer.on_message
    message = bytes(MAX_STREAM_MESSAGE_BYTES - 1)
    connection.bring(Frame(WSMsgType.TEXT, message, fin=False))
    connection.bring(Frame(WSMsgType.CONTINUATION, b"x"))
    assert connection.hearer.heard == [message + b"x"]
    connection.bring(Frame(WSMsgType.TEXT, message, fin=False))
    connection.bring(Frame(WSMsgType.CONTINUATION, b"xx", fin=False))
    assert connection.transport.aborted == 1


async def test_a_limit_outlives_a_pause() -> None:
    connection = Connection(most_bytes=MAX_EARLY_MESSAGE_BYTES)
    connection.socket.pause_reading(0.001)
    await asyncio.sleep(0.01)
    connection.bring(Frame(WSMsgType.TEXT, bytes(MAX_EARLY_MESSAGE_BYTES + 1)))
    assert connection.hearer.heard == []


async def test_pongs_do_not_pile_up_for_a_peer_that_does_not_read() -> None:
    connection = Connection()
    connection.bring(Frame(WSMsgType.PING, b"a"))
    connection.listener.pause_writing()
    connection.bring(Frame(WSMsgType.PING, b"b"))
    assert connection.transport.pongs == [b"a"]
