"""What may be chosen, and the advice where it does not fit together."""

from pathlib import Path

import pytest

from tools.mic_client.options import Options, UsageError, environ_with_local, options_of, parse

RUNNING = {
    "PUBLIC_URL": "http://127.0.0.1:5050/",
    "API_KEYS": "shopaz:key-1,gjirafa:key-2",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "t",
}


def chosen(*arguments: str, **environ: str) -> Options:
    given = RUNNING | environ
    return options_of(parse(list(arguments), given), given)


def test_the_running_system_is_taken_from_the_settings() -> None:
    system = chosen().system

    assert system is not None
    assert (system.origin, system.api_key) == ("http://127.0.0.1:5050", "key-1")


def test_the_environment_gives_what_the_command_line_does_not() -> None:
    options = chosen("--mic", "3", MIC_DEVICE="hw:0,0", PLAYBACK_GAIN="2", WS_URL="ws://localhost:5050/media-stream")

    assert (options.mic, options.gain, options.ws_url) == ("3", 2.0, "ws://localhost:5050/media-stream")


@pytest.mark.parametrize("gain", ["0.9", "3.1", "loud", "nan"])
def test_a_gain_outside_one_to_three_is_refused(gain: str) -> None:
    with pytest.raises(UsageError, match=r"1\.0 to 3\.0"):
        chosen(PLAYBACK_GAIN=gain)


def test_without_settings_the_advice_is_to_start_run_local() -> None:
    with pytest.raises(UsageError, match="make run-local"):
        options_of(parse([], {}), {})


def test_a_direct_stream_needs_no_settings_but_an_address() -> None:
    options = options_of(parse(["--direct", "--ws-url", "ws://x/media-stream"], {}), {})

    assert options.system is None
    with pytest.raises(UsageError, match="--ws-url"):
        options_of(parse(["--direct"], {}), {})


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match=r"there is no file nowhere\.wav"):
        chosen("--input", "nowhere.wav")


def test_a_file_and_words_are_not_spoken_both(tmp_path: Path) -> None:
    file = tmp_path / "yes.wav"
    file.touch()
    with pytest.raises(UsageError, match="one of the two"):
        chosen("--input", str(file), "--say", "confirm")
    assert chosen("--say", "confirm").say == "confirm"


def test_only_keys_of_a_phone_are_pressed() -> None:
    with pytest.raises(UsageError, match="keys of a phone"):
        chosen("--press", "1x")


def test_run_locals_settings_count_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / "local.env"
    left.write_text("PUBLIC_URL=http://127.0.0.1:5051\n")
    monkeypatch.delenv("PUBLIC_URL", raising=False)

    assert environ_with_local(left)["PUBLIC_URL"] == "http://127.0.0.1:5051"


def test_a_device_named_in_dot_env_counts_beside_what_run_local_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PUBLIC_URL=https://calls.shop.example\nMIC_DEVICE=hw:1,0\n", encoding="utf-8")
    left = tmp_path / "local.env"
    left.write_text("PUBLIC_URL=http://127.0.0.1:5051\n", encoding="utf-8")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / ".env"))
    for name in ("PUBLIC_URL", "MIC_DEVICE"):
        monkeypatch.delenv(name, raising=False)

    environ = environ_with_local(left)

    assert (environ["PUBLIC_URL"], environ["MIC_DEVICE"]) == ("http://127.0.0.1:5051", "hw:1,0")


def test_secrets_may_be_in_files(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("shopaz:0123456789abcdef\n")
    environ = {name: value for name, value in RUNNING.items() if name != "API_KEYS"} | {"API_KEYS_FILE": str(tmp_path / "keys")}

    system = options_of(parse([], environ), environ).system
    assert system is not None
    assert system.api_key == "0123456789abcdef"


def test_a_secret_in_a_file_that_is_not_there_is_named() -> None:
    environ = {name: value for name, value in RUNNING.items() if name != "API_KEYS"} | {"API_KEYS_FILE": "/none"}
    with pytest.raises(UsageError, match="API_KEYS_FILE"):
        options_of(parse([], environ), environ)


def test_run_locals_keys_count_though_dot_env_names_a_file_of_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.env").write_text("API_KEYS_FILE=/none\n")
    left = tmp_path / "local.env"
    left.write_text("".join(f"{name}={value}\n" for name, value in RUNNING.items()))
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "own.env"))

    assert options_of(parse([], {}), environ_with_local(left)).system is not None
