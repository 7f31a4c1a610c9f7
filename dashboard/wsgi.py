"""The WSGI application that `manage.py up` serves."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from dashboard.environment import SettingError
from integration.management.private_files import close_to_others

# The code by which gunicorn, too, knows that starting again is of no use.
CANNOT_START = 3

# As in manage.py: what is written is for the user who runs Gistline.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
try:
    application = get_wsgi_application()
    close_to_others()
except SettingError as problem:
    sys.stderr.write(f"{problem}\n")
    sys.exit(CANNOT_START)
