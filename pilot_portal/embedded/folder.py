"""VAR_DIR: what is in it, who may write there, and that only one portal at a time runs on it."""

import base64
import fcntl
import hashlib
import os
import pwd
import secrets
from pathlib import Path

from .processes import CannotStart

LONGEST_SOCKET_DIR = 80  # bytes; a socket's whole path has room for 107


class InUse(CannotStart):
    """Another process runs its services on this VAR_DIR."""


def user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def run_dir(var: Path) -> Path:
    """Sockets, lock and whatever else lives only as long as the services."""
    here = var / "run"
    if len(os.fsencode(here)) <= LONGEST_SOCKET_DIR:
        return here
    return Path("/tmp") / f"pilot-portal-{hashlib.sha256(os.fsencode(var)).hexdigest()[:20]}"  # noqa: S108 - its owner is checked


def open_folders(var: Path) -> None:
    """Make what is missing in VAR_DIR, or say in one sentence why that is impossible."""
    remedy = f"run `sudo chown -R {user_name()} {var}`, or set VAR_DIR to a folder of your own."
    try:
        for folder in (var, var / "log", var / "valkey"):
            folder.mkdir(parents=True, exist_ok=True)
        run_dir(var).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be made ({error.strerror}): {remedy}") from error
    data, sockets = var / "postgres", run_dir(var)
    trusted = {os.geteuid(), *(path.stat().st_uid for path in (var, data) if path.exists())}
    if sockets.is_symlink() or sockets.stat().st_uid not in trusted:
        raise CannotStart(f"{sockets} belongs to somebody else: set VAR_DIR to a folder with a shorter path.")
    kept = [path for path in (data, var / "secrets.env") if path.exists()]
    for path in (var, sockets, *kept, *(var / "log").iterdir(), *(var / "valkey").iterdir()):
        if not os.access(path, os.W_OK):
            raise CannotStart(f"{path} is not writable for {user_name()}: {remedy}")


def hold(var: Path) -> int:
    """Lock VAR_DIR for as long as the returned descriptor is open."""
    handle = os.open(run_dir(var) / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 20, 0).decode()
        os.close(handle)
        raise InUse(f"The portal already runs on {var} (process {holder}): stop it first, or set another VAR_DIR and PORT.") from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)
    return handle


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.rename(path)


def read_settings(path: Path) -> dict[str, str]:
    """The lines NAME=value of a file."""
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))


def keys(var: Path) -> dict[str, str]:
    """Keys and passwords of this installation, made once."""
    path = var / "secrets.env"
    if not path.exists():
        if (var / "postgres").exists():
            raise CannotStart(
                f"{path} is missing, and without its FIELD_KEY the bank accounts in {var / 'postgres'} cannot be read: "
                "put it back from your backup, or move the database away to begin anew."
            )
        made = {name: secrets.token_hex(24) for name in ("SUPERUSER_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "REDIS_PASSWORD")}
        made |= {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode()}
        lines = [f"{name}={value}\n" for name, value in made.items()]
        write_private(path, "# Made once. Keep a copy: without FIELD_KEY the bank accounts in the database are lost.\n" + "".join(lines))
    return read_settings(path)
