"""A thousand calls that end in every way: within two seconds both legs are closed, and no task and no call is left."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from services.media_bridge.call.call import Call
from shared.core.lifecycle.facts import CalleeClassified, CallEnded, ConversationLost, Withdrawn
from tests.support.bridge.fakes import ATTEMPT, CALL_SID, FakeSocket, delta
from tests.support.orders import NOON
from tests.unit.services.media_bridge.streams.test_stream_session import Front, settled

ROUNDS = 100
LIMIT_S = 2.0


def hear_all(front: Front) -> None:
    for mark in front.socket.of("mark"):
        front.socket.bring({"event": "mark", "mark": mark["mark"]})


def speak(model: FakeSocket, number: int) -> None:
    """Let the model run one response with sound."""
    response = {"id": f"resp_{number}", "status": "completed", "output": list[Any]()}
    model.bring({"type": "response.created", "response": response})
    model.bring(delta(f"item_{number}", 100, response=f"resp_{number}"))
    model.bring({"type": "response.done", "response": response})


async def hangs_up(front: Front) -> None:
    speak(front.sessions.sockets[0], 1)
    front.socket.bring({"event": "stop"})


async def is_cut_off(front: Front) -> None:
    front.socket.break_off()


async def decides_and_hears_the_goodbye(front: Front) -> None:
    model = front.sessions.sockets[0]
    speak(model, 1)
    hear_all(front)
    front.socket.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
    speak(model, 2)
    hear_all(front)


async def hangs_up_on_the_goodbye(front: Front) -> None:
    speak(front.sessions.sockets[0], 1)
    front.socket.bring({"event": "dtmf", "dtmf": {"digit": "2"}})
    front.socket.bring({"event": "stop"})


async def is_a_machine(front: Front) -> None:
    step = front.records._advance(CalleeClassified(NOON, ATTEMPT, "machine_start"))
    front.confirmation_watches.news.put_nowait(step.confirmation)


async def is_withdrawn_and_hears_it(front: Front) -> None:
    model = front.sessions.sockets[0]
    speak(model, 1)
    hear_all(front)
    front.confirmation_watches.news.put_nowait(front.records._advance(Withdrawn(NOON)).confirmation)
    await settled()
    speak(model, 2)
    hear_all(front)


async def is_over_at_twilio(front: Front) -> None:
    front.records._advance(CallEnded(NOON, ATTEMPT, None, CALL_SID))
    front.confirmation_watches.news.put_nowait(front.records._advance(ConversationLost(NOON, ATTEMPT)).confirmation)


async def loses_the_model_and_presses_a_key(front: Front) -> None:
    front.sessions.failures = 1
    front.sessions.sockets[0].break_off()
    await settled()
    front.socket.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
    await settled()
    hear_all(front)


async def loses_the_model_and_hangs_up_while_another_is_sought(front: Front) -> None:
    front.sessions.sockets[0].break_off()
    front.socket.bring({"event": "stop"})


async def meets_a_fault_of_ours(front: Front) -> None:
    front.confirmation_watches.news.put_nowait(None)  # type: ignore[arg-type]  # the fault


ENDS = (
    hangs_up,
    is_cut_off,
    decides_and_hears_the_goodbye,
    hangs_up_on_the_goodbye,
    is_a_machine,
    is_withdrawn_and_hears_it,
    is_over_at_twilio,
    loses_the_model_and_presses_a_key,
    loses_the_model_and_hangs_up_while_another_is_sought,
    meets_a_fault_of_ours,
)


def calls_remembered() -> int:
    """How many calls anybody still holds on to."""
    gc.collect()
    return sum(type(one) is Call for one in gc.get_objects())


async def play(end: Callable[[Front], Awaitable[None]]) -> None:
    front = Front()
    with suppress(BaseExceptionGroup):  # of the one whose fault is ours
        async with front.serving():
            front.start()
            await settled()
            await end(front)
            ended = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - ended < LIMIT_S
    assert front.socket.closed is not None or not front.socket.is_open
    assert front.sessions.sockets
    assert not any(socket.is_open for socket in front.sessions.sockets)


@pytest.mark.parametrize("end", ENDS)
async def test_nothing_is_left_of_a_hundred_calls(end: Callable[[Front], Awaitable[None]]) -> None:
    tasks, calls = asyncio.all_tasks(), calls_remembered()
    for _ in range(ROUNDS):
        await play(end)
    assert asyncio.all_tasks() == tasks
    assert calls_remembered() <= calls + 1, "the interpreter may hold on to the last exception"
