"""The WSGI application that `manage.py up` serves."""

import os
import sys
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from dashboard.environment import SettingError
from integration.management.private_files import close_to_others

# The code by which gunicorn, too, knows that starting again is of no use.
CANNOT_START = 3

# As in manage.py: what is written is for the user who runs Gistline.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")


def without_body_for_head(app: Any) -> Any:
    """The application, of whose answers to HEAD only the head is sent. Its server sends what it is given: whoever asks
    next over the same connection, a proxy for somebody else, would be answered from the middle of a body.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        response: Any = app(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            found: Iterable[bytes] = response
            return found
        response.close()
        # One piece, since an answer of unknown length is sent in pieces, and their end is a body, too.
        return [b""]

    return answer


try:
    application = without_body_for_head(get_wsgi_application())
    close_to_others()
except SettingError as problem:
    sys.stderr.write(f"{problem}\n")
    sys.exit(CANNOT_START)
