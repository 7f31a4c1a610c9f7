"""Pages of lists: `pages` holds addresses and no total (docs/gist-api.md#pagination)."""

from urllib.parse import urlencode

from integration.twin import quirks
from integration.twin.gist.access import whole
from integration.twin.router import Call
from integration.twin.store import Doc

USUAL = 50
MOST = 60


def size(call: Call) -> int:
    asked = max(1, whole(call, "per_page", USUAL))
    return min(asked, MOST) if quirks.on("gist_page_cap") else asked


def number(call: Call) -> int:
    return max(1, whole(call, "page", 1))


def pages(call: Call, total: int) -> Doc:
    """Addresses of the first, previous, next and last page; the other parameters stay in them."""
    page, last = number(call), max(1, -(-total // size(call)))
    return {
        "first": _address(call, 1),
        "prev": _address(call, min(page - 1, last)) if page > 1 else None,
        "next": _address(call, page + 1) if page < last else None,
        "last": _address(call, last),
    }


def _address(call: Call, page: int) -> str:
    query = {**call.query, "page": page, "per_page": size(call)}
    return call.request.build_absolute_uri(f"{call.request.path}?{urlencode(query)}")


def cut(call: Call, key: str, rows: list[Doc]) -> Doc:
    """One page of `rows` under `key`."""
    begin = (number(call) - 1) * size(call)
    return {key: rows[begin : begin + size(call)], "pages": pages(call, len(rows))}
