"""What a caller may see: what is the shop's own, with a test key only test data; of all else not even that it exists."""

from services.webhook.api.auth import Caller
from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError
from shared.core.ids import is_confirmation_id
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import Store


async def confirmation_of_shop(store: Store, confirmation_id: str, caller: Caller) -> Confirmation:
    """Return the shop's own confirmation.

    Raises:
        NotFoundError: There is none of that id, it is another shop's, or it is real and the key is a test key.
    """
    if not is_confirmation_id(confirmation_id):
        raise NotFoundError
    found = await store.confirmations.get(confirmation_id)
    if found.shop != caller.shop or (caller.is_test and not found.is_test):
        raise NotFoundError
    return found


async def endpoint_of_shop(store: Store, endpoint_id: str, caller: Caller) -> Endpoint:
    """Return the shop's own webhook endpoint.

    Raises:
        NotFoundError: There is none of that id, it is another shop's, or it is of the other kind of key.
    """
    found = await store.webhooks.get(endpoint_id)
    if found.shop != caller.shop or found.is_test != caller.is_test:
        raise NotFoundError
    return found
