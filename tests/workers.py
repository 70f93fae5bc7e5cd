"""A real Celery worker on the database and the broker of this test process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis
from django.conf import settings

from pilot_portal.celery import app
from pilot_portal.embedded.processes import spawn, stop, tail

QUEUES = ("celery", *(f"celery\x06\x16{priority}" for priority in (3, 6, 9)))


class Worker:
    def __init__(self, log: Path) -> None:
        self.log = log
        self.broker = redis.from_url(settings.REDIS_URL)
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "--app", "pilot_portal", "worker", "--concurrency", "2", "--loglevel", "INFO"]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "pilot_portal.settings"}
        self.process: subprocess.Popen = spawn(command, self.log, farewell=((signal.SIGKILL, 1),), cwd=settings.BASE_DIR, env=environment)

    def kill(self) -> None:
        """SIGKILL, as a power cut: the task under way stays unacknowledged."""
        stop(self.process, ())

    def pause(self) -> None:
        """It stands still where it is, until `resume`."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def redeliver(self) -> None:
        """What the broker does by itself once the visibility timeout is over: put unacknowledged tasks back into the queue."""
        with app.connection_for_read() as connection:
            for tag in self.broker.hkeys("unacked"):
                connection.default_channel.qos.restore_by_tag(tag.decode())

    def wait_idle(self, seconds: float = 60) -> None:
        """Until nothing is queued or under way."""
        deadline, quiet = time.monotonic() + seconds, 0
        while quiet < 3:  # between queue and worker a message is nowhere for an instant
            busy = any(self.broker.llen(queue) for queue in QUEUES) or self.broker.hlen("unacked")
            quiet = 0 if busy else quiet + 1
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"The worker did not get done; its log ends with:\n{tail(self.log, 40)}")
            time.sleep(0.1)
