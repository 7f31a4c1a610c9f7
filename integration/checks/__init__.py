"""What about a set-up will fail or mislead, found before it does: gone by itself once it is mended."""

from integration.checks.judge import check_link
from integration.checks.results import CheckResult

__all__ = ["CheckResult", "check_link"]
