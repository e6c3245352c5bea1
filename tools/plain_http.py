"""HTTP between programs of this machine: `httpx.get(url, verify=PLAIN)`."""

import ssl
from typing import Final

PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It has no certificate authorities, so it opens nothing over TLS: loading the system's takes 20 ms for each client."""

UNVERIFIED: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It takes any certificate: for a server of this machine that is reached at its address and not by its name."""
UNVERIFIED.check_hostname = False
UNVERIFIED.verify_mode = ssl.CERT_NONE
