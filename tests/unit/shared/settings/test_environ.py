"""Settings are made of the environment, or all its faults are reported."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr, ValidationError

from shared.settings.environ import Settings, SettingsError, load_settings, parse_settings, read_environ, variables


class Example(Settings):
    origin: str = Field(examples=["https://a.example"])
    token: SecretStr = Field(examples=["t0k3n"])
    keys: str = Field("none", repr=False)
    count: Annotated[int, Field(ge=1)] = Field(3, examples=["3"])


GOOD = {"ORIGIN": "https://shop.example", "TOKEN": "very-secret"}


def fault_of(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_settings(Example, environ)
    return str(caught.value)


def test_variables_become_fields() -> None:
    settings = parse_settings(Example, GOOD | {"COUNT": "7", "OTHER": "x"})

    assert (settings.origin, settings.token.get_secret_value(), settings.count) == (
        "https://shop.example",
        "very-secret",
        7,
    )


def test_an_empty_variable_counts_as_absent() -> None:
    assert parse_settings(Example, GOOD | {"COUNT": " "}).count == 3
    assert "ORIGIN is missing" in fault_of(GOOD | {"ORIGIN": ""})


def test_all_faults_are_in_one_line_each_with_an_example() -> None:
    text = fault_of({"COUNT": "0", "TOKEN": "x"})

    assert text == (
        "wrong settings: COUNT is wrong: it should be greater than or equal to 1, for example COUNT=3; "
        "ORIGIN is missing, for example ORIGIN=https://a.example"
    )


def test_a_fault_never_repeats_the_value() -> None:
    assert "sk-live" not in fault_of(GOOD | {"COUNT": "sk-live-123"})


@pytest.mark.parametrize("value", ["CHANGE-ME", "https://CHANGE-ME.example", "ACCHANGEME", "shop:change_me_please"])
def test_a_placeholder_is_refused_wherever_it_stands(value: str) -> None:
    assert fault_of(GOOD | {"ORIGIN": value}) == (
        "wrong settings: ORIGIN is a placeholder that everybody can read: write a value of your own instead, "
        "for example ORIGIN=https://a.example"
    )


def test_a_placeholder_in_a_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("CHANGE-ME\n")

    assert "TOKEN is a placeholder" in fault_of({"ORIGIN": "x", "TOKEN_FILE": str(tmp_path / "token")})


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        parse_settings(Example, GOOD).count = 4  # type: ignore[misc]  # what the test is about


def test_secrets_are_not_shown() -> None:
    shown = repr(parse_settings(Example, GOOD | {"KEYS": "shop:key"}))

    assert "very-secret" not in shown
    assert "shop:key" not in shown


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-the-file\n")

    settings = parse_settings(Example, {"ORIGIN": "x", "TOKEN_FILE": str(tmp_path / "token")})

    assert settings.token.get_secret_value() == "from-the-file"


def test_an_unreadable_secret_file_is_a_fault() -> None:
    assert "TOKEN can't be read: TOKEN_FILE names a file that gives FileNotFoundError" in fault_of(
        {"ORIGIN": "x", "TOKEN_FILE": "/nowhere/token"}
    )


def test_a_secret_given_twice_is_a_fault() -> None:
    assert "TOKEN and TOKEN_FILE are both set" in fault_of(GOOD | {"TOKEN_FILE": "/run/secrets/token"})


def test_only_a_secret_may_come_from_a_file() -> None:
    assert "ORIGIN is missing" in fault_of({"TOKEN": "x", "ORIGIN_FILE": "/etc/hostname"})


def test_variables_names_each_variable_that_is_read() -> None:
    assert list(variables(Example)) == ["ORIGIN", "TOKEN", "KEYS", "COUNT"]


def test_the_environment_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ENV_FILE", raising=False)
    (tmp_path / ".env").write_text("ORIGIN=file\nTOKEN='pa$$word'\nBARE\n")
    monkeypatch.setenv("ORIGIN", "environment")

    environ = read_environ()

    assert (environ["ORIGIN"], environ["TOKEN"]) == ("environment", "pa$$word")
    assert "BARE" not in environ


def test_an_empty_env_file_variable_reads_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ONLY_IN_THE_FILE=1\n")
    monkeypatch.setenv("ENV_FILE", "")

    assert "ONLY_IN_THE_FILE" not in read_environ()


def test_a_wrong_environment_ends_the_start_with_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENV_FILE", "")
    for name in variables(Example):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SystemExit) as caught:
        load_settings(Example)

    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
