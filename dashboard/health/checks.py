"""Whether work can be taken."""

import logging
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from integration import queue
from integration.webhooks.database import limit_lock_wait

logger = logging.getLogger(__name__)


def check_readiness() -> dict[str, Any]:
    """What is ready by name, with the age of the oldest waiting job in seconds; never raises."""
    facts: dict[str, Any] = {
        "database": False, "broker": False, "worker": False, "queue_age_seconds": None, "migrations": False,
    }  # fmt: skip
    try:
        # A probe gives up sooner than a lock does, and asks again: what waits would pile up.
        with limit_lock_wait():
            facts["migrations"] = not migrations_left()
            facts["database"] = True
            health = queue.check_queue()
    except DatabaseError:
        return facts
    except Exception as problem:
        # Each broker's library has errors of its own; a probe answers 503 whatever they are.
        logger.warning("the job queue could not be asked: %s", type(problem).__name__)
        return facts
    facts |= {"broker": health.broker, "worker": health.workers > 0, "queue_age_seconds": health.queue_age_seconds}
    return facts


def migrations_left() -> list[Any]:
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())
