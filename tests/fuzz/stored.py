"""What is read back from Redis, or proves itself by a signature: records, webhook endpoints, sealed secrets, stream tokens."""

from contextlib import suppress

from shared.core.confirmation import SCHEMA_VERSION
from shared.store.records.codec import decode_if_readable, encode, is_finished, state_word
from shared.store.sealing import Sealer, UnreadableSecretError
from shared.twilio import stream_token
from tests.fuzz.target import Target
from tests.support.sealing import SEALING_KEY

SECRETS = ("n" * 32, "o" * 32)
KNOWN = (f"cnf_{1:026}", f"att_{1:026}")
_SEALER = Sealer((SEALING_KEY,))
_SEALER_WITHOUT_KEY = Sealer(())


def _stored_records(data: bytes) -> None:
    """Read a record; one that can be read can be written, and is then read as it was written."""
    is_finished(data)
    record = decode_if_readable(data)
    if record is None:
        return
    written = encode(record.confirmation)
    again = decode_if_readable(f"{SCHEMA_VERSION} {record.version} {state_word(record.confirmation)}\n{written}".encode())
    assert again is not None
    assert (again.version, encode(again.confirmation)) == (record.version, written)


def _sealed_secrets(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for stored in (text, f"sealed:{text}"):
        for sealer in (_SEALER, _SEALER_WITHOUT_KEY):
            with suppress(UnreadableSecretError):
                sealer.open(stored)


def _stream_tokens(data: bytes) -> None:
    """Read a token; no other than the one that was issued names an attempt."""
    names = stream_token.read(SECRETS, data.decode("utf-8", "replace"))
    assert names in {None, KNOWN}


TARGETS: tuple[Target, ...] = (
    Target("stored_records", _stored_records, ((b"", b""), (b"1 1 waiting\n", b""), (b'1 1 waiting\n{"id":"', b'"}'))),
    Target("sealed_secrets", _sealed_secrets, ((b"", b""), (b"gAAAA", b"=="))),
    Target("stream_tokens", _stream_tokens, ((b"", b""), (f"{KNOWN[0]}:{KNOWN[1]}.".encode(), b""))),
)
