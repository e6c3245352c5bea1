"""What a test key orders is marked, and never phoned."""

import pytest

from tests.support.webhook.service import make_service, small_body

pytestmark = pytest.mark.system


async def test_an_order_by_a_test_key_is_marked_and_waits_for_no_place_among_the_calls(valkey_url: str) -> None:
    service = make_service(valkey_url, API_KEYS="shopaz:a-live-key-of-shopaz,shopaz:test_key-of-shopaz")
    test = {"authorization": "Bearer test_key-of-shopaz"}
    async with service.client:
        made = (await service.client.post("/v1/confirmations", json=small_body(1), headers=test)).json()
        assert made["is_test"] is True
        assert (await service.store.confirmations.get(made["id"])).is_test
        items = {"items": [small_body(2)]}
        bulk = (await service.client.post("/v1/confirmations/bulk", json=items, headers=test)).json()
        assert bulk["results"][0]["confirmation"]["is_test"] is True
        assert await service.store.client.keys("due:dial:*") == []
        real = await service.client.post(
            "/v1/confirmations", json=small_body(3), headers={"authorization": "Bearer a-live-key-of-shopaz"}
        )
        assert "is_test" not in real.json()
        assert await service.store.client.keys("due:dial:*") == [b"due:dial:normal:shopaz"]
    await service.store.close()
