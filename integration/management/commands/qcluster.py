"""`manage.py qcluster`: the job workers alone, without the web server. `manage.py up` starts it."""

from typing import Any

from django.core.management.base import BaseCommand

from integration.cluster import StoppableCluster


class Command(BaseCommand):
    help = "Runs the job workers alone, in the foreground."

    def handle(self, *args: Any, **options: Any) -> None:
        StoppableCluster().start()
