"""Child processes that end when we end."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


class CannotStart(Exception):
    """One sentence: what is wrong, and what to do."""


def spawn(command: Sequence[str], log: Path, *, farewell: int, **options) -> subprocess.Popen:
    """Start a process in a session of its own that gets the signal `farewell` when we die, however we die."""
    parent = os.getpid()

    def follow() -> None:
        libc.prctl(PR_SET_PDEATHSIG, farewell)
        if os.getppid() != parent:  # we died between fork and prctl
            os._exit(1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with log.open("ab") as output:
        # preexec_fn is unsafe beside threads only, and our callers have none yet
        return subprocess.Popen(command, stdout=output, start_new_session=True, preexec_fn=follow, **streams, **options)  # noqa: PLW1509


def stop(process: subprocess.Popen, farewell: int, patience: float) -> None:
    """Ask, wait up to `patience` seconds, then end its whole group."""
    if process.poll() is None:
        process.send_signal(farewell)
    deadline = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # the usual case: all have gone
    process.wait()


def tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def wait_until(answers: Callable[[], bool], service: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"{service} did not start; {log} ends with:\n{tail(log)}")
        time.sleep(0.03)
