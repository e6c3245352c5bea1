"""The softphone's files: read once, sent with headers under which the page can load nothing else."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from shared.core.errors import NotFoundError

_FOLDER: Final = Path(__file__).parent / "static"
_KINDS: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS: Final = {
    "cache-control": "no-cache",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class SoftphonePages:
    """The page, and what it loads. The media stream is at the gateway, which is not where the page comes from."""

    def __init__(self, *, stream_url: str) -> None:
        self._policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {stream_url}; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._files = {path.name: path for path in _FOLDER.iterdir() if path.suffix in _KINDS}

    async def page(self, _request: Request) -> Response:
        """Return the page."""
        return self._file("softphone.html")

    async def file(self, request: Request) -> Response:
        """Return a file of the page.

        Raises:
            NotFoundError: There is none of that name.
        """
        return self._file(request.path_params["name"])

    def _file(self, name: str) -> Response:
        path = self._files.get(name)
        if path is None:
            raise NotFoundError
        headers = {**_HEADERS, "content-security-policy": self._policy}
        return Response(path.read_bytes(), headers={**headers, "content-type": f"{_KINDS[path.suffix]}; charset=utf-8"})
