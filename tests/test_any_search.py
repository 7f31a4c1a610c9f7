"""Whatever is asked of a list, in its filters, its search box or through the API: an answer, on any database."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filter
from dashboard.models import SavedView
from dashboard.saved_views.kept import PLACES
from dashboard.time_filters import TimeFilter
from integration.runs.start import start_run
from tests.dashboard import things
from tests.dashboard.api.program import Program
from tests.dashboard.browser import Browser
from tests.fuzzing import examples
from tests.world import finish

pytestmark = pytest.mark.django_db

LISTS = [
    "/", "/links/", "/runs/", "/runs/export/", "/workflows/", "/problems/", "/problems/export/", "/problems/person/",
    "/problems/rejected/", "/problems/waiting/", "/problems/waiting/events/", "/alerts/", "/contacts/", "/plans/",
    "/contacts/export/", "/log/", "/log/export/", "/catalogue/", "/catalogue/export/", "/glossary/", "/palette/",
    "/suggestions/", "/settings/audit/", "/settings/audit/export/", "/connections/", "/imports/", "/links/alder/match/",
    "/links/alder/match/both/", "/links/alder/mapping/versions/", "/settings/health/", "/guide/",
    "/links/alder/match/gist/", "/links/alder/match/lost/", "/links/alder/match/decided/", "/palette/links/",
]  # fmt: skip
API = [
    "links",
    "runs",
    "runs/1/changes",
    "log",
    "problems",
    "links/alder/timeline",
    "links/alder/setup",
    "openapi.json",
]


def subclasses(kind):
    return [kind, *(one for below in kind.__subclasses__() for one in subclasses(below))]


FIELDS = sorted({name for kind in subclasses(Filter) + subclasses(TimeFilter) for name in kind.base_fields})
NAMES = [*FIELDS, "page", "after", "before", "cursor", "limit", "sort", "view", "from", "to", "span", "person", "show"]
MOMENTS = st.datetimes().map(str) | st.dates().map(str) | st.times().map(str)
VALUES = st.text(max_size=30) | st.integers().map(str) | st.floats().map(str) | MOMENTS | st.sampled_from(
    ["alder", "failed", "gist", "full", "open", "any", "yes", "24h", "-1d", "9999999999h", "0001-01-01", "²", "%", "_"]
)  # fmt: skip
# The search language: `status:failed client:acme`, quotes and colons in all places.
SENTENCES = st.lists(st.tuples(st.sampled_from(NAMES), VALUES).map(":".join) | VALUES, max_size=4).map(" ".join)
QUERIES = st.dictionaries(
    st.sampled_from(NAMES) | st.text(max_size=6), VALUES | st.lists(VALUES, max_size=3), max_size=4
)
# A NUL, half of an emoji and what means something to a database, as they stand and as an address writes them once more.
VALUES |= st.sampled_from(
    ["\0", "a\0b", "%00", "%2500", "%ED%A0%80", "\\", "'", "%_%", "[", "(?<", "\u202e", "ı", "ẞ", "a" * 3_000]
)


@pytest.fixture
def pages(ann, failed_run, world):
    """Lists that stand on the page of something."""
    ann.world.gist_contact(email="zoe@example.test", name="Zoe")
    plan = finish(start_run(ann.link, dry_run=True))
    flow = things.execution(things.workflow(ann.link)).workflow
    of_ann = [ann.link.key, "ghl", ann.ghl_id]
    named = [
        ("plan", [plan.pk]), ("plan_export", [plan.pk]), ("run", [failed_run.pk]), ("workflow_runs", [flow.pk]),
        ("workflow_versions", [flow.pk]), ("problem", [1]), ("contact", of_ann), ("contact_timeline", of_ann),
        ("log_entry", [1]), ("catalogue_export", []),
    ]  # fmt: skip
    return [*LISTS, *(reverse(name, args=args) for name, args in named)]


@pytest.fixture
def browser(owner):
    browser = Browser(raise_request_exception=False)
    browser.client.force_login(owner)
    return browser.client


@examples(40)
@given(place=st.data(), query=QUERIES, sentence=SENTENCES, part=st.sampled_from(["", "list", "live", "rows"]))
def test_no_filter_and_no_sentence_of_a_list_is_a_fault(browser, pages, place, query, sentence, part):
    headers = {"HX-Request": "true", "HX-Target": part} if part else {}
    answer = browser.get(place.draw(st.sampled_from(pages)), {"q": sentence, **query}, headers=headers)
    assert answer.status_code < 500
    assert not answer.streaming or b"".join(answer.streaming_content) is not None


@examples(15)
@given(place=st.sampled_from(API), query=QUERIES, sentence=SENTENCES)
def test_no_parameter_of_the_api_is_a_fault(failed_run, place, query, sentence):
    program = Program(raise_request_exception=False)
    answer = program.get(place, **{"q": sentence, **query})
    assert answer.status_code in (200, 400, 404, 409, 422)
    assert answer["Content-Type"].startswith("application/json")


@examples(15)
@given(place=st.sampled_from([*PLACES, "nowhere"]), query=QUERIES, name=VALUES)
def test_no_view_that_is_kept_is_a_fault_where_it_is_shown(browser, failed_run, place, query, name):
    SavedView.objects.all().delete()
    kept = urlencode(query, doseq=True, errors="surrogatepass")
    answer = browser.post("/views/", {"place": place, "name": name, "filter": kept, "shared": "1"})
    assert answer.status_code in (302, 400)
    for view in SavedView.objects.all():
        assert browser.get(answer["Location"]).status_code == 200
        assert browser.get(reverse(view.place)).status_code == 200


REPEATING = ["/problems/retry/", "/log/retry/", "/overview/look/"]


@examples(15)
@given(place=st.sampled_from(REPEATING), query=QUERIES, what=st.sampled_from(["missed", "failed", "matching"]))
def test_no_filter_that_a_button_carries_along_is_a_fault(browser, failed_run, place, query, what):
    carried = urlencode(query, doseq=True, errors="surrogatepass")
    form = {"filter": carried, "what": what, "hours": "24", "link": "alder", "name": "window", "value": "6h"}
    assert browser.post(place, form).status_code in (302, 400)
