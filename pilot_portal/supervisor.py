"""What bin/run runs: services, migrations, demo data, static files, then web, worker and beat. They end together.

An own supervisor, since honcho and its kin know neither an order nor a restart, and leave everything behind when they are killed.
"""

import hashlib
import http.client
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from pilot_portal.embedded import BASE_DIR, CannotStart, Services
from pilot_portal.embedded.processes import Farewell, Program, spawn, stop, tail

PROCESSES = {  # docker-compose.yml runs the same
    "web": "python -m gunicorn --config deploy/gunicorn.py",
    "worker": "python -m celery --app pilot_portal worker --loglevel INFO",
    "beat": "python -m celery --app pilot_portal beat --loglevel INFO",
}
FAREWELLS: dict[str, Farewell] = {
    "web": ((signal.SIGTERM, 10),),
    "worker": ((signal.SIGTERM, 8), (signal.SIGQUIT, 4)),  # finish the task under way, else give it back to the queue
    "beat": ((signal.SIGTERM, 5),),
}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to end."""


class Process(Program):
    """One of PROCESSES, with a log of its own that begins anew."""

    def __init__(self, name: str, logs: Path) -> None:
        self.name, self.log, self.farewell = name, logs / f"{name}.log", FAREWELLS[name]
        self.log.unlink(missing_ok=True)

    def start(self) -> None:
        command = [sys.executable, *shlex.split(PROCESSES[self.name])[1:]]
        self.process = spawn(command, self.log, farewell=self.farewell, cwd=BASE_DIR)


def main() -> int:
    for number in SIGNALS:
        signal.signal(number, interrupt)
    services = Services(Path(os.environ.get("VAR_DIR", BASE_DIR / "var")))
    processes: list[Program] = []
    try:
        run(services, processes)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    except Stopped:
        return 0
    finally:
        for process in processes:
            process.ask_to_end()
        for process in processes:
            process.stop()
        services.stop()


def interrupt(*_signal: object) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    print("Stopping …", flush=True)
    raise Stopped


def run(services: Services, processes: list[Program]) -> NoReturn:
    services.claim()
    port = os.environ.get("PORT", "8000")
    check_port(port)
    address = f"http://127.0.0.1:{port}"
    ours = {"DEMO": "1", "SITE_URL": address, "BIND": f"127.0.0.1:{port}"}
    os.environ.update(services.start(**{name: os.environ.get(name, value) for name, value in ours.items()}))
    logs = services.var / "log"
    accounts = prepare(services.var, logs)
    deaths: dict[str, list[float]] = {}
    for name in PROCESSES:  # web first: the others would only take its time while it starts
        processes.append(Process(name, logs))
        processes[-1].start()
        while not answers(port):
            keep_alive(processes, deaths)
            time.sleep(0.1)
    print(f"{accounts}\nThe portal answers on {address} · logs in {logs} · Ctrl-C stops it", flush=True)
    while True:
        keep_alive([*services.running, *processes], deaths)
        time.sleep(0.5)


def check_port(port: str) -> None:
    """Before anything starts."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(port)))
    except (OSError, ValueError, OverflowError) as error:
        reason = str(error.strerror).lower() if isinstance(error, OSError) else "it is no port number"
        raise CannotStart(f"Port {port} cannot be used ({reason}): set PORT to a free one, as in PORT=8080 bin/run.") from error


def prepare(var: Path, logs: Path) -> str:
    """Bring tables, demo data and static files to this release. Returns what `demo` says of its accounts."""
    stamp, recorded = static_stamp(), var / "static" / "setup.stamp"
    changed = not recorded.exists() or recorded.read_text() != stamp
    with ExitStack() as steps:  # both at once
        if changed:
            steps.enter_context(running("collectstatic", ["manage.py", "collectstatic", "--noinput"], logs))
        said = steps.enter_context(running("prepare", ["-m", "pilot_portal.prepare"], logs))
    recorded.write_text(stamp)
    return said.read_text()


@contextmanager
def running(name: str, arguments: list[str], logs: Path) -> Iterator[Path]:
    """Run Python beside the block; after it the program has succeeded, and what it said is in the file."""
    said, complaints = logs / f"{name}.log", logs / f"{name}.err"
    said.unlink(missing_ok=True)
    end: Farewell = ((signal.SIGTERM, 5),)
    with complaints.open("wb") as stderr:
        process = spawn([sys.executable, *arguments], said, farewell=end, cwd=BASE_DIR, stderr=stderr)
    try:
        yield said
        if process.wait() != 0:
            raise CannotStart(f"The step `{name}` failed; {complaints} ends with:\n{tail(complaints)}")
    finally:
        stop(process, end)


def static_stamp() -> str:
    """Changes with our static files and with the packages that bring their own."""
    files = sorted(path for path in (BASE_DIR / "static").rglob("*") if path.is_file())
    parts = [part for path in files for part in (os.fsencode(path.relative_to(BASE_DIR)), path.read_bytes())]
    return hashlib.sha256(b"\0".join([*parts, (BASE_DIR / "requirements.txt").read_bytes()])).hexdigest()


def answers(port: str) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def keep_alive(programs: list[Program], deaths: dict[str, list[float]]) -> None:
    """Start again what has died, unless it dies all the time."""
    for program in programs:
        if not program.has_ended():
            continue
        recent = [moment for moment in deaths.get(program.name, []) if moment > time.monotonic() - 60]
        deaths[program.name] = [*recent, time.monotonic()]
        if len(recent) == 2:
            raise CannotStart(f"{program.name} ended three times within a minute; {program.log} ends with:\n{tail(program.log)}")
        program.start()


if __name__ == "__main__":
    sys.exit(main())
