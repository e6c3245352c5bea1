"""A Redis that is slow or away: what is waited for, and what is noticed."""

import asyncio
import signal
import socket
from pathlib import Path

import pytest

from shared.store import Created, Store, connect
from tests.support.orders import ALWAYS, an_order
from tests.support.valkey import running_valkey

pytestmark = pytest.mark.system

_STILL_S = 2.5


async def test_a_server_that_stands_still_is_waited_for_and_not_asked_again(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as server:
        store = connect(server.url, ALWAYS)
        await store.confirmations.submit(an_order(1, at=await store.now()))
        await store.client.config_resetstat()
        order = an_order(2, at=await store.now())
        server.process.send_signal(signal.SIGSTOP)
        try:
            async with asyncio.TaskGroup() as tasks:
                submitting = tasks.create_task(store.confirmations.submit(order))
                await asyncio.sleep(_STILL_S)
                server.process.send_signal(signal.SIGCONT)
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert isinstance(submitting.result(), Created)
        assert (await store.client.info("commandstats"))["cmdstat_evalsha"]["calls"] == 1
        await store.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux gives up what is not acknowledged")
async def test_what_the_network_swallows_is_given_up_by_the_kernel(store: Store) -> None:
    connection = await store.client.connection_pool.get_connection()
    try:
        opened = connection._writer.get_extra_info("socket")
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 2000
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    finally:
        await store.client.connection_pool.release(connection)
