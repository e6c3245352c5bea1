"""Answers to Twilio: a TwiML document that nobody may cache."""

from starlette.responses import Response

from shared.twilio.twiml import CONTENT_TYPE


def twiml(document: str) -> Response:
    """Return the document as an answer."""
    return Response(document, headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})
