"""The transcript of the calls of a confirmation."""

from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.shop_isolation import confirmation_of_shop
from services.webhook.http.answers import Answer, Timestamp, json_response, one_of
from shared.core.errors import NotFoundError
from shared.core.lifecycle.envelope import timestamp
from shared.store import Speaker, Store, Turn


class TurnAnswer(Answer):
    """One turn of a conversation."""

    attempt: int
    speaker: Annotated[str, one_of(Speaker)]
    text: str
    at: Timestamp
    interrupted: bool


class TranscriptAnswer(Answer):
    """What was said."""

    turns: list[TurnAnswer]


class TranscriptRoutes:
    """`GET /v1/confirmations/{id}/transcript`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def show(self, request: Request, _shop: str) -> Response:
        """Return all turns in order; 404 if there are none."""
        confirmation = await confirmation_of_shop(self._store, request.path_params["id"], request.state.caller)
        turns = await self._store.transcripts.get(confirmation.id)
        if not turns:
            raise NotFoundError
        return json_response(TranscriptAnswer(turns=[_turn(turn) for turn in turns]))


def _turn(turn: Turn) -> TurnAnswer:
    return {
        "attempt": turn.attempt,
        "speaker": turn.speaker,
        "text": turn.text,
        "at": timestamp(turn.at),
        "interrupted": turn.interrupted,
    }
