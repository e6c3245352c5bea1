"""The party that answers a call, a person or a voicemail: performs the script step by step."""

import asyncio
from collections.abc import Callable
from typing import assert_never

from simulators.customer_script.script import (
    Answer,
    Attempt,
    Cough,
    HangUp,
    Machine,
    Pause,
    Press,
    Say,
    Stay,
    Step,
    WaitAgentSpeaking,
    WaitUntilAgentDone,
    spoken_text,
    utterances,
)
from simulators.speech import voice
from simulators.twilio.call.call import End
from simulators.twilio.media import sounds
from simulators.twilio.media.line import Line

_SHORT_MS = 2200
"""Speech up to this length may be a filler: "one moment, please"."""
_PATIENT_QUIET_MS = 3000


async def render_ahead(attempt: Attempt, *, language: str) -> None:
    """Render all words while the phone rings, so that nothing must be rendered during the conversation."""
    for text, spoken in utterances(attempt, language=language):
        await _render(text, spoken)


class Callee:
    """The party on the line; it calls `hang_up` with the reason if the person hangs up."""

    def __init__(
        self,
        attempt: Answer | Machine,
        line: Line,
        *,
        language: str,
        hang_up: Callable[[End], None],
        waits_after_filler: bool = False,
    ) -> None:
        self._attempt = attempt
        self._line = line
        self._language = language
        self._hang_up = hang_up
        self._waits_after_filler = waits_after_filler
        self.beeped = asyncio.Event()
        """Set when a voicemail's greeting and beep are over."""

    async def behave(self) -> None:
        """Perform the whole script; it ends with the call, or if the person hangs up."""
        match self._attempt:
            case Machine():
                await self._record_a_message(self._attempt)
            case Answer():
                await self._talk(self._attempt)
            case _:
                assert_never(self._attempt)

    async def _record_a_message(self, machine: Machine) -> None:
        if machine.greeting:
            await self._utter(await _render(machine.greeting, self._language))
        if machine.beep:
            await self._utter(sounds.beep())
        self.beeped.set()
        await asyncio.sleep(machine.records_s)
        self._hang_up(End.TAPE_FULL)

    async def _talk(self, person: Answer) -> None:
        try:
            for step in (*person.steps, Stay()):
                async with asyncio.timeout(None if isinstance(step, (Say, Pause)) else person.patience_s):
                    if await self._take(step):
                        return
        except TimeoutError:
            self._hang_up(End.PATIENCE)

    async def _take(self, step: Step) -> bool:
        """Perform the step; return True if the person has hung up in it."""
        match step:
            case Say():
                await self._utter(await _render(*spoken_text(step, language=self._language)))
            case Press():
                await self._press(step)
            case WaitUntilAgentDone():
                await self._until_agent_done(step)
            case WaitAgentSpeaking():
                since_ms = self._line.heard.intervals.audible_ms
                await self._line.until(lambda: self._line.heard.intervals.audible_ms - since_ms >= step.heard_ms)
            case Pause():
                await asyncio.sleep(step.seconds)
            case Cough():
                await self._utter(sounds.cough(step.ms))
            case HangUp():
                self._hang_up(End.PERSON_HUNG_UP)
                return True
            case Stay():
                await asyncio.get_running_loop().create_future()
            case _:
                assert_never(step)
        return False

    async def _utter(self, audio: bytes) -> None:
        noise = self._attempt.noise if isinstance(self._attempt, Answer) else 0.0
        self._line.speak(sounds.in_room(audio, noise))
        await self._line.until(lambda: not self._line.speaking)

    async def _press(self, step: Press) -> None:
        for index, digit in enumerate(step.keys):
            if index:
                await asyncio.sleep(step.gap_ms / 1000)
            self._line.press(digit)

    async def _until_agent_done(self, step: WaitUntilAgentDone) -> None:
        heard = self._line.heard.intervals
        since_ms = heard.audible_ms

        def is_done() -> bool:
            quiet_ms = self._line.elapsed_ms() - heard.last_audible_ms
            return has_finished(
                step, heard_ms=heard.audible_ms - since_ms, quiet_ms=quiet_ms, waits_after_filler=self._waits_after_filler
            )

        await self._line.until(is_done)


def has_finished(step: WaitUntilAgentDone, *, heard_ms: float, quiet_ms: float, waits_after_filler: bool) -> bool:
    """Return whether the agent has finished, after that much speech and then that much silence in the step."""
    is_filler = waits_after_filler and heard_ms <= _SHORT_MS
    needed_ms = max(step.quiet_ms, _PATIENT_QUIET_MS) if is_filler else step.quiet_ms
    return heard_ms >= step.heard_ms and quiet_ms >= needed_ms


async def _render(text: str, language: str) -> bytes:
    return await asyncio.to_thread(voice.speak, text, language=language, voice="customer")
