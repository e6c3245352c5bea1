"""The Twilio simulator's REST API: the official client works, and every misuse gets Twilio's own answer."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.support.simulators.twilio import ACCOUNT, ARTA, SHOP, TOKEN, FarEnd, TwilioSimulator, eventually, running_twilio
from tools.plain_http import PLAIN

QUIET = "<Response><Pause length='60'/></Response>"


@pytest.fixture(scope="module")
def twilio_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioSimulator]:
    with running_twilio(tmp_path_factory.mktemp("wav"), "--from-numbers", SHOP) as running:
        yield running


@pytest.fixture
def client(twilio: TwilioSimulator) -> Iterator[Client]:
    client = twilio.client()
    yield client
    client.http_client.session.close()


def test_the_official_client_creates_fetches_updates_and_lists(twilio: TwilioSimulator, client: Client) -> None:
    twilio.script(ARTA, "no_answer")

    created = client.calls.create(
        to=ARTA, from_=SHOP, twiml=QUIET, timeout=25, time_limit=180, machine_detection="Enable", async_amd="true",
        async_amd_status_callback="https://h.example/amd",
    )  # fmt: skip

    assert created.sid.startswith("CA")
    assert len(created.sid) == 34
    assert (created.status, created.direction, created.start_time, created.price) == ("queued", "outbound-api", None, None)
    assert created.date_created.tzinfo is not None
    assert client.calls(created.sid).fetch().to == ARTA
    assert [call.sid for call in client.calls.list(to=ARTA)] == [created.sid]
    assert client.calls(created.sid).update(status="canceled").sid == created.sid


def test_the_official_client_reads_all_pages_newest_first(twilio: TwilioSimulator, client: Client) -> None:
    sids = [client.calls.create(to=ARTA, from_=SHOP, twiml=QUIET).sid for _ in range(7)]

    assert [call.sid for call in client.calls.list(to=ARTA, page_size=3)] == sids[::-1]
    page = twilio.rest("GET", "/Calls.json?PageSize=3&To=%2B38344123456").json()
    assert set(page) == {
        *("calls", "page", "page_size", "start", "end", "uri"),
        *("first_page_uri", "previous_page_uri", "next_page_uri"),
    }
    assert page["next_page_uri"].startswith(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?")


async def test_the_list_filters_as_twilio_does(twilio: TwilioSimulator, client: Client) -> None:
    twilio.script(ARTA, {"busy": 0})
    call = twilio.create(Twiml=QUIET)
    await twilio.ended(call["sid"])
    now = datetime.now(UTC)

    def sids(**filters: object) -> list[str]:
        return [found.sid for found in client.calls.list(**filters)]

    assert sids(status="busy", from_=SHOP, start_time=now, end_time_after=now - timedelta(days=1)) == [call["sid"]]
    assert sids(status="completed") == sids(to=SHOP) == sids(start_time_before=now) == sids(parent_call_sid="CA1") == []


async def test_a_finished_call_has_its_times_duration_and_later_its_price(twilio: TwilioSimulator, client: Client) -> None:
    twilio.script(ARTA, {"answer": {"ring_s": 0.5, "steps": [{"pause": 0.2}, "hang_up"]}})
    sid = twilio.create(Twiml=QUIET)["sid"]
    await twilio.ended(sid)

    call = client.calls(sid).fetch()

    assert (call.status, call.duration) == ("completed", "1")
    assert call.end_time >= call.start_time
    assert await eventually(lambda: client.calls(sid).fetch().price) == "-0.05000"


@pytest.mark.parametrize("auth", [(ACCOUNT, "wrong"), ("AC" + "1" * 32, "wrong"), (ACCOUNT, "")])
def test_a_wrong_token_is_20003(twilio: TwilioSimulator, auth: tuple[str, str]) -> None:
    answer = twilio.rest("GET", "/Calls.json", auth=auth)

    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("api.twilio.com", 200),
        ("api.frankfurt.us1.twilio.com", 200),
        ("api.dublin.ie1.twilio.com", 401),
        ("api.au1.twilio.com", 401),
        ("twilio.shop.example", 200),
    ],
)
def test_the_token_of_one_region_is_refused_at_the_host_of_another(twilio: TwilioSimulator, host: str, status: int) -> None:
    url = f"{twilio.origin}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    answer = httpx.get(url, auth=(ACCOUNT, TOKEN), headers={"Host": host}, verify=PLAIN)
    assert (answer.status_code, answer.json().get("code")) == (status, 20003 if status == 401 else None)


def test_the_official_client_raises_twilios_codes(twilio: TwilioSimulator, client: Client) -> None:
    for change, code in [({"to": "044123"}, 21211), ({"from_": "+38344999999"}, 21210), ({"twiml": "x" * 4001}, 32018)]:
        with pytest.raises(TwilioRestException) as refused:
            client.calls.create(**({"to": ARTA, "from_": SHOP, "twiml": QUIET} | change))
        assert (refused.value.status, refused.value.code) == (400, code)
    with pytest.raises(TwilioRestException) as missing:
        client.calls("CA" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_the_account_and_its_numbers_can_be_looked_at(twilio: TwilioSimulator, client: Client) -> None:
    assert client.api.accounts(ACCOUNT).fetch().status == "active"
    assert [number.phone_number for number in client.incoming_phone_numbers.list()] == [SHOP]


async def test_an_update_fits_the_state_or_is_21220(twilio: TwilioSimulator, client: Client) -> None:
    twilio.script(ARTA, "no_answer", {"answer": {"ring_s": 0}})
    ringing = client.calls.create(to=ARTA, from_=SHOP, twiml=QUIET)
    await eventually(lambda: ringing.fetch().status == "ringing")
    with pytest.raises(TwilioRestException) as early:
        ringing.update(twiml=QUIET)
    assert early.value.code == 21220
    ringing.update(status="canceled")
    assert (await twilio.ended(ringing.sid))["status"] == "canceled"
    with pytest.raises(TwilioRestException) as late:
        ringing.update(status="completed")
    assert (late.value.status, late.value.code) == (400, 21220)

    talking = client.calls.create(to=ARTA, from_=SHOP, twiml=QUIET)
    await eventually(lambda: talking.fetch().status == "in-progress")
    assert talking.update(status="canceled").status == "in-progress"
    talking.update(status="completed")
    assert (await twilio.ended(talking.sid))["end_reason"] == "hung_up_by_rest"


def test_a_slow_account_queues_and_a_queued_call_has_no_start(tmp_path: Path, far: FarEnd) -> None:
    with running_twilio(tmp_path, "--calls-per-second", "0.02") as slow:
        slow.create(Twiml=QUIET)
        time.sleep(0.2)
        waiting = slow.create(Twiml=QUIET, StatusCallback=far.origin + "/s", To="+38344123457")

        assert (waiting["status"], waiting["start_time"]) == ("queued", None)
        assert int(waiting["queue_time"]) > 3000
        assert slow.rest("POST", f"/Calls/{waiting['sid']}.json", data={"Status": "canceled"}).json()["status"] == "canceled"
        time.sleep(0.2)
        assert far.received == []


async def test_faults_of_a_create(twilio: TwilioSimulator) -> None:
    def place(limit_s: float = 10) -> httpx.Response:
        return twilio.rest("POST", "/Calls.json", data={"To": ARTA, "From": SHOP, "Twiml": QUIET}, timeout_s=limit_s)

    def placed() -> int:
        return int(twilio.admin("GET", "/calls")["total"])

    async def becomes(total: int) -> None:
        await eventually(lambda: placed() == total)

    twilio.faults({"fault": "create_429", "next": 1}, {"fault": "create_500_refused", "next": 1})
    assert [(answer := place()).status_code, answer.json()["code"]] == [429, 20429]
    assert [place().status_code, placed()] == [500, 0]
    twilio.faults({"fault": "create_refused", "next": 1, "code": 21215})
    assert [(answer := place()).status_code, answer.json()["code"], placed()] == [400, 21215, 0]
    twilio.faults({"fault": "create_500_accepted", "next": 1})
    assert [place().status_code, placed()] == [500, 1]
    for kind, total in (("create_silent_accepted", 2), ("create_silent_refused", 2)):
        twilio.faults({"fault": kind, "next": 1, "delay_s": 30})
        with pytest.raises(httpx.ReadTimeout):
            place(limit_s=0.6)
        await becomes(total)
    twilio.faults({"fault": "create_slow", "next": 1, "delay_s": 4})
    with pytest.raises(httpx.ReadTimeout):
        place(limit_s=0.6)
    assert placed() == 2
    await becomes(3)


async def test_a_new_call_may_be_missing_for_a_while(twilio: TwilioSimulator) -> None:
    twilio.faults({"fault": "list_lag", "delay_s": 3})
    sid = twilio.create(Twiml=QUIET)["sid"]

    assert twilio.rest("GET", "/Calls.json").json()["calls"] == []
    assert twilio.rest("GET", f"/Calls/{sid}.json").status_code == 404
    await eventually(lambda: twilio.rest("GET", f"/Calls/{sid}.json").status_code == 200)


def test_callbacks_may_come_before_the_answer(twilio: TwilioSimulator, far: FarEnd) -> None:
    twilio.faults({"fault": "callback_before_answer", "next": 1})

    sid = twilio.create(Twiml=QUIET, StatusCallback=far.origin + "/s", StatusCallbackEvent="initiated")["sid"]

    assert [one.form["CallSid"] for one in far.at("/s")] == [sid]


def test_reads_and_updates_may_fail(twilio: TwilioSimulator) -> None:
    sid = twilio.create(Twiml=QUIET)["sid"]
    twilio.faults({"fault": "rest_429", "next": 1}, {"fault": "rest_500", "next": 1})

    answers = [twilio.rest("GET", f"/Calls/{sid}.json").status_code for _ in range(3)]

    assert answers == [429, 500, 200]


def test_the_ledger_keeps_every_request(twilio: TwilioSimulator) -> None:
    twilio.create(Twiml=QUIET, Timeout="25")
    twilio.rest("POST", "/Calls.json", data={"From": SHOP})

    first, second = twilio.admin("GET", "/requests")["requests"]

    assert (first["status"], first["parameters"]["Timeout"]) == (201, ["25"])
    assert (second["status"], second["code"]) == (400, 21201)
