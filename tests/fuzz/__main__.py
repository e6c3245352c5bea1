"""`python -m tests.fuzz [TARGET ...] [--seconds S]`: fuzzes targets one after the other, guided by coverage (atheris).

What it learns is kept in var/fuzz/TARGET/ for the next run. It stops at the first fault of a target, and names the file with the
input: copy that to tests/fuzz/corpus/TARGET/ under a name that says what it is, which makes it a failing test.
"""

import argparse
import importlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.target import CORPUS, Target

_FOUND = Path("var/fuzz")
_LONGEST_RUN_S = 5  # of one input
_MOST_BYTES = 65_536
_MOST_MEMORY_MB = 2_048
_INSTRUMENTED = ["services", "shared", "json", "urllib", "html", "ipaddress", "itsdangerous", "starlette"]
_NOT_HERE = "fuzz: atheris is not here (it has wheels for Linux on x86-64 only); `make test` plays the same targets with hypothesis"
_WORD = re.compile(rb"[A-Za-z_.:-]{3,40}")


def main() -> int:
    """Fuzz the targets that are named, all if none is; return the exit code."""
    names = sorted(path.name for path in CORPUS.iterdir())
    parser = argparse.ArgumentParser(prog="tests.fuzz", description="Fuzz the parsers at the doors, guided by coverage.")
    parser.add_argument("target", nargs="*", help=f"one of {', '.join(names)}; all if none is named")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default 600)")
    wanted = parser.parse_args()
    if unknown := sorted(set(wanted.target) - set(names)):
        parser.error(f"no target is called {', '.join(unknown)}; there are {', '.join(names)}")
    if find_spec("atheris") is None:
        sys.stderr.write(f"{_NOT_HERE}\n")
        return 1
    if len(wanted.target) == 1:
        return fuzz(wanted.target[0], wanted.seconds)
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", str(wanted.seconds)]
    return max(subprocess.run([*command, name], check=False).returncode for name in wanted.target or names)


def fuzz(name: str, seconds: int) -> int:
    """Fuzz one target; the fuzzer ends the process."""
    import atheris  # noqa: PLC0415 - installed for this alone

    with atheris.instrument_imports(include=_INSTRUMENTED):
        target: Target = importlib.import_module("tests.fuzz.targets").TARGETS[name]
    folder = _FOUND / name
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    words = sorted({word for data in target.samples().values() for word in _WORD.findall(data)})
    dictionary = folder / "words.dict"
    dictionary.write_text("".join(f'"{word.decode()}"\n' for word in words), "utf-8")
    limits = [
        f"-max_total_time={seconds}",
        f"-timeout={_LONGEST_RUN_S}",
        f"-max_len={_MOST_BYTES}",
        f"-rss_limit_mb={_MOST_MEMORY_MB}",
    ]
    files = [f"-dict={dictionary}", f"-artifact_prefix={folder}/", str(folder / "corpus"), str(CORPUS / name)]
    sys.stdout.write(f"fuzz: {name} for {seconds} s; a fault is written to {folder}/\n")
    sys.stdout.flush()
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", *files], target.run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
