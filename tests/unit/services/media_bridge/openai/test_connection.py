"""Where sessions come from."""

from services.media_bridge.openai.connection import ModelAddress
from services.media_bridge.openai.requests_wire import AudioSettings


def test_the_url_names_the_model_and_the_header_the_key() -> None:
    address = ModelAddress(
        url="wss://api.openai.com/v1/realtime",
        model="gpt-realtime-2.1",
        api_key="sk-x",
        audio=AudioSettings("marin"),
        ssl_context=None,
    )
    assert address.session_url == "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1"
    assert address.headers(None) == {"Authorization": "Bearer sk-x", "User-Agent": "order-confirmation-calls/1"}


def test_a_session_that_is_opened_for_a_customer_names_them() -> None:
    address = ModelAddress(
        url="wss://api.openai.com/v1/realtime", model="m", api_key="sk-x", audio=AudioSettings("marin"), ssl_context=None
    )
    assert address.headers("3f2a") == {**address.headers(None), "OpenAI-Safety-Identifier": "3f2a"}
