"""Seals secrets before they are written to Redis, so that a copy of its data reveals none.

Source: the Fernet specification, https://github.com/fernet/spec/blob/master/Spec.md (AES-128-CBC and HMAC-SHA-256).
"""

from enum import Enum, auto

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.core.errors import ConfirmerError

_PREFIX = "sealed:"


class NoEncryptionKeyError(ConfirmerError):
    """A secret was to be stored by a program that was given no key."""


class UnreadableSecretError(ConfirmerError):
    """A secret in Redis was sealed with a key that this program does not have."""


class Resealing(Enum):
    """What became of secrets that were to be sealed with the newest key."""

    SEALED_ANEW = auto()
    AS_IT_WAS = auto()  # the newest key had sealed them before
    UNREADABLE = auto()  # none of the keys opens one of them: it was left as it is
    GONE = auto()


class Sealer:
    """Seals with the first of the keys, opens with any. Without keys it opens only what was stored before secrets were sealed."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self._newest = Fernet(keys[0]) if keys else None

    def seal(self, secret: str) -> str:
        """Return the text to be stored; an empty secret stays empty.

        Raises:
            NoEncryptionKeyError: There is no key.
        """
        if not secret:
            return ""
        if self._fernet is None:
            raise NoEncryptionKeyError("a secret can't be stored without ENCRYPTION_KEYS")
        return _PREFIX + self._fernet.encrypt(secret.encode()).decode("ascii")

    def open(self, stored: str) -> str:
        """Return the secret of a stored text; one that earlier versions stored unsealed is returned as it is.

        Raises:
            UnreadableSecretError: None of the keys opens it.
        """
        if not is_sealed(stored):
            return stored
        if self._fernet is None:
            raise UnreadableSecretError("a secret in Redis is sealed, and this program has no ENCRYPTION_KEYS")
        try:
            return self._fernet.decrypt(stored.removeprefix(_PREFIX)).decode()
        except (InvalidToken, ValueError):  # the latter: it holds other text than ASCII, or is no longer whole
            fault = "a secret in Redis was sealed with a key that ENCRYPTION_KEYS does not have"
            raise UnreadableSecretError(fault) from None  # the cause says nothing more

    def is_sealed_with_newest(self, stored: str) -> bool:
        """Tell whether the first of the keys sealed a stored text; an empty one needs no seal."""
        if not stored:
            return True
        if self._newest is None or not is_sealed(stored):
            return False
        try:
            self._newest.decrypt(stored.removeprefix(_PREFIX))
        except InvalidToken:
            return False
        return True


def is_sealed(text: str) -> bool:
    """Tell whether a text is a sealed secret, and not the secret itself."""
    return text.startswith(_PREFIX)
