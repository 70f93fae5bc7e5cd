"""The web server, here and in a container: few processes, some threads, no files outside the portal's own."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
wsgi_app = "pilot_portal.wsgi:application"
worker_class = "gthread"
preload_app = True  # imported once, then forked
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
timeout = 60
graceful_timeout = 8
control_socket_disable = True
