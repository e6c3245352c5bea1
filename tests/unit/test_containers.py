"""The containers keep to one pattern, and the demo in containers is the demo."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from services.dialer_worker.settings import Settings as DialerSettings
from services.media_bridge.settings import BridgeSettings
from services.webhook.settings import WebhookSettings
from shared.settings.environ import Settings, is_secret, parse_settings, variables
from shared.settings.groups import CallingRules, DrainSettings
from tools.compose_secrets import write_secrets
from tools.demo.environment import settings as demo_settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = ("webhook", "media_bridge", "dialer_worker")
SETTINGS: dict[str, type[Settings]] = {"webhook": WebhookSettings, "media_bridge": BridgeSettings, "dialer_worker": DialerSettings}
OF_PEOPLE = {"redis-users.json", "redis_url_operator", "redis_url_crm_shopaz"}  # no container gets them
PORTS = {"webhook": "8000", "media_bridge": "8001", "dialer_worker": "8002"}
DOCKERFILES = sorted([*ROOT.glob("services/*/Dockerfile"), ROOT / "simulators" / "Dockerfile"])
EXACT = re.compile(r"[\w./-]+:\d+\.\d+\.\d+(-[a-z0-9.]+)*(@sha256:[0-9a-f]{64})?")
INSIDE_NETWORK = {"ENV_FILE", "PORT", "PUBLIC_URL", "SIGNING_SECRET", "ENCRYPTION_KEYS", "TWILIO_API_URL", "OPENAI_REALTIME_URL"}


def pattern_of(service: str) -> list[str]:
    text = (
        (ROOT / "services" / service / "Dockerfile")
        .read_text()
        .replace(" \\\n    && mkdir /recordings && chown app:app /recordings", "")
    )
    text = re.sub(r"\b[A-Z_]+_BIND\b", "BIND", text.replace(service, "NAME").replace(PORTS[service], "PORT"))
    return text.splitlines()[1:]


@pytest.mark.parametrize("service", OURS[1:])
def test_the_service_images_differ_only_in_name_and_port(service: str) -> None:
    assert pattern_of(service) == pattern_of("webhook")


def test_no_image_of_others_has_a_tag_that_moves() -> None:
    images = [container["image"] for container in COMPOSE.values() if "build" not in container]
    bases = [image for path in DOCKERFILES for image in re.findall(r"^FROM (\S+)", path.read_text(), re.MULTILINE)]

    assert len(DOCKERFILES) == len(OURS) + 1
    assert [image for image in images + bases if not image.startswith("order-calls-") and not EXACT.fullmatch(image)] == []
    assert len(set(bases)) == 1, "one Python for all"


@pytest.mark.parametrize("image", ["caddy", "caddy:latest", "caddy:2-alpine", "valkey/valkey:8.1-alpine", "a/b:1.2.3@sha256:1"])
def test_a_tag_that_moves_is_none_of_an_exact_version(image: str) -> None:
    assert not EXACT.fullmatch(image)


@pytest.mark.parametrize("service", [*OURS, "gateway", "valkey", "twilio_simulator", "openai_simulator"])
def test_a_container_can_write_nothing_and_has_no_rights_to_gain(service: str) -> None:
    container = COMPOSE[service]

    assert container["read_only"]
    assert container["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in container["security_opt"]


@pytest.mark.parametrize("service", COMPOSE)
def test_a_container_has_limits_of_memory_and_processes(service: str) -> None:
    assert re.fullmatch(r"(\$\{[A-Z]+_MEMORY:-)?\d+[mg]\}?", COMPOSE[service]["mem_limit"])
    assert 0 < COMPOSE[service]["pids_limit"] <= 512


def test_valkey_refuses_writes_before_the_engine_kills_it() -> None:
    default_gb = {
        name: int(re.findall(r":-(\d)g", text)[0])
        for name, text in {
            "limit": COMPOSE["valkey"]["mem_limit"],
            "most": " ".join(COMPOSE["valkey"]["command"]),
        }.items()
    }
    assert default_gb["most"] * 2 <= default_gb["limit"]


def test_valkey_is_durable_and_not_reachable_from_outside() -> None:
    words = COMPOSE["valkey"]["command"]

    assert dict(zip(words[1::2], words[2::2], strict=True)) == {
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--maxmemory": "${VALKEY_MAXMEMORY:-1gb}",
        "--dir": "/data",
        "--aclfile": "/run/secrets/users.acl",
    }
    assert COMPOSE["valkey"]["networks"] == ["inside"]
    assert "ports" not in COMPOSE["valkey"]


def test_a_container_is_given_longer_to_stop_than_a_call_and_a_drain_may_take() -> None:
    longest_s = max(CallingRules().call_time_limit_s, DrainSettings().drain_timeout_s)

    for service in ("media_bridge", "dialer_worker"):
        assert int(re.findall(r"\d+", COMPOSE[service]["stop_grace_period"])[0]) > longest_s


def test_what_carries_calls_stops_before_what_it_needs() -> None:
    assert "media_bridge" in COMPOSE["dialer_worker"]["depends_on"]
    assert "webhook" in COMPOSE["media_bridge"]["depends_on"]
    assert {"gateway", "valkey"} <= set(COMPOSE["webhook"]["depends_on"])


def test_the_demo_in_containers_has_the_demos_settings() -> None:
    here = dotenv_values(ROOT / "deploy" / "demo.env", interpolate=False)
    demo = demo_settings(port=5050, twilio_port=5060, openai_port=5070)

    assert {name: here.get(name) for name in demo if name not in INSIDE_NETWORK} == {
        name: value for name, value in demo.items() if name not in INSIDE_NETWORK
    }


@pytest.mark.parametrize("service", OURS)
def test_a_container_sees_the_settings_that_it_uses_and_no_others(service: str) -> None:
    used = variables(SETTINGS[service])
    given, secrets = COMPOSE[service]["environment"], COMPOSE[service]["secrets"]

    assert "env_file" not in COMPOSE[service]
    assert given.keys() == {f"{name}_FILE" if is_secret(field) else name for name, field in used.items()}
    assert {value.removeprefix("/run/secrets/") for name, value in given.items() if name.endswith("_FILE")} == set(secrets)
    assert all(value is None for name, value in given.items() if not name.endswith(("_FILE", "_BIND")))


def test_the_keys_of_others_stay_with_others() -> None:
    assert not {"api_keys", "encryption_keys"} & set(COMPOSE["media_bridge"]["secrets"])
    assert not {"api_keys", "openai_api_key"} & set(COMPOSE["dialer_worker"]["secrets"])
    assert "openai_api_key" not in COMPOSE["webhook"]["secrets"]


def test_the_files_of_secrets_are_those_of_compose(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    demo = dotenv_values(ROOT / "deploy" / "demo.env", interpolate=False)
    write_secrets({name: value or "" for name, value in demo.items()}, folder)

    files = {name: str(one["file"]) for name, one in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["secrets"].items()}
    assert files == {name: f"${{SECRETS:-./secrets}}/{name}" for name in files}
    assert {path.name for path in folder.iterdir()} == {*files, *OF_PEOPLE}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "redis_url_media_bridge").read_text().startswith("redis://bridge:")


def test_secrets_that_are_in_files_already_are_copied_too(tmp_path: Path) -> None:
    demo = {name: value or "" for name, value in dotenv_values(ROOT / "deploy" / "demo.env", interpolate=False).items()}
    kept = tmp_path / "kept"
    kept.write_text(demo.pop("API_KEYS") + "\n")
    write_secrets({**demo, "API_KEYS_FILE": str(kept)}, tmp_path / "secrets")

    assert (tmp_path / "secrets" / "api_keys").read_text() == "shopaz:demo-key-of-shopaz"
    assert "user crm_shopaz on" in (tmp_path / "secrets" / "users.acl").read_text()


@pytest.mark.parametrize("service", OURS)
def test_a_service_starts_with_what_its_container_is_given(service: str, tmp_path: Path) -> None:
    demo = {name: value or "" for name, value in dotenv_values(ROOT / "deploy" / "demo.env", interpolate=False).items()}
    write_secrets(demo, tmp_path)
    given = COMPOSE[service]["environment"].items()
    environ = {name: (demo.get(name, "") if value is None else value) for name, value in given}

    made = parse_settings(
        SETTINGS[service], {name: value.replace("/run/secrets", str(tmp_path)) for name, value in environ.items()}
    )
    assert getattr(made, "public_url", "") == "http://gateway:5050"
