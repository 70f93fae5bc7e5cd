"""The launcher of PostgreSQL, Valkey and the portal itself: on a bare folder, on a spoilt one, and when it is killed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psycopg2
import pytest
import redis

from pilot_portal.embedded import BASE_DIR, NEEDED, CannotStart, Services
from pilot_portal.embedded.folder import InUse, run_dir

GUARD = BASE_DIR / "pilot_portal" / "embedded" / "guard.py"


@pytest.fixture(scope="module")
def nothing_named():
    """An environment that names no service."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (*NEEDED, "DATABASE_OWNER_URL"):
            patch.delenv(name)
        yield


@pytest.fixture
def var(nothing_named):
    """An empty VAR_DIR with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def services(var):
    services = Services(var, durable=False)
    yield services
    services.stop()


@pytest.fixture(scope="module")
def urls(nothing_named, tmp_path_factory):
    """Of services in which the owner has made a table."""
    services = Services(tmp_path_factory.mktemp("shared"), durable=False)
    urls = services.start()
    ask(urls["DATABASE_OWNER_URL"], "CREATE TABLE cases (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)")
    yield urls
    services.stop()


def ask(url: str, question: str) -> list[tuple]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def living(mark: Path) -> list[str]:
    """Command lines of the processes whose environment names `mark`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(mark) in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # gone, or somebody else's
    return [line for line in found if line]


def none_left(mark: Path, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while living(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    return living(mark) == []


def test_data_survives_a_restart(services):
    ask(services.start()["DATABASE_OWNER_URL"], "CREATE TABLE kept AS SELECT 42 AS answer")
    services.stop()
    assert ask(services.start()["DATABASE_URL"], "SELECT answer FROM kept") == [(42,)]


def test_app_has_rows_only(urls):
    ask(urls["DATABASE_URL"], "INSERT INTO cases (name) VALUES ('one')")
    ask(urls["DATABASE_URL"], "UPDATE cases SET name = 'two'")
    assert ask(urls["DATABASE_URL"], "SELECT id, name FROM cases") == [(1, "two")]
    ask(urls["DATABASE_URL"], "DELETE FROM cases")


@pytest.mark.parametrize(
    "order",
    [
        "TRUNCATE cases",
        "DROP TABLE cases",
        "ALTER TABLE cases DISABLE TRIGGER ALL",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE TRIGGER mine BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "SET ROLE portal_owner",
        "SET session_replication_role = replica",
        "COPY cases TO PROGRAM 'true'",
    ],
)
def test_app_may_not(urls, order):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(urls["DATABASE_URL"], order)


def test_extensions_for_search_and_exclusion_are_there(urls):
    found = ask(urls["DATABASE_URL"], "SELECT extname FROM pg_extension")
    assert {("pg_trgm",), ("btree_gist",)} <= set(found)


def test_neither_service_answers_without_its_password(urls):
    with pytest.raises(psycopg2.OperationalError, match="password"):
        ask(re.sub(":[^:@]*@", ":guess@", urls["DATABASE_URL"]), "SELECT 1")
    with pytest.raises(redis.AuthenticationError):
        redis.from_url(re.sub(":[^:@]*@", "", urls["REDIS_URL"])).ping()


def test_secrets_are_made_once_and_for_their_owner_only(services, var):
    first = services.start()
    services.stop()
    assert services.start()["FIELD_KEY"] == first["FIELD_KEY"]
    assert (var / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_lost_secrets_are_not_replaced_beside_a_database(services, var):
    services.start()
    services.stop()
    (var / "secrets.env").unlink()
    with pytest.raises(CannotStart, match=r"secrets\.env is missing"):
        services.start()
    assert not (var / "secrets.env").exists()


def test_a_database_that_was_killed_while_being_made_is_made_again(services, var):
    (var / "postgres.new" / "base").mkdir(parents=True)
    (var / "postgres.new" / "PG_VERSION").write_text("18")
    assert ask(services.start()["DATABASE_URL"], "SELECT current_user") == [("portal_app",)]
    assert not (var / "postgres.new").exists()


def test_a_spoilt_database_is_reported_and_left_alone(services, var):
    services.start()
    services.stop()
    (var / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(CannotStart, match="is not a whole database"):
        services.start()
    assert (var / "postgres" / "base").is_dir()


def test_a_database_of_another_version_is_reported(services, var):
    services.start()
    services.stop()
    (var / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match="was made by PostgreSQL 17"):
        services.start()


def test_a_process_number_left_by_a_power_cut_does_not_hinder(services, var):
    services.start()
    left = (var / "postgres" / "postmaster.pid").read_text().split("\n", 1)[1]
    services.stop()
    (var / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{left}")
    assert ask(services.start()["DATABASE_URL"], "SELECT 1") == [(1,)]


def test_the_second_on_the_same_folder_is_told_so(services, var):
    services.start()
    with pytest.raises(InUse, match=f"already runs on {var} \\(process {os.getpid()}\\)"):
        Services(var).start()


def test_a_folder_that_cannot_be_made_is_named(var):
    (var / "file").touch()
    with pytest.raises(CannotStart, match=r"cannot be made .*set VAR_DIR to a folder of your own"):
        Services(var / "file" / "var").start()


def test_a_long_path_gets_a_short_socket(var):
    long = var / ("long" * 30)
    services = Services(long, durable=False)
    try:
        assert ask(services.start()["DATABASE_URL"], "SELECT 1") == [(1,)]
        assert run_dir(long).parent == Path("/tmp")
    finally:
        services.stop()
        shutil.rmtree(run_dir(long))


def test_a_service_in_the_environment_replaces_its_own(services, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://app@db/portal")
    environment = services.start()
    assert [service.name for service in services.running] == ["Valkey"]
    assert environment["DATABASE_URL"] == "postgres://app@db/portal"


def test_manage_py_joins_the_services_that_run(services, var):
    services.start()
    program = "from django.db import connection as c; c.connect(); print(c.settings_dict['NAME'])"
    command = [sys.executable, "manage.py", "shell", "--command", program]
    environment = {**os.environ, "VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "pilot_portal.settings"}
    done = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "portal"


def test_the_guard_ends_what_its_command_left_behind(var):
    escaped = ["sh", "-c", "setsid sleep 600 & setsid setsid sleep 600 & exit 3"]
    done = subprocess.run([sys.executable, str(GUARD), *escaped], env={**os.environ, "MARK": str(var)}, check=False, timeout=30)
    assert done.returncode == 3
    assert living(var) == []


@pytest.fixture
def start_portal(var):
    """Starts portals on `var`, and ends them when the test has ended."""
    started = []

    def start(**environment: str) -> Portal:
        started.append(Portal(var, **environment))
        return started[-1]

    yield start
    for portal in started:
        portal.process.kill()
        portal.process.communicate()
    assert none_left(var)


class Portal:
    """What bin/run starts once everything is set up."""

    def __init__(self, var: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = environment.pop("PORT", str(probe.getsockname()[1]))
        (var / "fonts").symlink_to(BASE_DIR / "var" / "fonts") if not (var / "fonts").exists() else None
        ours = {"VAR_DIR": str(var), "PORT": self.port, "DEMO": "0", "DJANGO_SETTINGS_MODULE": "pilot_portal.settings", **environment}
        inherited = {name: value for name, value in os.environ.items() if name not in ("MEDIA_ROOT", "TEST_RUN")}
        self.process = subprocess.Popen(
            [sys.executable, str(GUARD), sys.executable, "-m", "pilot_portal.supervisor"],
            cwd=BASE_DIR,
            env=inherited | ours,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_it_answers(self) -> None:
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "The portal answers on" in line:
                return
        raise AssertionError("".join(said))


def test_a_busy_port_is_one_sentence_before_anything_starts(var, start_portal):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        portal = start_portal(PORT=str(port))
        said, _ = portal.process.communicate(timeout=30)
    assert said == f"Port {port} cannot be used (address already in use): set PORT to a free one, as in PORT=8080 bin/run.\n"
    assert portal.process.returncode == 1
    assert not (var / "postgres").exists()


def test_the_portal_runs_and_whoever_is_killed_nothing_is_left(var, start_portal):
    portal = start_portal()
    portal.wait_until_it_answers()
    assert urllib.request.urlopen(f"http://127.0.0.1:{portal.port}/healthz").status == 200
    programs = ("gunicorn", "pilot_portal worker", "pilot_portal beat", "bin/postgres", "valkey-server")
    assert [name for name in programs if name not in " ".join(living(var))] == []

    second = start_portal()
    refusal, _ = second.process.communicate(timeout=30)
    assert second.process.returncode == 1
    assert "already runs on" in refusal

    portal.process.kill()  # the guard itself; the supervisor hears of it
    assert none_left(var)

    again = start_portal()
    again.wait_until_it_answers()
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(30) == 0
    assert living(var) == []
