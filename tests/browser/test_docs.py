"""The API's page in a real browser without a network: it shows all operations, lets one try them, and asks nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, Route, expect

from tests.browser.conftest import OpenPage
from tests.support.valkey import ValkeyServer
from tests.support.webhook.process import running_webhook
from tests.support.webhook.service import KEY

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(120)]

LIMIT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Site:
    """A running service and how many operations it describes."""

    origin: str
    operations: int


@pytest.fixture(scope="module")
def site(valkey_server: ValkeyServer) -> Iterator[Site]:
    with running_webhook(valkey_server.url) as (_, client):
        paths = client.get("/openapi.json").json()["paths"]
        yield Site(str(client.base_url), sum(len(operations) for operations in paths.values()))


class Watch:
    """What a page asks for, and what it complains about; whatever is not ours gets no answer."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.foreign: list[str] = []
        self.complaints: list[str] = []

    async def over(self, page: Page) -> None:
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)
        await page.route("**/*", self._answer)

    async def _answer(self, route: Route) -> None:
        if route.request.url.startswith(self.origin):
            await route.continue_()
        else:
            self.foreign.append(route.request.url)
            await route.abort()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _failed(self, request: Request) -> None:
        self.complaints.append(f"no answer: {request.url}")


async def test_the_page_works_without_a_network(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    watch = Watch(site.origin)
    async with open_page(tmp_path / "no-microphone.wav") as page:
        await watch.over(page)
        await page.goto(f"{site.origin}/docs")
        await expect(page.locator(".opblock")).to_have_count(site.operations, timeout=LIMIT_MS)

        await page.locator("#operations-Confirmations-createConfirmation").get_by_role("button").first.click()
        await expect(page.get_by_text("SHP-10482").first).to_be_visible(timeout=LIMIT_MS)
    assert watch.foreign == []
    assert watch.complaints == []


async def test_an_order_can_be_looked_up_on_the_page(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    watch = Watch(site.origin)
    async with open_page(tmp_path / "no-microphone.wav") as page:
        await watch.over(page)
        await page.goto(f"{site.origin}/docs")
        await page.get_by_role("button", name="Authorize").first.click(timeout=LIMIT_MS)
        await page.locator(".auth-container input").fill(KEY)
        await page.locator(".auth-btn-wrapper").get_by_role("button", name="Apply credentials").click()
        await page.locator(".auth-btn-wrapper").get_by_role("button", name="Close").click()
        operation = page.locator("#operations-Confirmations-listConfirmations")
        await operation.get_by_role("button").first.click()
        await operation.get_by_role("button", name="Try it out").click()
        await operation.get_by_role("button", name="Execute").click()
        await expect(operation.locator(".live-responses-table").get_by_text("next_cursor")).to_be_visible(timeout=LIMIT_MS)
    assert watch.foreign == []
    assert watch.complaints == []
