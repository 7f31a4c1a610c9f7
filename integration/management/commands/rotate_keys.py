"""`manage.py rotate_keys`: every stored secret under the newest key of ENCRYPTION_KEYS."""

from typing import Any

from integration.encryption.rotate import rotate_all
from integration.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Re-encrypts every stored secret with the newest key; may be stopped and started again."
    changes = True

    def run(self, **options: Any) -> None:
        counts = rotate_all()
        data = {name: counts[name] for name in ("rotated", "current", "unreadable")}
        summary = f"{counts['rotated']} re-encrypted, {counts['current']} stood under the newest key already"
        if counts["unreadable"]:
            self.fail(
                f"{summary}, {counts['unreadable']} cannot be read with any key in ENCRYPTION_KEYS. Put the key back "
                "that was in use when they were saved (the newest key first) and run this again.",
                **data,
            )
        self.report([f"{summary}. Older keys may be taken out of ENCRYPTION_KEYS."], data)
