"""The dialer worker with a fault that kills it whenever it loads a certain order or endpoint: the one named in POISON.

Its leases are shorter than in production, so that the recoveries come sooner.
"""

import os
import runpy
import signal
from datetime import datetime
from functools import partial

from shared import store
from shared.core.confirmation import Confirmation
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store.dialing.due import Due
from shared.store.records.confirmations import Confirmations
from shared.store.webhooks.deliveries import Deliveries
from shared.store.webhooks.endpoints import Webhooks

_LEASE_S = 3.0
_get_with_time = Confirmations.get_with_time
_get = Webhooks.get


async def _die_of_one(self: Confirmations, confirmation_id: str) -> tuple[Confirmation, datetime]:
    if confirmation_id == os.environ["POISON"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return await _get_with_time(self, confirmation_id)


async def _die_of_one_endpoint(self: Webhooks, endpoint_id: str) -> Endpoint:
    if endpoint_id == os.environ["POISON"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return await _get(self, endpoint_id)


if __name__ == "__main__":
    Confirmations.get_with_time = _die_of_one  # type: ignore[method-assign]
    Webhooks.get = _die_of_one_endpoint  # type: ignore[method-assign]
    setattr(store, "Due", partial(Due, lease_s=_LEASE_S))  # noqa: B010 - the type checker refuses a plain assignment
    setattr(store, "Deliveries", partial(Deliveries, lease_s=_LEASE_S))  # noqa: B010
    runpy.run_module("services.dialer_worker", run_name="__main__")
