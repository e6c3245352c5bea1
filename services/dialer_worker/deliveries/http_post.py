"""POST requests to shops' servers: only to public addresses, which are looked up for each request, and without redirects."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus

import httpx

from shared.core.webhook_endpoints.url import is_public, url_fault

TOTAL_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 3.0
_MAX_RETRY_AFTER_DIGITS = 6
_MAX_LENGTH_DIGITS = 5

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the IP addresses of a host; raises OSError if it has none."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiver has accepted the message (2xx)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The message was not accepted.

    `retry_after_s` is the receiver's `Retry-After`, 0 without one. `is_gone` says that it wants no more messages at all (410).
    """

    reason: str
    retry_after_s: float = 0
    is_gone: bool = False


class HttpPoster:
    """Posts to one endpoint's host; the connection is kept between the messages of one job."""

    def __init__(self, client: httpx.AsyncClient, *, resolve: Resolve, allows_private: bool) -> None:
        self._client = client
        self._resolve = resolve
        self._allows_private = allows_private

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Accepted | Refused:
        """Send one message. Any failure is returned as `Refused`, whose reason repeats nothing of the answer's text."""
        fault = url_fault(url, allows_private=self._allows_private)
        if fault is not None:
            return Refused("the URL is not allowed any more")
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                return await self._post(httpx.URL(url), headers, body)
        except TimeoutError:
            return Refused(f"no answer within {TOTAL_TIMEOUT_S:g} s")
        except httpx.HTTPError as error:
            return Refused(f"connection failed: {type(error).__name__}")
        except OSError:
            return Refused("the host has no address")

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Accepted | Refused:
        addresses = await self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        if not self._allows_private and not all(is_public(address) for address in addresses):
            return Refused("the host leads to a private address")
        # The request goes to the address that was checked: a second look-up of the name could return another one.
        pinned = url.copy_with(host=addresses[0])
        named = {**headers, "host": url.netloc.decode("ascii")}
        async with self._client.stream(
            "POST", pinned, headers=named, content=body, extensions={"sni_hostname": url.host}
        ) as response:
            await _read_if_short(response)
            return _read_status(response)


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[4][0]) for place in found]


@asynccontextmanager
async def open_http_poster(*, allows_private: bool) -> AsyncIterator[HttpPoster]:
    """Yield a poster for one job at one endpoint: connections are never shared between hosts."""
    timeout = httpx.Timeout(TOTAL_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    async with httpx.AsyncClient(verify=_tls_context(), timeout=timeout, follow_redirects=False, trust_env=False) as client:
        yield HttpPoster(client, resolve=look_up, allows_private=allows_private)


@cache
def _tls_context() -> ssl.SSLContext:
    return httpx.create_ssl_context()


async def _read_if_short(response: httpx.Response) -> None:
    """Read a short answer, so that its connection can be used again; any other is not read, and its connection is closed."""
    length = response.headers.get("content-length", "")
    is_short = length.isascii() and length.isdecimal() and len(length) <= _MAX_LENGTH_DIGITS
    if is_short and "content-encoding" not in response.headers:
        await response.aread()


def _read_status(response: httpx.Response) -> Accepted | Refused:
    if response.is_success:
        return Accepted()
    if response.is_redirect:
        return Refused(f"http {response.status_code}: redirects are not followed")
    retry_after = response.headers.get("retry-after", "")
    is_number = retry_after.isascii() and retry_after.isdecimal() and len(retry_after) <= _MAX_RETRY_AFTER_DIGITS
    retry_after_s = float(retry_after) if is_number else 0.0
    return Refused(f"http {response.status_code}", retry_after_s, is_gone=response.status_code == HTTPStatus.GONE)
