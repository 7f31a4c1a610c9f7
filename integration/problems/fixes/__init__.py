"""What cures a cause, as buttons: each says what it would solve, tested on the affected records without writing."""

from integration.problems.fixes.registry import Fix, apply_fix, fixes_of

__all__ = ["Fix", "apply_fix", "fixes_of"]
