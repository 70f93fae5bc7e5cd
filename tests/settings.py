"""The portal's settings, on services and a database of this test run alone. A test process owns the database test_<run>_<worker>."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from pilot_portal.embedded import BASE_DIR, Services

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")  # gw0, gw1, …; the first process of a parallel run is none of them


MEMORY, ENOUGH = Path("/dev/shm"), 4 * 1024**3  # bytes


def begin() -> None:
    """Run whatever service the environment does not name; parallel test processes inherit them."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH  # a database is copied there in a tenth of the time
    folder = Path(tempfile.mkdtemp(prefix="portal-test-", dir=MEMORY if roomy else None))
    (folder / "fonts").symlink_to(Path(os.environ.get("VAR_DIR", BASE_DIR / "var")).absolute() / "fonts")
    services = Services(folder, durable=False)
    os.environ.update(services.start(), TEST_RUN=str(os.getpid()), DEMO="1", DJANGO_ALLOW_ASYNC_UNSAFE="1")
    atexit.register(shutil.rmtree, folder)
    atexit.register(services.stop)


def at(url: str, path: object) -> str:
    return urlsplit(url)._replace(path=f"/{path}").geturl()


if "TEST_RUN" not in os.environ:
    begin()
TEMPLATE = f"test_{os.environ['TEST_RUN']}_template"
DATABASE = f"test_{os.environ['TEST_RUN']}_{WORKER}"
os.environ["DATABASE_URL"] = at(os.environ["DATABASE_URL"], DATABASE)
os.environ["DATABASE_OWNER_URL"] = at(os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"]), DATABASE)
os.environ["REDIS_URL"] = at(os.environ["REDIS_URL"], int(WORKER[2:]) + 1 if WORKER.startswith("gw") else 0)
os.environ["MEDIA_ROOT"] = str(Path(os.environ["VAR_DIR"]) / f"media_{WORKER}")

from pilot_portal.settings import *  # noqa: E402, F403 - reads the lines above

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
WHITENOISE_AUTOREFRESH = True  # nothing was collected: the live server finds files where they are
