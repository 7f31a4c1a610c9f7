"""Tasks and notes are made once: by the key that Gist gave, and by looking first after an interruption."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.connections.session import exchange_for_link
from integration.models import Related
from integration.related import write
from integration.related.write_result import keep_result


def create(ann, kind, values, **options):
    journal = []
    with exchange_for_link(ann.link) as exchange:
        result = exchange.carry_out(write.create(ann.link, kind, ann.ghl_id, values, journal=journal, **options))
    keep_result(ann.link, result)
    return result, journal


def there(ann, kind):
    return ann.tasks() if kind == "task" else ann.notes()


VALUES = {"task": {"title": "Call Ann"}, "note": {"body": "Prefers mornings"}}


@pytest.mark.parametrize("kind", ["task", "note"])
def test_with_the_same_key_it_is_made_once(ann, kind):
    first, _ = create(ann, kind, VALUES[kind], gist_key="meeting:1")
    second, journal = create(ann, kind, VALUES[kind], gist_key="meeting:1")
    assert (first.did, second.did, second.reason, journal) == ("created", "", "same_value", [])
    assert len(there(ann, kind)) == 1


def test_one_whose_record_was_deleted_in_ghl_is_made_again(ann):
    create(ann, "task", VALUES["task"], gist_key="meeting:1")
    Related.objects.update(deleted_at=timezone.now())
    ann.world.ghl("DELETE", f"/contacts/{ann.ghl_id}/tasks/{ann.tasks()[0]['id']}")
    assert create(ann, "task", VALUES["task"], gist_key="meeting:1")[0].did == "created"


@pytest.mark.parametrize("kind", ["task", "note"])
def test_what_an_interrupted_try_made_is_found_and_not_made_again(ann, kind):
    since = timezone.now() - timedelta(minutes=1)
    getattr(ann, kind)(*VALUES[kind].values())
    result, journal = create(ann, kind, VALUES[kind], look_first=True, since=since)
    assert (result.reason, journal[0].is_applied) == ("recovered", True)
    assert len(there(ann, kind)) == 1


@pytest.mark.parametrize("kind", ["task", "note"])
def test_what_was_known_before_the_interrupted_try_is_not_taken_for_its_work(ann, kind):
    create(ann, kind, VALUES[kind])
    since = timezone.now()
    result, _ = create(ann, kind, VALUES[kind], look_first=True, since=since)
    assert (result.reason, len(there(ann, kind))) == ("asked", 2)


@pytest.mark.parametrize("kind", ["task", "note"])
def test_after_a_lost_answer_it_is_looked_for_and_not_sent_twice(ann, kind):
    ann.world.fault({"side": "ghl", "method": "POST", "path": f"/{kind}s", "kind": "reset_after", "times": 1})
    result, _ = create(ann, kind, VALUES[kind])
    assert (result.did, len(there(ann, kind))) == ("created", 1)
