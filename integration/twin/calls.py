"""How often each operation was called and what it answered, for tests and benches."""

from integration.twin import limits
from integration.twin.store import Doc, Store


def count(store: Store, side: str, operation: str, status: int) -> None:
    """`status` 0 stands for a connection that was broken instead of an answer."""
    with store.transaction():
        store.run(
            "INSERT INTO calls VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET total = total + 1",
            (side, operation, status),
        )


def report(store: Store) -> Doc:
    return {side: _of(store, side) for side in ("ghl", "gist")}


def _of(store: Store, side: str) -> Doc:
    by_status: dict[str, int] = {}
    by_operation: dict[str, int] = {}
    for operation, status, total in store.run("SELECT operation, status, total FROM calls WHERE side=?", (side,)):
        by_status[str(status)] = by_status.get(str(status), 0) + total
        by_operation[operation] = by_operation.get(operation, 0) + total
    return {
        "total": sum(by_status.values()),
        "by_status": by_status,
        "by_operation": by_operation,
        "max_in_window": limits.peak(store, side),
    }


def forget(store: Store) -> None:
    with store.transaction():
        store.run("DELETE FROM calls")
        limits.forget_peaks(store)
