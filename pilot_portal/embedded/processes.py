"""Child processes that end when we end."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)
Farewell = tuple[tuple[signal.Signals, float], ...]  # ask by this signal, wait so many seconds, then ask by the next


class CannotStart(Exception):
    """One sentence: what is wrong, and what to do."""


def spawn(
    command: Sequence[str],
    log: Path,
    *,
    farewell: Farewell,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stderr: int | IO[bytes] = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, which gets the first signal of `farewell` when we die, however we die."""
    parent = os.getpid()

    def follow() -> None:
        libc.prctl(PR_SET_PDEATHSIG, farewell[0][0])
        if os.getppid() != parent:  # we died between fork and prctl
            os._exit(1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=stderr,
            cwd=cwd,
            env=env,
            start_new_session=True,
            preexec_fn=follow,  # noqa: PLW1509 - unsafe beside threads only, and our callers have none yet
        )


def stop(process: subprocess.Popen[bytes], farewell: Farewell) -> None:
    """Ask as `farewell` says, then end its whole group."""
    for number, patience in farewell:
        deadline = time.monotonic() + patience
        if process.poll() is None:
            process.send_signal(number)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # the usual case: all have gone
    process.wait()


def tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


class Program:
    """A process that may be started again."""

    name: str
    log: Path
    farewell: Farewell
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        raise NotImplementedError

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.send_signal(self.farewell[0][0])

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, self.farewell)


def wait_until(answers: Callable[[], bool], program: Program) -> None:
    deadline = time.monotonic() + 60
    while not answers():
        if program.has_ended() or time.monotonic() > deadline:
            raise CannotStart(f"{program.name} did not start; {program.log} ends with:\n{tail(program.log)}")
        time.sleep(0.03)
