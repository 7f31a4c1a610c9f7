"""What matching costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.mapping.rules import freeze_rules
from integration.models import Pair, Run, Snapshot
from integration.sync.match import match_page, unmatched_page

pytestmark = pytest.mark.django_db


def test_a_page_of_thirty_people_costs_as_many_queries_as_one_of_three(link):
    run, rules, asked = Run.objects.create(link=link, kind="full"), freeze_rules(link, None, {}, {}), []
    for count in (3, 30):
        Snapshot.objects.all().delete()
        emails = [f"p{number}@work.test" for number in range(count)]
        Snapshot.objects.bulk_create(
            Snapshot(link=link, side="gist", external_id=email, email=email, undecided={"email": email})
            for email in emails
        )
        with CaptureQueriesContext(connection) as captured:
            match_page(run, rules)
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_whoever_lost_their_counterpart_is_found_without_joining_pairs_to_records(link, monkeypatch):
    """Joined, PostgreSQL without statistics of its tables took more than ten minutes over 50,000 pairs."""
    monkeypatch.setattr("integration.sync.match.PAIRS_AT_ONCE", 2)
    pairs = [
        Pair.objects.create(link=link, gist_id=f"g{number}", ghl_id=f"h{number}", state=Pair.State.ONE_GONE)
        for number in range(5)
    ]
    for pair in pairs:
        Snapshot.objects.create(link=link, side="gist", external_id=pair.gist_id, pair=pair)
    Snapshot.objects.create(link=link, side="ghl", external_id="h0", pair=pairs[0])
    with CaptureQueriesContext(connection) as captured:
        found = unmatched_page(link, freeze_rules(link, None, {}, {}), 0)
    assert [one.external_id for one in found] == ["g1", "g2", "g3", "g4"]
    assert not [query for query in captured if 'JOIN "integration_pair"' in query["sql"]]
