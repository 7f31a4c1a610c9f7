"""No workflow is started by its own work, and workflows that start each other come to an end with words."""

import pytest

from integration.models import Execution, PendingRead
from integration.runs.recover import process_name
from integration.webhooks.process import process_link
from integration.workflows.start import LOOP_RUNS


@pytest.fixture
def ann(stage):
    return stage.person("Ann Lee")


def flow(stage, trigger, *actions, **options):
    return stage.workflow("tag_bridge", {"triggers": [{"on": trigger, **options}], "actions": list(actions)})


def tagging(side, verb, tag):
    return {"do": f"{side}.tags.{verb}", "values": {"tags": tag}}


def setting(side, field, value):
    return {"do": f"{side}.contact.set", "values": {"field": field, "value": value}}


def tag(stage, ghl_id, name):
    stage.world.ghl("POST", f"/contacts/{ghl_id}/tags", json={"tags": [name]})


def runs_of(workflow):
    return list(Execution.objects.filter(workflow=workflow).order_by("pk").values_list("state", flat=True))


def come_to_rest(stage):
    """As `stage.settle`, for as long as workflows that start each other take."""
    quiet = 0
    for _ in range(150):
        delivered = stage.world.control("POST", "deliver", {"ahead": 60})["delivered"]
        process_link(stage.link.pk, process_name(), 20)
        quiet = 0 if delivered or PendingRead.objects.exists() else quiet + 1
        if quiet == 3:
            return
    raise AssertionError("the workflows do not come to rest")


@pytest.mark.parametrize("side", ["ghl", "gist"])
def test_its_own_tag_does_not_start_it(stage, ann, side):
    any_tag = flow(stage, f"{side}.tag_added", tagging(side, "add", "seen"))
    tag(stage, ann[1], "vip") if side == "ghl" else tag_in_gist(stage, ann[0], "vip")
    come_to_rest(stage)
    assert runs_of(any_tag) == ["done"]


def tag_in_gist(stage, gist_id, name):
    stage.world.gist("POST", "/tags", json={"name": name, "contacts": [{"id": int(gist_id)}]})


def test_taking_a_tag_off_does_not_start_it(stage, ann):
    tag(stage, ann[1], "first")
    tag(stage, ann[1], "second")
    stage.settle()
    untagged = flow(stage, "ghl.tag_removed", tagging("ghl", "remove", "second"))
    stage.world.ghl("DELETE", f"/contacts/{ann[1]}/tags", json={"tags": ["first"]})
    come_to_rest(stage)
    assert runs_of(untagged) == ["done"]


@pytest.mark.parametrize("side", ["ghl", "gist"])
def test_its_own_field_does_not_start_it(stage, ann, side):
    field = "firstName" if side == "ghl" else "phone"
    value = "{{ ghl.firstName }}x" if side == "ghl" else "+12025550101"
    changed = flow(stage, f"{side}.contact_changed", setting(side, field, value))
    rename(stage, ann, side)
    come_to_rest(stage)
    assert runs_of(changed) == ["done"]


def rename(stage, ann, side):
    if side == "ghl":
        stage.world.ghl("PUT", f"/contacts/{ann[1]}", json={"lastName": "Ray"})
    else:
        stage.world.gist("POST", "/contacts", json={"id": int(ann[0]), "name": "Ann Ray"})
        stage.trigger("user_created", ann[0])


def test_what_somebody_else_does_at_the_same_time_starts_it_all_the_same(stage, ann):
    any_tag = flow(stage, "ghl.tag_added", tagging("ghl", "add", "seen"))
    tag(stage, ann[1], "vip")
    stage.settle()
    tag(stage, ann[1], "gold")
    come_to_rest(stage)
    assert runs_of(any_tag) == ["done", "done"]


def test_the_tag_bridge_is_not_started_by_the_tag_it_mirrored(stage, ann, link):
    link.mapping_versions.get().rows.filter(gist_field="tags").delete()
    bridge = stage.workflow("tag_bridge")
    tag(stage, ann[1], "vip")
    come_to_rest(stage)
    assert runs_of(bridge) == ["done"]


def test_its_own_task_note_and_appointment_do_not_start_it(stage, ann):
    tasks = flow(stage, "ghl.task_created", {"do": "task.create", "values": {"title": "And another"}})
    notes = flow(stage, "ghl.note_added", {"do": "note.create", "values": {"body": "And another"}})
    stage.task(ann[1])
    stage.world.ghl("POST", f"/contacts/{ann[1]}/notes", json={"body": "By hand"})
    come_to_rest(stage)
    assert (runs_of(tasks), runs_of(notes)) == (["done"], ["done"])


def test_two_that_start_each_other_by_tags_end_with_words(stage, ann):
    one = flow(stage, "ghl.tag_added", tagging("ghl", "remove", "ping"), tagging("ghl", "add", "pong"), tag="ping")
    flow(stage, "ghl.tag_added", tagging("ghl", "remove", "pong"), tagging("ghl", "add", "ping"), tag="pong")
    tag(stage, ann[1], "ping")
    come_to_rest(stage)
    assert runs_of(one).count("done") == LOOP_RUNS
    stopped = Execution.objects.get(state="skipped")
    assert stopped.reason == "loop"
    assert "start each other" in stopped.message


def test_two_that_start_each_other_by_tasks_end_with_words(stage, ann):
    one = flow(stage, "ghl.task_created", {"do": "task.create", "values": {"title": "Ping"}})
    other = flow(stage, "ghl.task_created", {"do": "task.create", "values": {"title": "Pong"}})
    stage.task(ann[1])
    come_to_rest(stage)
    assert not Execution.objects.exclude(state__in=["done", "skipped"]).exists()
    assert len(stage.tasks(ann[1])) <= 2 * LOOP_RUNS + 1
    assert {runs_of(one)[-1], runs_of(other)[-1]} & {"skipped"}


def test_two_that_start_each_other_by_fields_end_with_words(stage, ann):
    longer = "{{ gist.custom_properties.plan }}x"
    one = flow(stage, "ghl.contact_changed", setting("gist", "custom_properties.plan", longer))
    other = flow(stage, "gist.contact_changed", setting("ghl", "firstName", "{{ ghl.firstName }}y"))
    stage.world.ghl("PUT", f"/contacts/{ann[1]}", json={"lastName": "Ray"})
    come_to_rest(stage)
    assert not Execution.objects.exclude(state__in=["done", "skipped"]).exists()
    assert max(len(runs_of(one)), len(runs_of(other))) <= LOOP_RUNS + 2


def test_its_own_tag_set_again_by_hand_later_starts_it(stage, ann):
    any_tag = flow(stage, "ghl.tag_added", tagging("ghl", "add", "seen"))
    tag(stage, ann[1], "vip")
    come_to_rest(stage)
    stage.world.ghl("DELETE", f"/contacts/{ann[1]}/tags", json={"tags": ["seen"]})
    come_to_rest(stage)
    tag(stage, ann[1], "seen")
    come_to_rest(stage)
    assert runs_of(any_tag) == ["done", "done"]


def test_only_what_others_changed_beside_its_own_work_counts(stage, ann):
    changed = flow(stage, "ghl.contact_changed", setting("ghl", "phone", "+12025550101"))
    stage.world.ghl("PUT", f"/contacts/{ann[1]}", json={"lastName": "Ray"})
    stage.settle()
    stage.world.ghl("PUT", f"/contacts/{ann[1]}", json={"lastName": "Fox"})
    come_to_rest(stage)
    told = Execution.objects.filter(workflow=changed).order_by("pk")
    assert [one.facts["event"]["fields"] for one in told] == [["name"], ["name"]]
