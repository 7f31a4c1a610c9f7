"""django-q's broker on Redis, for a Redis that may be away: with its own, the processes that ask it end."""

import logging
import time
from typing import Any

from django_q.brokers.redis_broker import Redis
from django_q.tasks import async_task
from redis.exceptions import RedisError

from integration.redis_server import redis_client

# How often a Redis that is away is asked whether it is there again.
AWAY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class PatientRedis(Redis):
    """Waits for a Redis that does not answer. When it answers again, what it may have lost is asked for at once."""

    is_away = False

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        return redis_client()

    def ping(self) -> bool:
        """Whether it answers; the library's own raises where it does not, which ends a cluster that starts."""
        try:
            return bool(self.connection.ping())
        except RedisError:
            return False

    def dequeue(self) -> Any:
        try:
            found = super().dequeue()
        except RedisError as problem:
            self._note_away(problem)
            return None
        if self.is_away:
            self._note_back()
        return found

    def _note_back(self) -> None:
        self.is_away = False
        logger.warning("Redis answers again: what it may have lost is looked for now")
        try:
            async_task("integration.jobs.watch", ack_failure=True, broker=self)
        except RedisError as problem:
            # What was taken out a moment ago is in nobody else's hands: it must be given on all the same.
            self._note_away(problem)

    def _note_away(self, problem: RedisError) -> None:
        if not self.is_away:
            logger.warning("Redis does not answer (%s): jobs wait until it does", type(problem).__name__)
        self.is_away = True
        time.sleep(AWAY_SECONDS)
