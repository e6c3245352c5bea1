"""The house rules see each breach, and leave what is allowed alone."""

import pytest

from tools.checks.house_rules import MAX_ATTRIBUTES, MAX_LINES, MAX_TEST_LINES, breaches


def rules(source: str, *, path: str = "services/webhook/app.py") -> list[str]:
    return [breach.rule for breach in breaches(path, f'"""A module."""\n{source}\n')]


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("# TODO later", "TODO"),
        ("try:\n    f()\nexcept Exception:\n    pass", "narrowest"),
        ("try:\n    f()\nexcept:\n    pass", "narrowest"),
        ("try:\n    f()\nexcept (OSError, BaseException):\n    pass", "narrowest"),
        ("import asyncio\nasyncio.create_task(f())", "TaskGroup"),
        ("import asyncio\nasyncio.get_running_loop().create_task(f())", "TaskGroup"),
        ("from asyncio import create_task", "TaskGroup"),
        ("from unittest.mock import patch", "mock.patch"),
        ("from unittest import mock", "mock.patch"),
        ("from simulators.speech.voice import speak", "product"),
        ("import tests", "product"),
        ("from typing import Any\ndef f(body: dict[str, Any]) -> None: ...", "`Any`"),
        ("from typing import Any\ndef f(body: Any) -> None: ...  # noqa: ANN401", "`Any`"),
    ],
)
def test_a_breach_is_named(source: str, part: str) -> None:
    found = rules(source)

    assert len(found) == 1
    assert part in found[0]


@pytest.mark.parametrize(
    "source",
    [
        "# TODO #12: ask the vendor",
        "text = '# TODO later'",
        "try:\n    f()\nexcept BaseException:\n    undo()\n    raise",
        "import asyncio\ntask = asyncio.create_task(f())  # owned: by its caller, awaited in close()",
        "try:\n    f()\nexcept Exception:  # outermost: one bad job must not end the worker\n    pass",
        "try:\n    f()\nexcept (OSError, ValueError):\n    pass",
        "async with asyncio.TaskGroup() as group:\n    group.create_task(f())",
        "now = datetime.now(UTC)",
        "from typing import Any\nJson = dict[str, Any]  # Any: a body that nobody has checked yet",
        "from typing import Any\ndef f(body: Any) -> None: ...  # noqa: ANN401 - the package has no types",
    ],
)
def test_what_is_allowed_passes(source: str) -> None:
    assert rules(source) == []


@pytest.mark.parametrize("path", ["shared/core/order.py", "services/media_bridge/twilio/stream_wire.py"])
def test_a_pure_file_reads_no_clock(path: str) -> None:
    assert rules("now = datetime.datetime.now(UTC)", path=path) == ["a pure file reads no clock: take `now` as an argument"]


def test_a_pure_file_opens_no_url() -> None:
    assert rules("from urllib.request import urlopen", path="shared/core/x.py") == [
        "a pure file opens no URL: of urllib it uses `urllib.parse` alone"
    ]
    assert rules("from urllib.parse import urlsplit", path="shared/core/x.py") == []


def test_a_module_without_docstring_is_named() -> None:
    assert [breach.rule for breach in breaches("tools/x.py", "x = 1\n")] == ["a module says its duty in a docstring"]


@pytest.mark.parametrize(("path", "limit"), [("services/a.py", MAX_LINES), ("tests/unit/test_a.py", MAX_TEST_LINES)])
def test_a_long_file_is_named(path: str, limit: int) -> None:
    assert rules("\n".join(["x = 1"] * (limit - 1)), path=path) == []
    assert "at most" in rules("\n".join(["x = 1"] * limit), path=path)[0]


def test_tools_may_import_the_product() -> None:
    assert rules("from services.webhook import app", path="tools/doctor.py") == []


def assigning(count: int) -> str:
    return "class Call:\n    def __init__(self) -> None:\n" + "".join(f"        self.a{number} = 0\n" for number in range(count))


def test_a_class_with_too_many_attributes_is_named() -> None:
    assert rules(assigning(MAX_ATTRIBUTES)) == []
    assert rules(assigning(MAX_ATTRIBUTES + 1)) == ["a class has at most 15 attributes, Call has 16: split it by owner"]


def record(count: int, *, method: str) -> str:
    fields = "".join(f"    a{number}: int = 0\n" for number in range(count))
    return f"@dataclass(slots=True)\nclass Row:\n{fields}    def change(self) -> None:\n        {method}\n"


def test_a_dataclass_counts_as_soon_as_it_changes_itself() -> None:
    assert rules(record(20, method="return self.a1")) == []
    assert rules(record(20, method="self.a1 = 2")) == ["a class has at most 15 attributes, Row has 20: split it by owner"]
    assert rules(record(15, method="self.a1 = 2")) == []
