"""The softphone in a real browser against the real processes: confirmed by voice, and by key."""

from pathlib import Path

import pytest
from playwright.async_api import Page, Request, expect

from simulators.speech import voice
from simulators.speech.phrases import Intent, phrases
from tests.browser.conftest import OpenPage
from tests.support.simulators.run_local import RunLocal

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(240)]

CALL_LIMIT_MS = 90_000


def microphone(folder: Path, words: str) -> Path:
    """A file that the browser repeats: the words, and nine seconds of a quiet room around them."""
    path = folder / "microphone.wav"
    spoken = voice.speak(words, voice="customer") if words else b""
    voice.write_wav(path, voice.SILENCE * 8 * 7000 + spoken + voice.SILENCE * 8 * 2000, b"")
    return path


async def call(page: Page, system: RunLocal, query: str = "") -> None:
    await page.goto(f"{system.softphone}{query}")
    await page.get_by_role("button", name="Call").click()
    await expect(page.get_by_role("status")).to_contain_text("In the call", timeout=15_000)


@pytest.mark.parametrize("query", ["?raw", "?raw&rate=native"], ids=["8 kHz", "resampled"])
async def test_a_voice_confirms(run_local: RunLocal, open_page: OpenPage, tmp_path: Path, query: str) -> None:
    async with open_page(microphone(tmp_path, phrases(Intent.CONFIRM)[0])) as page:
        await call(page, run_local, query)

        await expect(page.get_by_role("status")).to_contain_text("Outcome: confirmed, by voice", timeout=CALL_LIMIT_MS)
        transcript = page.locator("#transcript")
        await expect(transcript).to_contain_text("Bot: ")
        await expect(transcript).to_contain_text("You: Po, e konfirmoj porosinë.")


async def test_a_key_confirms(run_local: RunLocal, open_page: OpenPage, tmp_path: Path) -> None:
    async with open_page(microphone(tmp_path, "")) as page:
        await call(page, run_local)
        await expect(page.locator("#speaker")).to_have_text("the bot", timeout=15_000)

        await page.get_by_role("button", name="1 confirm").click()

        await expect(page.get_by_role("status")).to_contain_text("Outcome: confirmed, by keypad", timeout=CALL_LIMIT_MS)


async def test_who_hangs_up_undecided_is_phoned_by_nobody(run_local: RunLocal, open_page: OpenPage, tmp_path: Path) -> None:
    async with open_page(microphone(tmp_path, "")) as page:
        await call(page, run_local)
        await page.get_by_role("button", name="Hang up").click()

        await expect(page.get_by_role("status")).to_contain_text("You hung up. Outcome: none", timeout=CALL_LIMIT_MS)


async def test_the_page_asks_nobody_else_and_breaks_no_rule_of_its_own(
    run_local: RunLocal, open_page: OpenPage, tmp_path: Path
) -> None:
    asked: list[str] = []
    complaints: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    async with open_page(microphone(tmp_path, "")) as page:
        page.on("request", note)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        await call(page, run_local)
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.get_by_role("status")).to_contain_text("Outcome", timeout=CALL_LIMIT_MS)

    assert all(url.startswith((run_local.softphone.removesuffix("/softphone"), "data:")) for url in asked), asked
    assert complaints == []


async def test_each_control_has_a_name_and_can_be_reached_by_keyboard(
    run_local: RunLocal, open_page: OpenPage, tmp_path: Path
) -> None:
    async with open_page(microphone(tmp_path, "")) as page:
        await page.goto(run_local.softphone)

        for label in ("Language", "You", "Bot", "Volume"):
            await expect(page.get_by_label(label, exact=True)).to_have_count(1)
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("Language")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("In the call", timeout=15_000)
        await page.keyboard.press("1")

        await expect(page.get_by_role("status")).to_contain_text("Outcome: confirmed, by keypad", timeout=CALL_LIMIT_MS)
