"""The confirmation that a request names."""

import re

from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError
from shared.store import Store

ID_PATTERN = re.compile(r"cnf_[0-9A-HJKMNP-TV-Z]{26}", re.ASCII)


async def confirmation_of_shop(store: Store, confirmation_id: str, shop: str) -> Confirmation:
    """Return the shop's own confirmation.

    Raises:
        NotFoundError: There is none of that id, or it is another shop's.
    """
    if not ID_PATTERN.fullmatch(confirmation_id):
        raise NotFoundError
    found = await store.confirmations.get(confirmation_id)
    if found.shop != shop:
        raise NotFoundError
    return found
