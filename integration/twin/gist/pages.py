"""Pages of lists: `pages` holds addresses and no total (docs/gist-api.md#pagination)."""

from urllib.parse import urlencode

from integration.twin import quirks
from integration.twin.gist.access import read_number
from integration.twin.router import Call
from integration.twin.store import Doc

# The default and the maximum of `per_page`, as reported (docs/gist-api.md#pagination).
USUAL = 50
MOST = 60


def page_size(call: Call) -> int:
    asked = max(1, read_number(call, "per_page", USUAL))
    return min(asked, MOST) if quirks.is_on("gist_page_cap") else asked


def page_number(call: Call) -> int:
    return max(1, read_number(call, "page", 1))


def page_links(call: Call, total: int) -> Doc:
    """Addresses of the first, previous, next and last page; the other parameters stay in them."""
    page, last = page_number(call), max(1, -(-total // page_size(call)))
    return {
        "first": _page_link(call, 1),
        "prev": _page_link(call, min(page - 1, last)) if page > 1 else None,
        "next": _page_link(call, page + 1) if page < last else None,
        "last": _page_link(call, last),
    }


def _page_link(call: Call, page: int) -> str:
    query = {**call.query, "page": page, "per_page": page_size(call)}
    return call.request.build_absolute_uri(f"{call.request.path}?{urlencode(query)}")


def cut_page(call: Call, key: str, rows: list[Doc]) -> Doc:
    """One page of `rows` under `key`."""
    begin = (page_number(call) - 1) * page_size(call)
    return {key: rows[begin : begin + page_size(call)], "pages": page_links(call, len(rows))}
