"""HTTP between programs of this machine: `httpx.get(url, verify=PLAIN)`."""

import ssl
from typing import Final

PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Knows no authority, so it opens nothing over TLS: to read all that the system trusts takes 20 ms, for each client anew."""
