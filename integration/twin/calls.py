"""How often each operation was called and what it answered, for tests and benches."""

from integration.twin import limits
from integration.twin.store import Doc, Store


def count_call(store: Store, side: str, operation: str, status: int) -> None:
    """`status` 0 stands for a connection that was broken instead of an answer."""
    with store.transaction():
        store.run(
            "INSERT INTO calls VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET total = total + 1",
            (side, operation, status),
        )


def report_calls(store: Store) -> Doc:
    return {side: _report_side(store, side) for side in ("ghl", "gist")}


def _report_side(store: Store, side: str) -> Doc:
    by_status: dict[str, int] = {}
    by_operation: dict[str, int] = {}
    for operation, status, total in store.run("SELECT operation, status, total FROM calls WHERE side=?", (side,)):
        by_status[str(status)] = by_status.get(str(status), 0) + total
        by_operation[operation] = by_operation.get(operation, 0) + total
    return {
        "total": sum(by_status.values()),
        "by_status": by_status,
        "by_operation": by_operation,
        "max_in_window": limits.peak_calls(store, side),
    }


def forget_calls(store: Store) -> None:
    with store.transaction():
        store.run("DELETE FROM calls")
        limits.forget_peaks(store)
