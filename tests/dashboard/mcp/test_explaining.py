"""“Why is this person not in GHL?”, answered by an assistant from what really happened."""

import pytest

from integration.models import Run
from tests.dashboard.mcp.assistant import Assistant
from tests.refusals import Refusal, refuse
from tests.world import finish, sync

BOB = "bob@example.test"
REFUSAL = Refusal("ghl", lambda body: True, 400, {"statusCode": 400, "message": "The weather is bad"})


def why(person=BOB, **arguments):
    (answer,) = Assistant().call("explain_person", link="alder", person=person, **arguments)["answers"]
    return answer


def test_a_person_whom_the_filter_leaves_out_was_skipped(world, link):
    link.gist_filter = {"match": "all", "conditions": [{"field": "tags", "op": "is", "value": "vip"}]}
    link.save()
    world.gist_contact(email=BOB, name="Bob Ray")
    sync(link)
    world.forget_calls()
    answer = why()
    assert (answer["outcome"], "Bob Ray is not in GHL" in answer["answer"]) == ("skipped", True)
    assert "filter" in answer["reason"].lower()
    assert world.calls() == {"gist": 0, "ghl": 0}


def test_a_person_whom_ghl_refuses_failed_and_the_named_problem_mends_it(world, link, monkeypatch):
    world.gist_contact(email=BOB, name="Bob Ray")
    with monkeypatch.context() as patch:
        refuse(patch, REFUSAL)
        sync(link)
    answer = why()
    assert (answer["outcome"], bool(answer["reason"]), bool(answer["what_to_do"])) == ("failed", True, True)
    assert answer["last_events"][0]["outcome"] == "failed"
    run = Assistant("act").call("retry_problem", problem=answer["problem"])["run"]
    finish(Run.objects.get(pk=run["run"]))
    assert why()["outcome"] == "present"


def test_a_person_who_could_be_several_waits_for_an_answer(world, link):
    world.control("POST", "duplicates", {"account": world.location, "allowed": True})
    for name in ("Bob", "Robert"):
        world.ghl_contact(firstName=name, lastName="Ray", email=BOB)
    world.gist_contact(email=BOB, name="B Ray")
    sync(link)
    answer = why()
    assert (answer["outcome"], bool(answer["question"])) == ("ambiguous", True)
    assert "Needs a person" in answer["what_to_do"]


@pytest.mark.parametrize("person", [BOB, "gist:77", "abc"])
def test_somebody_whom_nobody_ever_saw_is_unknown_and_not_made_up(link, person):
    answer = why(person)
    assert (answer["outcome"], answer["person"]) == ("unknown", None)
    assert "never seen" in answer["answer"]


def test_somebody_who_is_there_is_said_to_be_there(ann):
    assert why("ann@example.test")["answer"] == "Ann Lee is in GHL."
    assert why(f"ghl:{ann.ghl_id}", side="gist")["outcome"] == "present"
