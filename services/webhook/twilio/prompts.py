"""The stored recordings for `<Play>`: public, unsigned, the same for everybody. They hold nothing personal."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from shared import languages
from shared.core.errors import NotFoundError

_HEADERS = {"content-type": "audio/wav", "cache-control": "public, max-age=3600"}


async def prompt(request: Request) -> Response:
    """Return one recording; `If-None-Match` with its tag gets a 304.

    Raises:
        NotFoundError: There is no such recording.
    """
    try:
        audio = languages.audio_path(request.path_params["language"], request.path_params["key"]).read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError from error
    tag = f'"{sha256(audio).hexdigest()[:16]}"'
    headers = {**_HEADERS, "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(audio, headers=headers)
