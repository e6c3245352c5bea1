"""Whether a media stream may speak: its token names an attempt that is open, is used now, and never again."""

from dataclasses import dataclass

from services.media_bridge.call.fact_writer import Records
from services.media_bridge.twilio.stream_wire import StreamStarted
from shared.core.confirmation import Attempt, Confirmation
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import StreamOpened
from shared.twilio import stream_token


@dataclass(frozen=True, slots=True)
class Admitted:
    """The stream is this attempt's."""

    confirmation: Confirmation
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Turned:
    """The stream is turned away; `reason` is a short code. Its token, if any, stays good for its own call.

    `fault` says what failed where it was our fault.
    """

    reason: str
    fault: str = ""

    @property
    def is_our_fault(self) -> bool:
        """Whether something of ours failed."""
        return bool(self.fault)


class Door:
    """Lets streams in."""

    def __init__(self, records: Records, *, signing_secret: str, prompt_version: str) -> None:
        self._records = records
        self._secret = signing_secret
        self._prompt_version = prompt_version

    async def admit(self, start: StreamStarted) -> Admitted | Turned:
        """Use the token up for this stream, or say why it can't be."""
        if not start.is_mulaw:
            return Turned("wrong_format")
        named = stream_token.read(self._secret, start.token)
        if named is None or not start.call_sid or not start.stream_sid:
            return Turned("token_invalid")
        confirmation_id, attempt_id = named
        try:
            step = await self._records.apply(
                confirmation_id,
                lambda now: StreamOpened(now, attempt_id, start.call_sid, start.stream_sid, self._prompt_version),
            )
        except NotFoundError:
            return Turned("token_unknown")
        except StoreUnavailableError as error:
            return Turned("store_unavailable", fault=str(error))
        attempt = step.confirmation.open_attempt
        if attempt is None or attempt.id != attempt_id:
            return Turned("attempt_not_open")
        if not step.is_changed or attempt.stream_sid != start.stream_sid:
            return Turned("token_used" if attempt.call_sid == start.call_sid else "wrong_call")
        return Admitted(step.confirmation, attempt)
