"""How a process is ended."""

import subprocess


def end_process(process: "subprocess.Popen[bytes]", *, limit_s: float) -> None:
    """End a process with SIGTERM, and with SIGKILL if it does not end in time; one that has ended is left alone."""
    process.terminate()
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
