"""A port is given out once among all programs that ask and live."""

import socket
import subprocess
import sys

from tools.ports import free_port
from tools.stack import PROJECT


def another_program_gets(wanted: int | None) -> int:
    command = [sys.executable, "-c", f"from tools.ports import free_port; print(free_port({wanted}))"]
    return int(subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout)


def test_what_one_has_no_other_program_gets_though_nobody_listens_yet() -> None:
    port = free_port()
    assert another_program_gets(port) != port
    assert free_port(port) != port


def test_what_an_ended_program_had_is_free_again() -> None:
    port = another_program_gets(None)
    assert port > 0
    assert free_port(port) == port


def test_where_somebody_listens_another_one_is_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        assert free_port(taken) != taken
