"""A TCP proxy that loses replies: the server has carried out the command, and the client never gets the reply."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class LossyProxy:
    """Passes bytes on, except for the replies to scripts that `lose` asks for."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._to_lose = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self.lost = 0
        self.port = 0

    @property
    def url(self) -> str:
        """REDIS_URL through the proxy."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def connections(self) -> int:
        """The number of open ends of connections."""
        return len(self._writers)

    def lose(self, replies: int) -> None:
        """Cut the connection after the server has run each of the next `replies` scripts, before its reply."""
        self._to_lose = replies

    def cut(self) -> None:
        """Cut all connections now."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        self._writers |= {writer, upstream_writer}
        doomed = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ask(reader, upstream_writer, doomed))
                tasks.create_task(self._reply(upstream_reader, writer, doomed))
        except* OSError:
            pass
        finally:
            for end in (writer, upstream_writer):
                end.transport.abort()
                with suppress(OSError):
                    await end.wait_closed()
            self._writers -= {writer, upstream_writer}

    async def _ask(self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await reader.read(65536):
            if self._to_lose and b"EVALSHA" in data:
                self._to_lose -= 1
                doomed.set()
            upstream.write(data)
            await upstream.drain()
        upstream.transport.abort()

    async def _reply(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await upstream.read(65536):
            if doomed.is_set():
                self.lost += 1
                break
            writer.write(data)
            await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def lossy_proxy(upstream_port: int) -> AsyncIterator[LossyProxy]:
    """Run a proxy to a port of this machine."""
    proxy = LossyProxy(upstream_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
        while proxy.connections:
            await asyncio.sleep(0.01)  # the last connections close
