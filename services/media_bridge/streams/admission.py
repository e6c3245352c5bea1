"""Admits a media stream to its call: its token must name an open attempt, and can be used once."""

from dataclasses import dataclass
from typing import Protocol

from services.media_bridge.call_record.fact_writer import Confirmations
from services.media_bridge.twilio.stream_wire import StreamStarted
from shared.core.confirmation import Attempt, Confirmation
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import StreamOpened
from shared.twilio import stream_token


class Place(Protocol):
    """A stream's place among those that wait, which it leaves for a call's place."""

    def claim(self) -> bool:
        """Take a call's place; returns False if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """The stream belongs to this attempt."""

    confirmation: Confirmation
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Rejected:
    """The stream is not admitted; `reason` is a short code. Its token, if any, stays valid for its own call.

    `fault` says what failed if it was our fault.
    """

    reason: str
    fault: str = ""

    @property
    def is_our_fault(self) -> bool:
        """Whether something of ours failed."""
        return bool(self.fault)


class StreamAdmission:
    """Admits streams or rejects them."""

    def __init__(self, confirmations: Confirmations, *, signing_secrets: tuple[str, ...], prompt_version: str) -> None:
        self._confirmations = confirmations
        self._secrets = signing_secrets
        self._prompt_version = prompt_version

    async def admit(self, start: StreamStarted, place: Place) -> Admitted | Rejected:
        """Use the token for this stream; returns why not if it can't be used."""
        if not start.is_mulaw:
            return Rejected("wrong_format")
        named = stream_token.read(self._secrets, start.token)
        if named is None or not start.call_sid or not start.stream_sid:
            return Rejected("token_invalid")
        if not place.claim():
            return Rejected("full", fault="all places are taken")  # the token stays good
        confirmation_id, attempt_id = named
        try:
            step = await self._confirmations.apply(
                confirmation_id,
                lambda now: StreamOpened(now, attempt_id, start.call_sid, start.stream_sid, self._prompt_version),
            )
        except NotFoundError:
            return Rejected("token_unknown")
        except StoreUnavailableError as error:
            return Rejected("store_unavailable", fault=str(error))
        attempt = step.confirmation.open_attempt
        if attempt is None or attempt.id != attempt_id:
            return Rejected("attempt_not_open")
        if not step.is_changed or attempt.stream_sid != start.stream_sid:
            return Rejected("token_used" if attempt.call_sid == start.call_sid else "wrong_call")
        return Admitted(step.confirmation, attempt)
