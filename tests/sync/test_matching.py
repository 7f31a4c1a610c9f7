"""What matching costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.mapping.rules import freeze_rules
from integration.models import Run, Snapshot
from integration.sync.match import match_page

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
