"""Runs whose process was killed, or whose wait is over, are given back to the queue; a dead process keeps no lease."""

import hashlib
import os
import socket
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from integration.models import ACTIVE_RUNS, Link, Run, RunStatus
from integration.runs.turns import queue_next_slice

# A run without a sign of life for this long, whose link nobody holds, is taken up again.
QUIET_SECONDS = 30


def process_name() -> str:
    """Names this process for leases: machine, process id, and when it began, since ids are used again."""
    return f"{_machine()}:{os.getpid()}:{_process_start_ticks(os.getpid())}"


@cache
def _machine() -> str:
    """The host's name, and what tells it from hosts and containers of the same name: their process ids are others."""
    boot, namespace = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        namespace = os.readlink("/proc/self/ns/pid")
    return f"{socket.gethostname()[:60]}/{hashlib.sha256(f'{boot}{namespace}'.encode()).hexdigest()[:8]}"


def _process_start_ticks(pid: int) -> str:
    """When the process began, in clock ticks since boot; "" where the system does not say."""
    try:
        # Field 22 of proc(5). The second field, the name in parentheses, may hold spaces, so counting begins after it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def release_dead_lease(link: Link) -> None:
    """Free the lease of a process of this machine that is no more, without waiting for its end."""
    # Some owners name their purpose, too: before the machine, or after the process.
    machine, _, rest = link.lease_owner.removeprefix("cancel:").partition(" ")[0].partition(":")
    pid, _, began = rest.partition(":")
    # Of another machine's processes nothing can be known here: their leases run out by themselves.
    if machine != _machine() or not pid.isdigit() or not began:
        return
    if _process_start_ticks(int(pid)) != began:
        link.release_lease(link.lease_owner)


def release_own_leases() -> None:
    """Of a process that works on nothing any more: it could not give them back while the database was away."""
    Link.objects.filter(lease_owner=process_name()).update(lease_owner="", lease_until=None)


def recover_lost_runs() -> int:
    """Give work back to the queue that nobody does: its process was killed, or its wait is over."""
    now = timezone.now()
    silent = Q(alive_at__lt=now - timedelta(seconds=QUIET_SECONDS)) | Q(
        alive_at=None, created_at__lt=now - timedelta(seconds=QUIET_SECONDS)
    )
    waited = Q(status=RunStatus.WAITING, wait_until__lte=now)
    lost = 0
    for run in (
        Run.objects.select_related("link")
        .filter(status__in=ACTIVE_RUNS)
        .exclude(Q(wait_until__gt=now) | Q(status=RunStatus.PAUSED))
    ):
        release_dead_lease(run.link)
        run.link.refresh_from_db(fields=["lease_owner"])
        held = run.link.is_leased()
        # Without a lease nobody works on it, so a run under way has lost its process and need not be silent for long.
        orphaned = not run.link.lease_owner and run.status == RunStatus.RUNNING
        if not held and (orphaned or Run.objects.filter(silent | waited, pk=run.pk).exists()):
            # A job that is still in the queue does no harm: whoever comes second finds the lease taken.
            queue_next_slice(run.pk)
            lost += 1
    return lost
