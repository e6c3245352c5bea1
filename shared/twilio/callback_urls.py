"""The URLs by which Twilio reaches us: built for the code that places calls or writes TwiML, served by webhook and bridge."""

from dataclasses import dataclass

# Twilio neither repeats a request that got a 5xx nor one that timed out, unless the URL's fragment says so. Two
# repeats, each with its own limits, stay within the 15 s that a request of a call may take. The fragment is no part
# of what is signed. (Source: Twilio, "Webhooks: connection overrides".)
CONNECTION_OVERRIDES = "#rc=2&rp=5xx,ct,rt&ct=1500&rt=4000"

STREAM_PATH = "/media-stream"
INCOMING_PATH = "/incoming-call"
INCOMING_STATUS_PATH = "/twilio/incoming-status"


@dataclass(frozen=True, slots=True)
class CallbackUrls:
    """All URLs of one deployment; `public_url` is its origin without a path or a slash at the end."""

    public_url: str

    @property
    def stream(self) -> str:
        """The URL of the media stream: `wss`, or `ws` where the origin is `http` (trials on one machine)."""
        return "ws" + self.public_url.removeprefix("http") + STREAM_PATH

    @property
    def incoming(self) -> str:
        """The voice URL for the Twilio console: an inbound call asks here what to do."""
        return self.public_url + INCOMING_PATH + CONNECTION_OVERRIDES

    @property
    def incoming_status(self) -> str:
        """The status callback for the Twilio console: an inbound call's end is told here."""
        return self.public_url + INCOMING_STATUS_PATH + CONNECTION_OVERRIDES

    def status(self, confirmation_id: str, attempt_id: str) -> str:
        """Return the URL to which the progress of a call is reported (`StatusCallback`)."""
        return self._of_attempt("status", confirmation_id, attempt_id)

    def amd(self, confirmation_id: str, attempt_id: str) -> str:
        """Return the URL to which the machine detection reports (`AsyncAmdStatusCallback`)."""
        return self._of_attempt("amd", confirmation_id, attempt_id)

    def after_stream(self, confirmation_id: str, attempt_id: str) -> str:
        """Return the URL whose TwiML the call follows when the stream has ended, or could not be had."""
        return self._of_attempt("after-stream", confirmation_id, attempt_id)

    def keypad(self, confirmation_id: str, attempt_id: str) -> str:
        """Return the URL to which a key is reported that was pressed without the bridge."""
        return self._of_attempt("keypad", confirmation_id, attempt_id)

    def after_disclosure(self, confirmation_id: str, attempt_id: str, digit: str) -> str:
        """Return the URL whose TwiML the call follows when the disclosure was played to a customer who had pressed `digit`."""
        return self._of_attempt(f"after-disclosure/{digit}", confirmation_id, attempt_id)

    def proof(self, confirmation_id: str, attempt_id: str, failures: int) -> str:
        """Return the URL to which a caller's keys are reported that should prove the order, after so many wrong ones."""
        return self._of_attempt(f"proof/{failures}", confirmation_id, attempt_id)

    def silence(self, confirmation_id: str, attempt_id: str) -> str:
        """Return the URL whose TwiML the call follows when no key was pressed."""
        return self._of_attempt("silence", confirmation_id, attempt_id)

    def prompt(self, language: str, key: str) -> str:
        """Return the URL of a stored recording; it holds nothing personal."""
        return f"{self.public_url}/prompts/{language}/{key}.wav"

    def _of_attempt(self, kind: str, confirmation_id: str, attempt_id: str) -> str:
        return f"{self.public_url}/twilio/{kind}/{confirmation_id}/{attempt_id}{CONNECTION_OVERRIDES}"
