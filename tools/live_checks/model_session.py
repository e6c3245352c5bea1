"""One session with the speech model, used as a call uses it: how fast it is, and whether it does what the bridge relies on."""

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from services.media_bridge.call.model_session import CONNECT_LIMIT_S
from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.connection import ModelAddress
from services.media_bridge.openai.requests_wire import AudioSettings
from services.media_bridge.picows_client import connect
from services.media_bridge.settings import BridgeSettings
from services.media_bridge.websocket import ConnectionFailedError, Socket
from shared import languages
from shared.core.speech.instructions import say_exactly
from shared.core.speech.language import Language
from shared.runtime.private_files import create_private, make_private_folder
from tools.finding import Finding, printable
from tools.live_checks.session_probe import Json, SessionProbe, SessionRefusedError, part
from tools.live_checks.spoken_sentence import Sentence, findings_of, listen

_ANSWER_S: Final = 5.0
_SENTENCE: Final = "keypad"
_BARE_UPDATE: Final = msgspec.json.encode(
    {"type": "session.update", "session": {"type": "realtime", "instructions": "You read sentences out."}}
)

_KEY = "correct OPENAI_API_KEY (platform.openai.com, API keys)"
_CREDIT = "add credit, or raise the limit (platform.openai.com, Billing and Limits)"
_MODEL = "set OPENAI_REALTIME_MODEL to a model that the key's project may use"
_NETWORK = "check the network and OPENAI_REALTIME_URL: wss to port 443 must be open"
_FIXES: Final[Mapping[str, str]] = {
    "status_401": _KEY,
    "invalid_api_key": _KEY,
    "account_deactivated": "write to OpenAI: the account is closed",
    "status_403": _MODEL,
    "status_404": _MODEL,
    "model_not_found": _MODEL,
    "missing_model": _MODEL,
    "status_429": _CREDIT,
    "insufficient_quota": _CREDIT,
    "billing_hard_limit_reached": _CREDIT,
    "timeout": _NETWORK,
    "unreachable": _NETWORK,
}
_OTHERWISE = "look at status.openai.com, and the code up in OpenAI's guide to error codes"

Report = Callable[[Finding], None]


async def check_session(settings: BridgeSettings, folder: Path, report: Report) -> None:
    """Open a session, and report what is found as it is found; the sentence that it speaks becomes a file in `folder`."""
    began_s = monotonic()
    try:
        probe = await _connected(settings)
    except ConnectionFailedError as error:
        report(_refused("there is no session", error.reason))
        return
    try:
        await _use(probe, settings, folder, report, began_s=began_s)
    except SessionRefusedError as error:
        report(_refused("the session was refused", error.code))
    except TimeoutError:
        report(Finding("the session does not answer", _OTHERWISE))
    finally:
        await probe.close()


async def _connected(settings: BridgeSettings) -> SessionProbe:
    """Return a connection, though it may be closed again: then the probe has received why.

    Raises:
        ConnectionFailedError: There is none.
    """
    probes: list[SessionProbe] = []

    def accept(socket: Socket) -> SessionProbe:
        probes.append(SessionProbe(socket))
        return probes[0]

    is_tls = settings.openai_realtime_url.startswith("wss://")
    address = ModelAddress(
        url=settings.openai_realtime_url,
        model=settings.openai_realtime_model,
        api_key=settings.openai_api_key.get_secret_value(),
        audio=settings.audio,
        ssl_context=ssl.create_default_context() if is_tls else None,
    )
    headers, limit_s = address.headers(None), 2 * CONNECT_LIMIT_S
    try:
        return await connect(address.session_url, accept, headers=headers, ssl_context=address.ssl_context, limit_s=limit_s)
    except ConnectionFailedError:
        if not probes:
            raise
        return probes[0]


async def _use(probe: SessionProbe, settings: BridgeSettings, folder: Path, report: Report, *, began_s: float) -> None:
    """Do what a call does, one thing after the other.

    Raises:
        SessionRefusedError: The vendor refused something that a call can't do without.
        TimeoutError: An answer does not come.
    """
    created = await probe.until("session.created", limit_s=2 * CONNECT_LIMIT_S)
    report(_connecting(created.at_s - began_s))
    language = languages.load(settings.default_language)
    if not await _formats(probe, settings.audio, created.event, report):
        return
    await _transcription(probe, settings.openai_transcription_model, language, report)
    sentence = await listen(probe, say_exactly(language.stored[_SENTENCE]))
    for finding in findings_of(sentence, filler_s=settings.first_audio_s[0]):
        report(finding)
    if sentence.audio:
        report(Finding(f"the sentence, in {language.name}: listen to {_written(sentence, language, folder)}"))
        await _truncation(probe, sentence, report)


def _connecting(taken_s: float) -> Finding:
    text = f"a session is there after {taken_s * 1000:.0f} ms"
    if taken_s <= CONNECT_LIMIT_S:
        return Finding(text)
    return Finding(
        text, f"a call waits {CONNECT_LIMIT_S:.0f} s for it: run the bridge nearer to OpenAI, or find what slows the network"
    )


async def _formats(probe: SessionProbe, audio: AudioSettings, created: Json, report: Report) -> bool:
    """Report the formats at first, after the bridge's update and after one that names none; False if a call could not be heard."""
    probe.send(request.first_update(audio))
    agreed = _described(await _updated(probe))
    text = f"the formats are {_described(created)} at first and {agreed} after an update"
    wanted = f"{request.MULAW} in, {request.MULAW} out"
    if agreed != wanted:
        report(Finding(text, f"the phone needs {request.MULAW}: set OPENAI_REALTIME_MODEL to another model"))
        return False
    report(Finding(text))
    probe.send(_BARE_UPDATE)
    after = _described(await _updated(probe))
    report(Finding(f"an update that names no formats {'keeps them' if after == wanted else f'sets them to {after}'}"))
    probe.send(request.first_update(audio))
    return _described(await _updated(probe)) == wanted


async def _transcription(probe: SessionProbe, model: str, language: Language, report: Report) -> None:
    code = language.transcription_code
    sent = f"language {code}" if code is not None else "no language"
    try:
        probe.send(request.transcription_update(request.Transcription(model, language.transcription_prompt, code)))
        await _updated(probe)
        report(Finding(f"{model} takes the transcription, with {sent}"))
    except SessionRefusedError as error:
        fix = "set OPENAI_TRANSCRIPTION_MODEL to another model: until then calls work, but have no words of the customer's"
        report(Finding(f"{model} refuses the transcription, with {sent} ({error.code})", fix))
    if code is None:
        report(Finding(f"{model} {await _answer_to_language(probe, model, language)} the language {language.code} if it is named"))


async def _answer_to_language(probe: SessionProbe, model: str, language: Language) -> str:
    try:
        probe.send(request.transcription_update(request.Transcription(model, language.transcription_prompt, language.code)))
        await _updated(probe)
    except SessionRefusedError:
        return "refuses"
    return "takes"


async def _truncation(probe: SessionProbe, sentence: Sentence, report: Report) -> None:
    heard_ms = sentence.audio_ms // 2
    try:
        probe.send(request.truncate(sentence.item_id, heard_ms))
        await probe.until("conversation.item.truncated", limit_s=_ANSWER_S)
    except SessionRefusedError as error:
        fix = "report it, with the code: the model will believe that an interrupted customer has heard everything"
        report(Finding(f"the sentence can't be cut after {heard_ms} ms ({error.code})", fix))
    else:
        report(Finding(f"the sentence can be cut after {heard_ms} ms, as when a customer interrupts"))


async def _updated(probe: SessionProbe) -> Json:
    return (await probe.until("session.updated", limit_s=_ANSWER_S)).event


def _described(event: Json) -> str:
    """Return the formats of a session event in words."""
    names = [printable(part(event, "session", "audio", side, "format", "type")) for side in ("input", "output")]
    return f"{names[0]} in, {names[1]} out"


def _written(sentence: Sentence, language: Language, folder: Path) -> Path:
    make_private_folder(folder)
    path = folder / f"sentence-{language.code}.wav"
    create_private(path)
    path.write_bytes(languages.wav.pack(sentence.audio))
    return path


def _refused(text: str, code: str) -> Finding:
    return Finding(f"{text} ({code})", _FIXES.get(code, _OTHERWISE))
