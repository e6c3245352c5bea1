"""A whole run: books the call, talks, draws the screen, reports the end, and prints the measurements and the order's outcome."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from shared.runtime.private_files import create_private, make_private_folder
from simulators.speech import voice
from simulators.speech.phrases import PHRASES, Intent, phrases
from simulators.twilio.twiml.verbs import Gather, Hangup
from tools.mic_client.booking import Booking, Invitation, Json, direct_invitation, open_client
from tools.mic_client.call import LiveCall, Tracks
from tools.mic_client.device import DeviceSound, load_portaudio
from tools.mic_client.keyboard import PHONE_KEYS, keys_of_terminal
from tools.mic_client.options import Options, UsageError
from tools.mic_client.playback import Playback
from tools.mic_client.screen import Screen
from tools.mic_client.sound import FileSound, Sound, read_wav

_DRAW_EVERY_S = 0.1
_ASK_EVERY_S = 0.7


async def run(options: Options, screen: Screen) -> Json | None:
    """Hold the call; return the confirmation at its end, or None if there was no order.

    Raises:
        UsageError: The user must fix something first.
    """
    sound = sound_of(options)
    async with open_client() as client:
        if options.system is None:
            await _talk(options, screen, sound, invitation=direct_invitation(options))
            return None
        booking = Booking(options.system, options, client)
        invitation = await booking.make()
        screen.line(f"order posted: {booking.confirmation_id}; the call is on", style="dim")
        try:
            was_closed_by_bot = await _talk(options, screen, sound, invitation=invitation, booking=booking)
            if was_closed_by_bot:
                await _say_what_follows(booking, invitation, screen)
        finally:
            confirmation = await booking.end()
        screen.show_turns(await booking.turns())
        return confirmation


def sound_of(options: Options) -> Sound:
    """Return the device; or the file or words if the options name any; or silence if only keys are to be pressed.

    Raises:
        UsageError: The chosen source of sound is not available.
    """
    if options.input is not None:
        return FileSound(read_wav(options.input))
    if options.output is not None and options.press:
        return FileSound(np.zeros(0, np.int16))
    if options.say is not None:
        return FileSound(voice.decode(_spoken(options.say, options.language or "sq")))
    sound = DeviceSound(load_portaudio(), mic=options.mic, speaker=options.speaker)
    sound.check()
    return sound


def _spoken(say: str, language: str) -> bytes:
    words, code = words_of(say, language)
    return voice.speak(words, language=code, voice="customer")


def words_of(say: str, language: str) -> tuple[str, str]:
    """Return words and their language: if `say` names an intent, a phrase that the simulated model knows, else `say` itself."""
    intent, _, spoken = say.partition(" ")
    code = (spoken or language).partition("-")[0].lower()
    if code in PHRASES and intent in set(Intent):
        return phrases(Intent(intent), language=code)[0], code
    return say, language


async def _talk(options: Options, screen: Screen, sound: Sound, *, invitation: Invitation, booking: Booking | None = None) -> bool:
    """Run the stream from beginning to end; return True if the bot's side ended it."""
    playback = Playback(options.gain)
    # a person may speak at any time; only a file waits for the bot
    call = LiveCall(invitation, sound=sound, playback=playback, waits_for_agent=options.waits_for_agent, press=options.press)

    def key_pressed(key: str) -> None:
        if key == "q":
            call.hang_up()
        elif key in PHONE_KEYS:
            call.press(key)

    await call.connect()
    with keys_of_terminal(key_pressed):
        async with _beside(_draw(screen, call), _transcribe(screen, booking), _end_after(options.limit_s, call)):
            await call.run()
    _report(screen, call, sound)
    if options.output is not None:
        _save(options.output, call.tracks)
        screen.line(f"written: {options.output}", style="dim")
    return call.meter.closed_by_bot


async def _say_what_follows(booking: Booking, invitation: Invitation, screen: Screen) -> None:
    """Ask for the next TwiML, as Twilio does when a stream has ended, and print what it does."""
    if invitation.action is None:
        return
    verbs = await booking.go_on(invitation)
    if any(isinstance(verb, Gather) for verb in verbs):
        screen.line("the bridge could not finish: on a phone, the stored prompt would ask for a key now", style="yellow")
    elif verbs and isinstance(verbs[0], Hangup):
        screen.line("the bot hung up", style="dim")


@asynccontextmanager
async def _beside(*work: Any) -> AsyncIterator[None]:  # noqa: ANN401 - coroutines
    """Run these coroutines during the body, and cancel them after it."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


async def _draw(screen: Screen, call: LiveCall) -> None:
    while True:
        screen.draw(call.meter)
        await asyncio.sleep(_DRAW_EVERY_S)


async def _transcribe(screen: Screen, booking: Booking | None) -> None:
    """Print the turns that the API has so far, again and again."""
    while booking is not None:
        with suppress(httpx.HTTPError):
            screen.show_turns(await booking.turns())
        await asyncio.sleep(_ASK_EVERY_S)


async def _end_after(limit_s: float, call: LiveCall) -> None:
    await asyncio.sleep(limit_s)
    call.hang_up()


def _report(screen: Screen, call: LiveCall, sound: Sound) -> None:
    meter = call.meter
    late = np.array(meter.lateness_ms or [0.0])
    screen.line(
        f"{meter.frames} frames sent in {meter.frames * 0.02:.1f} s, each at most {np.percentile(late, 99):.1f} ms late (p99; "
        f"worst {late.max():.1f} ms); {meter.marks} marks echoed, {meter.clears} interruptions; keys: {meter.keys or 'none'}",
        style="dim",
    )
    if sound.report():
        screen.line(sound.report(), style="dim")


def _save(path: Path, tracks: Tracks) -> None:
    try:
        make_private_folder(path.parent)
        create_private(path)
        voice.write_wav(path, bytes(tracks.mine), bytes(tracks.bots))
    except OSError as error:
        raise UsageError(f"{path} can't be written ({error.strerror})") from error
