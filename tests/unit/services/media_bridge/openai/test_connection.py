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
    assert address.headers == {"Authorization": "Bearer sk-x"}
