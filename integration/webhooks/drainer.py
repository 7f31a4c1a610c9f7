"""The thread of a web server that brings to the database what its host has spooled.

A spool lies on one host's disk, and the watchdog job runs on any host: alone it would come to each now and then.
"""

import logging
import threading
import time

from django.db import connections

from integration.webhooks.database import UNAVAILABLE
from integration.webhooks.memory import memory
from integration.webhooks.spool import drain_spool, is_empty

EVERY_SECONDS = 2.0

logger = logging.getLogger(__name__)


def start_draining() -> None:
    threading.Thread(target=_drain_for_ever, name="spool", daemon=True).start()


def _drain_for_ever() -> None:
    while True:
        time.sleep(EVERY_SECONDS)
        drain_once()


def drain_once() -> None:
    """Never raises: what cannot be stored now is tried again."""
    if is_empty() or memory().database_is_down:
        return
    try:
        if moved := drain_spool():
            logger.info("%d spooled webhooks are in the database now", moved)
    except UNAVAILABLE:
        memory().note_database(up=False)
    except Exception:
        logger.exception("spooled webhooks could not be stored")
    finally:
        # Django closes those of requests only.
        connections.close_all()
