"""The project's own exceptions: an exception is a broken promise, an expected ending is a value."""


class ConfirmerError(Exception):
    """Root of every exception this project raises itself."""


class InvalidValueError(ConfirmerError):
    """A value from outside breaks a rule of the business.

    `code` is stable and machine-readable; `message` says what is allowed and never repeats the value.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotFoundError(ConfirmerError):
    """Nothing is stored under that id (or it belongs to another shop)."""


class StoreUnavailableError(ConfirmerError):
    """Redis did not answer, or refused the write. The work was not acknowledged; repeating it is safe."""


class TelephonyError(ConfirmerError):
    """Twilio's REST API could not be asked, or gave an answer that is none."""
