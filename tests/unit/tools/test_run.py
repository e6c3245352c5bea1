"""What `make run` tells whoever started it: where everything is, and both addresses that an inbound number needs."""

from pathlib import Path

from shared.settings.parsers import Bind
from shared.twilio.callback_urls import INCOMING_PATH, INCOMING_STATUS_PATH
from tools.run import next_steps, places_of
from tools.stack import ANY_ADDRESS, PublicAddress

ORIGIN = "https://calls.shop.example"


def test_both_settings_of_the_inbound_number_are_told() -> None:
    told = next_steps(PublicAddress(5050), ORIGIN, "")
    assert "A call comes in (Webhook):  " + ORIGIN + INCOMING_PATH in told
    assert "Call status changes:        " + ORIGIN + INCOMING_STATUS_PATH in told
    assert "HTTP POST" in told


def test_the_readme_tells_them_too() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    assert f"PUBLIC_URL{INCOMING_PATH}" in readme
    assert f"PUBLIC_URL{INCOMING_STATUS_PATH}" in readme


def test_every_services_address_and_the_logs_are_told() -> None:
    binds = {"webhook": Bind("127.0.0.1", 8000), "dialer_worker": Bind(ANY_ADDRESS, 8002)}
    told = places_of(PublicAddress(5050, ANY_ADDRESS), binds, redis=["the one of REDIS_URL"], logs=Path("var/run/logs"))
    assert [line.split() for line in told.splitlines()] == [
        ["gateway", "0.0.0.0:5050"],
        ["webhook", "http://127.0.0.1:8000"],
        ["dialer_worker", "http://127.0.0.1:8002"],
        ["Redis", "the", "one", "of", "REDIS_URL"],
        ["logs", "var/run/logs"],
    ]


def test_a_gateway_with_a_certificate_is_told_by_its_name() -> None:
    assert "Ready: https://calls.shop.example:443 " in next_steps(PublicAddress(443, site="calls.shop.example"), ORIGIN, "")
