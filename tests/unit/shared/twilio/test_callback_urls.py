"""The URLs that Twilio is given."""

from shared.twilio.callback_urls import CallbackUrls

URLS = CallbackUrls("https://calls.shop.example")


def test_urls_of_an_attempt_name_it_and_ask_for_repeats() -> None:
    url = URLS.status("cnf_1", "att_1")
    assert url.startswith("https://calls.shop.example/twilio/status/cnf_1/att_1#")
    assert "rp=5xx,ct,rt" in url
    paths = {kind("cnf_1", "att_1").split("#")[0].split("/")[4] for kind in
             (URLS.status, URLS.amd, URLS.after_stream, URLS.keypad, URLS.silence)}  # fmt: skip
    assert paths == {"status", "amd", "after-stream", "keypad", "silence"}
    pressed = URLS.after_disclosure("cnf_1", "att_1", "2")
    assert pressed.startswith("https://calls.shop.example/twilio/after-disclosure/2/cnf_1/att_1#")


def test_repeats_fit_into_the_time_that_twilio_gives_a_request() -> None:
    overrides = dict(part.split("=") for part in URLS.incoming.split("#")[1].split("&"))
    assert (int(overrides["rc"]) + 1) * int(overrides["rt"]) <= 15_000


def test_the_stream_is_a_websocket_without_a_query() -> None:
    assert URLS.stream == "wss://calls.shop.example/media-stream"
    assert CallbackUrls("http://127.0.0.1:5050").stream == "ws://127.0.0.1:5050/media-stream"


def test_what_the_twilio_console_is_told() -> None:
    assert URLS.incoming.startswith("https://calls.shop.example/incoming-call#")
    assert URLS.incoming_status.startswith("https://calls.shop.example/twilio/incoming-status#")
    assert URLS.prompt("sq", "keypad") == "https://calls.shop.example/prompts/sq/keypad.wav"
