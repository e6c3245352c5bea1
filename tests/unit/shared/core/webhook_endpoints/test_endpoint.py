"""Webhooks are signed so that the official library agrees, also while a secret is changed."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint, secret_of, signature
from tests.support.orders import NOON, after

SECRET, OLDER = secret_of(bytes(32)), secret_of(b"o" * 32)
ENDPOINT = Endpoint(
    id="whe_1", shop="shopaz", url="https://shop.example/hook", events=(EventType.FINISHED,), secret=SECRET, created_at=NOON
)


def headers(*secrets: str, body: bytes) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    signed = signature(secrets, message_id="cnf_1.3", timestamp=now, body=body)
    return {"webhook-id": "cnf_1.3", "webhook-timestamp": str(now), "webhook-signature": signed}


def test_the_official_library_takes_our_signature() -> None:
    body = json.dumps({"quote": "Po, e konfirmoj."}, ensure_ascii=False).encode()
    assert Webhook(SECRET).verify(body, headers(SECRET, body=body)) == {"quote": "Po, e konfirmoj."}


def test_it_refuses_another_body_and_another_secret() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{} ", headers(SECRET, body=b"{}"))
    with pytest.raises(WebhookVerificationError):
        Webhook(OLDER).verify(b"{}", headers(SECRET, body=b"{}"))


def test_while_a_secret_is_changed_both_are_good() -> None:
    both = headers(SECRET, OLDER, body=b"{}")
    assert Webhook(SECRET).verify(b"{}", both) == Webhook(OLDER).verify(b"{}", both) == {}


def test_the_old_secret_signs_until_its_time_is_over() -> None:
    turned = replace(ENDPOINT, old_secret=OLDER, old_secret_until=after(60))
    assert ENDPOINT.secrets(NOON) == (SECRET,)
    assert turned.secrets(after(59)) == (SECRET, OLDER)
    assert turned.secrets(after(60)) == (SECRET,)


def test_a_secret_that_could_not_be_opened_signs_nothing() -> None:
    sealed = replace(ENDPOINT, secret="sealed:abc", old_secret=OLDER, old_secret_until=after(10))
    assert (ENDPOINT.can_sign, sealed.can_sign) == (True, False)
    assert sealed.secrets(NOON) == (OLDER,)
