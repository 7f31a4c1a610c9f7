"""Pages that overlap: whoever leaves the list while it is read hides nobody."""

from hypothesis import given
from hypothesis import strategies as st

from integration.providers.gist import windows


def read_all(people, deletions):
    """The ids seen by reading `people`, of whom `deletions` leave: number of the call to places in the list."""
    people, cursor, seen = list(people), windows.FIRST, set()
    for call in range(1_000):
        start = (cursor["page"] - 1) * cursor["per_page"]
        page, has_next = people[start : start + cursor["per_page"]], start + cursor["per_page"] < len(people)
        for place in sorted(deletions.get(call, ()), reverse=True):
            if place < len(people):
                del people[place]
        if windows.has_gap(cursor, page) and cursor["page"] > 1:
            cursor = windows.cursor_before(cursor)
            continue
        seen |= set(page)
        if not page or not has_next:
            return seen
        cursor = windows.cursor_after(cursor, page, len(page))
    raise AssertionError("the reading does not end")


@given(
    st.integers(0, 700),
    st.dictionaries(st.integers(0, 15), st.sets(st.integers(0, 699), max_size=80), max_size=8),
)
def test_whoever_is_there_all_the_time_is_seen(count, deletions):
    everybody = range(count)
    left = list(everybody)
    for call in sorted(deletions):
        for place in sorted(deletions[call], reverse=True):
            if place < len(left):
                del left[place]
    assert set(left) <= read_all(everybody, deletions)


def test_reading_a_long_list_takes_a_fifth_more_calls_than_without_overlap():
    cursor, calls, end = windows.FIRST, 1, 60
    while end < 50_000:
        cursor = windows.cursor_after(cursor, list(range(cursor["per_page"])), cursor["per_page"])
        end, calls = cursor["page"] * cursor["per_page"], calls + 1
    assert calls < 1.2 * 50_000 / 60
