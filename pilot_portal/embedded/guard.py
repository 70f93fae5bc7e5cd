"""Runs a command and, when it ends or is killed, ends whatever it started: `python3 guard.py COMMAND…`. Needs nothing but Python."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 10  # seconds that orphans have to end when asked


def main() -> int:
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans of the command become our children
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        os.setsid()  # Ctrl-C reaches us alone, and we pass it on
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != guard:
            os._exit(1)
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - running it is what we are for
    for number in SIGNALS:
        signal.signal(number, lambda number, _frame: os.kill(child, number))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    clear_away()
    return code if code >= 0 else 128 - code


def clear_away() -> None:
    deadline = time.monotonic() + GRACE
    told: set[int] = set()
    while left := set(children()):
        for pid in left if time.monotonic() >= deadline else left - told:
            os.kill(pid, signal.SIGKILL if pid in told else signal.SIGTERM)
        told |= left
        for pid in left:
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)


def children() -> "list[int]":
    """Also the dead among them, until we have waited for them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has just gone
        if int(parent) == os.getpid():
            found.append(int(folder.name))
    return found


if __name__ == "__main__":
    sys.exit(main())
