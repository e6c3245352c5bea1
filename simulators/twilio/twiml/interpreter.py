"""Runs TwiML on an answered call, verb after verb, document after document, until the call ends or is redirected."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import assert_never

from simulators.speech import voice
from simulators.twilio.call.call import Call, End
from simulators.twilio.call.webhooks import WebhookFailedError
from simulators.twilio.media.line import Line
from simulators.twilio.media.wav import WavError, to_mulaw
from simulators.twilio.twiml import verbs
from simulators.twilio.twiml.context import SimulatorContext
from simulators.twilio.twiml.loader import Document, Source
from simulators.twilio.twiml.parser import TwimlError
from simulators.twilio.twiml.stream_verb import StreamVerb

MAX_DOCUMENTS = 200
"""The number of documents after which a circle of redirects ends; Twilio's own limit is not documented."""
_NO_VOICE = frozenset({"sq"})
"""Languages that documents here request of `<Say>` and that it lacks. Source: the languages in twilio-node's types."""


class Collector:
    """Collects keys for a `<Gather>`; it is a listener of the line."""

    def __init__(self, verb: verbs.Gather, line: Line) -> None:
        self._verb = verb
        self._line = line
        self.digits = ""
        self.has_begun = False
        self.is_complete = False
        self.last_ms = 0.0

    def voice(self, frame: bytes) -> None:
        """Ignore speech."""

    def reached(self, names: list[str]) -> None:
        """Do nothing, because there are no marks outside streams."""

    def key(self, digit: str) -> None:
        """Collect a key; the finishing key is not one of the digits."""
        if self.is_complete:
            return
        self.has_begun = True
        self.last_ms = self._line.elapsed_ms()
        if digit == self._verb.finish_on_key:
            self.is_complete = True
            return
        self.digits += digit
        self.is_complete = len(self.digits) == self._verb.num_digits

    def is_over(self) -> bool:
        """Whether the last key has come, or the waiting time has ended."""
        waited_ms = self._line.elapsed_ms() - self.last_ms
        return self.is_complete or waited_ms >= self._verb.timeout_s * 1000


class Interpreter:
    """Runs the documents of one call on its line. Cancelling it interrupts the present verb."""

    def __init__(self, call: Call, line: Line, context: SimulatorContext) -> None:
        self._call = call
        self._line = line
        self._context = context
        self._streams = StreamVerb(call, line, context)

    async def run(self, first: Source | Document) -> End:
        """Run until a document ends the call; return why it ended."""
        following: Source | Document = first
        try:
            for _ in range(MAX_DOCUMENTS):
                if isinstance(following, Source):
                    following = await self._context.documents.load(self._call, following)
                ending = await self._execute(following)
                if isinstance(ending, End):
                    return ending
                following = ending
        except TwimlError as failure:
            self._call.ledger.fail(failure.code, str(failure))
            return End.TWIML_ERROR
        self._call.ledger.fail(12200, f"more than {MAX_DOCUMENTS} documents in one call")
        return End.TWIML_ERROR

    async def _execute(self, document: Document) -> Source | End:
        for verb in document.verbs:
            self._call.ledger.note("verb", verb=type(verb).__name__)
            following = await self._do(verb, document)
            if following is not None:
                return following
        return End.TWIML_END

    async def _do(self, verb: verbs.Verb, document: Document) -> Source | End | None:
        """Run one verb; None means that the next verb follows."""
        match verb:
            case verbs.Say() | verbs.Play() | verbs.Pause():
                await self._prompt(verb, document, None)
            case verbs.Gather():
                return await self._gather(verb, document)
            case verbs.ConnectStream():
                return await self._connect(verb, document)
            case verbs.Redirect(url, method):
                return Source.at(document.resolve(url, method))
            case verbs.Hangup():
                return End.TWIML_HANGUP
            case verbs.Reject():
                self._call.ledger.fail(12200, "<Reject> comes too late: the call is answered")
                return End.TWIML_ERROR
            case verbs.PlayDigits(digits):
                self._call.ledger.note("digits_played", digits=digits)
            case verbs.NotSimulated(name):
                self._call.ledger.warn(0, f"<{name}> is not simulated and was skipped")
            case _:
                assert_never(verb)
        return None

    async def _connect(self, verb: verbs.ConnectStream, document: Document) -> Source | None:
        was_connected = await self._streams.run(verb, document)
        goes_to_action = was_connected or self._context.options.action_after_failed_stream
        return Source.at(document.resolve(verb.action, verb.method)) if verb.action and goes_to_action else None

    # --- prompts and keys

    async def _prompt(self, verb: verbs.Say | verbs.Play | verbs.Pause, document: Document, keys: Collector | None) -> None:
        """Say, play or wait; a key in `keys` interrupts it."""
        if isinstance(verb, verbs.Pause):
            until_ms = self._line.elapsed_ms() + verb.length_s * 1000
            await self._line.until(lambda: self._line.elapsed_ms() >= until_ms or _has_begun(keys))
            return
        audio = await (self._spoken(verb) if isinstance(verb, verbs.Say) else self._file(verb, document))
        for _ in _times(verb.loop):
            if not audio or _has_begun(keys):
                return
            self._line.play(audio)
            await self._line.until(lambda: not self._line.buffered_ms or _has_begun(keys))
        self._line.clear()

    async def _spoken(self, verb: verbs.Say) -> bytes:
        if verb.language.partition("-")[0].lower() in _NO_VOICE:
            self._call.ledger.fail(12200, f"<Say> has no voice for {verb.language}; it was skipped")
            return b""
        return await asyncio.to_thread(voice.speak, verb.text, language=verb.language)

    async def _file(self, verb: verbs.Play, document: Document) -> bytes:
        url = document.resolve(verb.url, "GET").url
        try:
            answer = await self._context.webhooks.fetch(url)
        except WebhookFailedError as failure:
            raise TwimlError(failure.code, f"{url}: {failure}") from failure
        self._call.ledger.note("played_file", url=url, status=answer.status, bytes=len(answer.body))
        if answer.status >= 400:
            raise TwimlError(11200, f"{url} answered {answer.status}")
        if not answer.content_type.startswith("audio/"):
            raise TwimlError(12300, f"{url} answered {answer.content_type or 'no content type'}, no audio")
        try:
            return to_mulaw(answer.body)
        except WavError as failure:
            raise TwimlError(12300, f"{url}: {failure}") from failure

    async def _gather(self, verb: verbs.Gather, document: Document) -> Source | None:
        keys = Collector(verb, self._line)
        self._line.listener = keys
        try:
            for prompt in verb.prompts:
                await self._prompt(prompt, document, keys)
            keys.last_ms = self._line.elapsed_ms()
            await self._line.until(keys.is_over)
        finally:
            self._line.listener = None
            self._line.clear()
        self._call.ledger.note("gathered", digits=keys.digits)
        if not keys.digits and not verb.action_on_empty_result:
            return None
        return Source.at(document.resolve(verb.action, verb.method), {"Digits": keys.digits})


def _has_begun(keys: Collector | None) -> bool:
    return keys is not None and keys.has_begun


def _times(loop: int) -> Iterator[int]:
    return iter(range(loop)) if loop else count()
