"""docs/api.md is true: each example is run as a reader would, and its tables name what the service knows."""

import ast
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.webhook.api import validation
from services.webhook.http.problems import ProblemKind
from tests.support.php import php_with
from tests.support.sealing import SEALING_KEY
from tests.support.valkey import ValkeyServer
from tests.system.dialer_worker.processes import running
from tools.plain_http import PLAIN
from tools.ports import free_port

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text("utf-8")
KEY = "test_key-of-shopaz"
SETTINGS = {
    "API_KEYS": f"shopaz:{KEY}",
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": SEALING_KEY,
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_API_URL": "http://127.0.0.1:9",  # a test key reaches nobody
    "TWILIO_FROM_NUMBERS": "+38344000001",
}
LIMIT_S = 30
FIELD_RULES = ("services/webhook", "shared/core")
CODE_ARGUMENT = {"fault": 0, "InvalidValueError": 0, "FieldFault": 1}
NO_FIELDS = {"language_incomplete"}  # a file of shared/languages is refused at the start

Json = dict[str, Any]


def example(name: str, kind: str = "tested") -> str:
    """Return the fenced block that stands under `<!-- tested: name -->`."""
    found = re.search(rf"<!-- {kind}: {name} -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None, name
    return found[1]


@dataclass
class Reader:
    """Somebody who types the examples in, one after the other."""

    environ: dict[str, str]
    run_already: set[str] = field(default_factory=set)

    def types(self, name: str) -> str:
        self.run_already.add(name)
        done = subprocess.run(
            ["bash", "-c", example(name)], env=self.environ, check=True, capture_output=True, text=True, timeout=LIMIT_S
        )
        return done.stdout

    def reads(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.types(name))


@pytest.fixture(scope="module")
def reader(valkey_server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    valkey_server.flush()
    folder, port = tmp_path_factory.mktemp("api"), free_port()
    settings = {**SETTINGS, "REDIS_URL": valkey_server.url, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with ExitStack() as stack:
        stack.enter_context(running("services.webhook", settings, bind="WEBHOOK_BIND", folder=folder, port=port))
        stack.enter_context(running("services.dialer_worker", settings, bind="DIALER_BIND", folder=folder))
        yield Reader({**os.environ, "PUBLIC_URL": settings["PUBLIC_URL"], "API_KEY": KEY})


def test_the_examples_do_what_the_page_says(reader: Reader) -> None:
    made = reader.reads("post")
    assert (made["status"], made["order"]["id"], made["metadata"]) == ("queued", "SHP-10482", {"crm_id": "42"})
    assert reader.reads("post") == made

    reader.environ["ID"] = made["id"]
    told = [json.loads(line[6:]) for line in reader.types("follow").splitlines() if line.startswith("data: ")]
    assert [event["data"]["sequence"] for event in told] == list(range(1, len(told) + 1))
    assert told[-1]["type"] == "confirmation.finished"
    assert reader.reads("show")["outcome"] == "confirmed"
    assert reader.reads("withdraw")["code"] == "already_finished"
    assert made["id"] in {item["id"] for item in reader.reads("list")["items"]}
    assert "turns" in reader.reads("transcript") or reader.reads("transcript")["code"] == "not_found"

    assert [result["status"] for result in reader.reads("bulk")["results"]] == [202, 422]
    assert {"language", "greeting", "details", "keypad", "goodbyes", "voicemail", "next_attempt_at"} <= reader.reads(
        "preview"
    ).keys()

    answer = reader.reads("faulty")
    assert answer == json.loads(example("faulty", "answer")) | {"request_id": answer["request_id"]}

    reader.types("opt-out")
    assert [item["phone"] for item in reader.reads("opt-outs")["items"]] == ["+38344000199"]
    reader.types("opt-in")
    assert reader.reads("opt-outs")["items"] == []

    assert reader.reads("audit")["code"] == "live_key_needed", "the page is read with a test key"

    _listens(reader)
    assert reader.run_already | {"post-php"} == set(re.findall(r"<!-- tested: ([\w-]+) -->", TEXT))


def test_the_php_example_orders_once_however_often_it_runs(reader: Reader, tmp_path: Path) -> None:
    command = [php_with("curl"), str(tmp_path / "post.php")]
    (tmp_path / "post.php").write_text(example("post-php"), "utf-8")

    def run(environ: dict[str, str]) -> str:
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=LIMIT_S).stdout

    first = run(reader.environ)
    assert re.fullmatch(r"202 cnf_\w{26}\n", first)
    assert run(reader.environ) == first
    assert run({**reader.environ, "API_KEY": "none"}) == "401 unauthorized\n"


def _listens(reader: Reader) -> None:
    """The listener hears what happens from the moment on in which it is connected."""
    reader.run_already.add("listen")
    listener = subprocess.Popen([sys.executable, "-c", example("listen")], env=reader.environ, stdout=subprocess.PIPE, text=True)
    try:
        assert listener.stdout is not None
        until = time.monotonic() + LIMIT_S
        while "\nevent_streams 1.0" not in httpx.get(f"{reader.environ['PUBLIC_URL']}/metrics", verify=PLAIN).text:
            assert time.monotonic() < until
            time.sleep(0.05)
        for number, phone in ((1, "+38344000101"), (2, "+38344000102")):
            _order(reader, f"L-{number}", phone)
        heard: list[str] = []
        while sum(line.startswith("L-") and " finished " in line for line in heard) < 2:
            heard.append(listener.stdout.readline())
            assert heard[-1], "it ended"
    finally:
        listener.kill()
        listener.communicate()
    assert "L-1 finished confirmed\n" in heard
    assert "L-2 finished cancelled\n" in heard
    assert len(heard) == len(set(heard))


def _order(reader: Reader, order_id: str, phone: str) -> None:
    body: Json = {"order": {"id": order_id}, "company": "Shopaz", "customer": {"phone": phone}}
    url, headers = f"{reader.environ['PUBLIC_URL']}/v1/confirmations", {"authorization": f"Bearer {KEY}"}
    assert httpx.post(url, json=body, headers=headers).status_code == 202


def test_the_table_of_errors_is_complete() -> None:
    rows = {(int(status), code) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", TEXT, re.MULTILINE)}
    ours = {(kind.status, kind.code) for kind in ProblemKind if kind is not ProblemKind.INVALID_SIGNATURE}  # Twilio's alone
    assert rows == ours


def test_the_list_of_field_codes_is_complete() -> None:
    listed = re.search(r"^Field codes in `errors`: (.*?)\n\n", TEXT, re.MULTILINE | re.DOTALL)
    assert listed is not None
    returned = set().union(*(codes_of(path) for folder in FIELD_RULES for path in sorted((ROOT / folder).rglob("*.py"))))
    mapped = {code for code, _ in validation._WORDS.values()}
    assert set(re.findall(r"`(\w+)`", listed[1].replace("`errors`", ""))) == (returned - NO_FIELDS) | mapped | {"invalid"}


def test_a_code_is_found_in_each_way_of_raising_it(tmp_path: Path) -> None:
    ways = (
        'fault("one", "")',
        'InvalidValueError("two", "")',
        'FieldFault("/x", "three", "")',
        'fields.fault(code="four", message="")',
    )
    (tmp_path / "ways.py").write_text("\n".join(ways))
    assert codes_of(tmp_path / "ways.py") == {"one", "two", "three", "four"}


def codes_of(path: Path) -> set[str]:
    """Return the codes of faulty fields that stand in a file; a code that comes from elsewhere is only passed on in it."""
    found = set()
    for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in CODE_ARGUMENT:
            given = [one.value for one in call.keywords if one.arg == "code"] + call.args[CODE_ARGUMENT[name] :][:1]
            found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found
