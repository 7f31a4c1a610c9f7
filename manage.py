#!/usr/bin/env python
"""Entry point of every command: `python manage.py help`."""

import gc
import os
import sys

GARBAGE_AT = 5_000
"""Objects made before garbage is looked for. Python's own 700 costs a backfill a seventh of its processor time, and
the start of a command a tenth: what is made there is seldom garbage."""


def main() -> None:
    gc.set_threshold(GARBAGE_AT, 10, 10)
    # What is written may hold keys and personal data: nobody else on this machine may read it.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.core.management import execute_from_command_line

    from dashboard.environment import explain_setting

    try:
        execute_from_command_line(sys.argv)
    except Exception as problem:
        sentence = explain_setting(problem)
        if not sentence or "--traceback" in sys.argv:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
