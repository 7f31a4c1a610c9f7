"""The job workers of `manage.py up`: django-q's, which tell their slices when they are to stop."""

from multiprocessing import Event

from django_q.cluster import Cluster

from integration import queue


class StoppableCluster(Cluster):
    """SIGTERM ends slices within seconds, in order: what they held is free, and another host goes on at once."""

    def start(self) -> int:
        # Before the workers are forked, which inherit it.
        queue.stopping = Event()
        return int(super().start())

    def stop(self) -> bool:
        if queue.stopping:
            queue.stopping.set()
        return bool(super().stop())
