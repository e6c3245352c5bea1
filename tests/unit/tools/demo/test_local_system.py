"""What `make run-local` takes from its user and leaves for `make mic`."""

import stat
from pathlib import Path

from tools.demo.environment import settings
from tools.demo.local_system import LOCAL_ENV, leave_settings, own_model

REAL = {"OPENAI_REALTIME_URL": "wss://api.openai.com/v1/realtime", "OPENAI_API_KEY": "sk-real", "PATH": "/bin"}


def test_a_model_of_ones_own_takes_the_simulators_place_by_its_url() -> None:
    assert own_model(REAL) == {name: REAL[name] for name in ("OPENAI_REALTIME_URL", "OPENAI_API_KEY")}


def test_a_key_alone_does_not_send_the_demo_to_openai() -> None:
    assert own_model({"OPENAI_API_KEY": "sk-real"}) == {}


def test_what_it_leaves_is_for_this_user_and_holds_no_key_of_openai(tmp_path: Path) -> None:
    leave_settings(tmp_path, settings(port=1, twilio_port=2, openai_port=3) | REAL)

    left = tmp_path / LOCAL_ENV
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert "PUBLIC_URL=http://127.0.0.1:1\n" in left.read_text()
    assert "sk-real" not in left.read_text()
