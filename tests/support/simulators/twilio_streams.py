"""Calls with a media stream through the Twilio simulator, and audio for them."""

import base64
from typing import Any

from tests.support.simulators.twilio import ARTA, Bridge, TwilioSimulator

TONE = (b"\x20" * 4 + b"\xa0" * 4) * 20
"""20 ms of a loud tone."""


def place(twilio: TwilioSimulator, twiml: str, *steps: object, **answer: object) -> str:
    twilio.script(ARTA, {"answer": {"ring_s": 0, "patience_s": 10, "steps": list(steps), **answer}})
    return str(twilio.create(Twiml=twiml)["sid"])


async def play(bridge: Bridge, audio: bytes) -> None:
    await bridge.send("media", payload=base64.b64encode(audio).decode())


def played(twilio: TwilioSimulator, sid: str) -> list[dict[str, Any]]:
    """Return the frames that the call's first stream sent to be played, with the times of their arrival."""
    media: list[dict[str, Any]] = twilio.admin("GET", f"/calls/{sid}/media")["streams"][0]["media"]
    return media
