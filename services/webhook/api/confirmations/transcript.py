"""What was said in the calls of a confirmation."""

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.handlers import Confirmations, json_response
from shared.core.errors import NotFoundError
from shared.core.lifecycle.envelope import timestamp
from shared.store import Store


class Transcript:
    """`GET /v1/confirmations/{id}/transcript`."""

    def __init__(self, store: Store, confirmations: Confirmations) -> None:
        self._store = store
        self._confirmations = confirmations

    async def show(self, request: Request, shop: str) -> Response:
        """Return all turns in order; 404 where nothing was written down."""
        confirmation = await self._confirmations.of_shop(request.path_params["id"], shop)
        turns = await self._store.transcripts.get(confirmation.id)
        if not turns:
            raise NotFoundError
        told = [
            {
                "attempt": turn.attempt,
                "speaker": turn.speaker.value,
                "text": turn.text,
                "at": timestamp(turn.at),
                "interrupted": turn.interrupted,
            }
            for turn in turns
        ]
        return json_response({"turns": told})
