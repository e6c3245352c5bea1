"""The answered part of a call: person, line and TwiML run concurrently, until one of them ends the call."""

import asyncio
import random

from simulators.customer_script.script import Answer, Machine
from simulators.profile import Profile
from simulators.twilio.call.call import Call, End
from simulators.twilio.exchange import detection
from simulators.twilio.exchange.callee import Callee
from simulators.twilio.ledger import now_ms
from simulators.twilio.media.echo import echo_of
from simulators.twilio.media.line import Line
from simulators.twilio.media.play_buffer import SAMPLES_PER_MS
from simulators.twilio.media.recording import Recording
from simulators.twilio.twiml.context import SimulatorContext
from simulators.twilio.twiml.interpreter import Interpreter
from simulators.twilio.twiml.loader import Document, Source


class Conversation:
    """Runs once, from the answer to the end."""

    def __init__(self, call: Call, attempt: Answer | Machine, context: SimulatorContext, *, language: str) -> None:
        self._call = call
        self._attempt = attempt
        self._context = context
        folder = context.options.recordings
        self._recording = Recording(folder, call.sid) if folder else None
        noise = attempt.noise if isinstance(attempt, Answer) else 0.0
        echo = None
        is_realistic = context.options.profile is Profile.REALISTIC
        if isinstance(attempt, Answer):
            draw = random.Random(f"{context.options.seed}/{call.phone}/{call.attempt}")
            echo = echo_of(attempt.echo, profile=context.options.profile, draw=draw)
        self._line = Line(call.ledger, recording=self._recording, noise=noise, echo=echo)
        self._callee = Callee(attempt, self._line, language=language, hang_up=self._hang_up, waits_after_filler=is_realistic)

    async def run(self, first: Source | Document) -> End:
        """Run the conversation; return why it ended. After that, no audio is sent in either direction."""
        async with asyncio.TaskGroup() as tasks:
            parts = (self._line.run(), self._callee.behave(), self._limit(), self._detect_aside())
            helpers = [tasks.create_task(part) for part in parts]
            reason = await self._follow(tasks, first)
            self._line.stop()
            for task in helpers:
                task.cancel()
        self._call.ledger.cut_ms += self._line.clear().samples / SAMPLES_PER_MS
        line = self._line
        self._call.ledger.note(
            "line_closed", lasted_ms=round(line.lasted_ms, 1), worst_lateness_ms=round(line.worst_lateness_ms, 1)
        )
        return reason

    async def keep_recording(self) -> None:
        """Write the WAV file if the options name a folder for it; call this after the conversation."""
        if self._recording is not None:
            await asyncio.to_thread(self._recording.save)

    async def _follow(self, tasks: asyncio.TaskGroup, first: Source | Document) -> End:
        """Run documents; a request from outside interrupts them, and an end comes before another document."""
        orders = self._call.orders
        following: Source | Document = first
        while True:
            program = tasks.create_task(self._program(following))
            order = tasks.create_task(orders.given())
            await asyncio.wait((program, order), return_when=asyncio.FIRST_COMPLETED)
            if orders.end is not None:
                self._line.stop()
            order.cancel()
            program.cancel()
            await asyncio.wait((program, order))
            script = orders.take_script()
            if orders.end is not None:
                return orders.end
            if script is None:
                return program.result()
            self._call.ledger.note("redirected_by_rest")
            self._line.clear()
            following = Source(script)

    async def _program(self, following: Source | Document) -> End:
        wanted = self._call.request.detection
        if wanted is not None and not wanted.is_async and self._call.answered_by is None:
            await self._verdict()  # until then the callee hears silence
        return await Interpreter(self._call, self._line, self._context).run(following)

    async def _limit(self) -> None:
        if self._call.request.time_limit_s is not None:
            await asyncio.sleep(self._call.request.time_limit_s)
            self._hang_up(End.TIME_LIMIT)

    def _hang_up(self, reason: End) -> None:
        self._call.orders.hang_up(reason)
        if self._call.orders.end is reason:
            self._line.stop()

    # --- machine detection

    async def _detect_aside(self) -> None:
        wanted = self._call.request.detection
        if wanted is None or not wanted.is_async:
            return
        if detection.plan(self._attempt, wanted).after_end:
            self._context.spawn(self._verdict())
        else:
            await self._verdict()

    async def _verdict(self) -> None:
        wanted = self._call.request.detection
        if wanted is None:
            return
        since_ms = now_ms()
        planned = detection.plan(self._attempt, wanted)
        await detection.due(planned, self._callee.beeped, speed=self._context.options.speed)
        self._call.answered_by = planned.verdict
        self._call.ledger.note("detected", verdict=planned.verdict)
        if wanted.is_async:
            self._context.callbacks.detection(self._call, planned.verdict, duration_ms=int(now_ms() - since_ms))
