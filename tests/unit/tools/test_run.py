"""What `make run` tells whoever started it: both addresses that an inbound number needs."""

from pathlib import Path

from shared.twilio.callback_urls import INCOMING_PATH, INCOMING_STATUS_PATH
from tools.run import next_steps

ORIGIN = "https://calls.shop.example"


def test_both_settings_of_the_inbound_number_are_told() -> None:
    told = next_steps(5050, ORIGIN, Path("var/run/logs"))
    assert "A call comes in (Webhook):  " + ORIGIN + INCOMING_PATH in told
    assert "Call status changes:        " + ORIGIN + INCOMING_STATUS_PATH in told
    assert "HTTP POST" in told


def test_the_readme_tells_them_too() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    assert f"PUBLIC_URL{INCOMING_PATH}" in readme
    assert f"PUBLIC_URL{INCOMING_STATUS_PATH}" in readme
