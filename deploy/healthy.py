"""Health check of the web container: exits 0 when this server, its database and its broker answer."""

import os
import urllib.request

headers = {"Host": os.environ["ALLOWED_HOSTS"].split(",")[0], "X-Forwarded-Proto": "https"}
urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8000/readyz", headers=headers), timeout=8)
