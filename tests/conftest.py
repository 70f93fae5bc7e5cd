"""Services, databases, a worker and browsers for the tests. tests/settings.py has started the services before this file is read."""

import gc
import os

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from tests import databases, demo_world
from tests.workers import Worker

TransactionTestCase._fixture_teardown = lambda self: databases.renew()  # no TRUNCATE: triggers and the migrations' rows stay

hypothesis_settings.register_profile("short", deadline=None, max_examples=50)
hypothesis_settings.register_profile("long", deadline=None, max_examples=2000)
hypothesis_settings.load_profile("long" if "LONG" in os.environ else "short")


def pytest_collection_finish():
    """What has been imported stays: looking through it for garbage would take a third of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    if django_settings.WORKER == "main":  # it ends last
        databases.drop(django_settings.TEMPLATE)
        databases.drop(demo_world.TEMPLATE)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    with django_db_blocker.unblock():
        databases.make_template()
        databases.renew()
        yield
        databases.drop()


@pytest.fixture(autouse=True)
def empty_cache():
    """Neither throttles nor queued tasks of another test."""
    cache.clear()


@pytest.fixture
def owner_cursor(transactional_db, settings):
    """A cursor of the owner of all tables on this test's database; each statement is committed at once."""
    with databases.owner_on(settings.DATABASE) as cursor:
        yield cursor


@pytest.fixture
def worker(transactional_db, tmp_path):
    """A running Celery worker: kill(), start(), redeliver(), wait_idle()."""
    worker = Worker(tmp_path / "worker.log")
    yield worker
    worker.kill()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    flags = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync"
    arguments = [f"--{flag}" for flag in (*flags.split(), "disable-dev-shm-usage")]
    return {**browser_type_launch_args, "executable_path": "/usr/bin/chromium", "args": arguments}


@pytest.fixture
def browser_context_args(browser_context_args, live_server):
    """`page.goto("/")` is the portal, in Beijing."""
    return {**browser_context_args, "base_url": live_server.url, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
