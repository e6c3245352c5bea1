"""What a shop may see: what is its own, and of another shop's not even that it exists."""

from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError
from shared.core.ids import is_confirmation_id
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import Store


async def confirmation_of_shop(store: Store, confirmation_id: str, shop: str) -> Confirmation:
    """Return the shop's own confirmation.

    Raises:
        NotFoundError: There is none of that id, or it is another shop's.
    """
    if not is_confirmation_id(confirmation_id):
        raise NotFoundError
    found = await store.confirmations.get(confirmation_id)
    if found.shop != shop:
        raise NotFoundError
    return found


async def endpoint_of_shop(store: Store, endpoint_id: str, shop: str) -> Endpoint:
    """Return the shop's own webhook endpoint.

    Raises:
        NotFoundError: There is none of that id, or it is another shop's.
    """
    found = await store.webhooks.get(endpoint_id)
    if found.shop != shop:
        raise NotFoundError
    return found
