#!/usr/bin/env python
"""Django's command line for the portal. Runs on the services that the environment names, else on the embedded ones."""

import os
import sys

from django.core.management import execute_from_command_line

from pilot_portal.embedded import CannotStart, environment

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilot_portal.settings")
    try:
        with environment():
            execute_from_command_line(sys.argv)
    except CannotStart as reason:
        sys.exit(str(reason))
