"""A link's part of the setup file through the API: read, rehearsed, changed, and nothing of anybody else undone."""

import pytest

from integration.errors import StaleSave
from integration.mapping.drafts import Place, draft_now, publish_draft, save_draft
from integration.models import AuditEntry, Link, Mapping, MappingVersion, Workflow
from integration.setup_file.exporting import export_document
from tests.dashboard.api.program import Program, code_of
from tests.dashboard.browser import words

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
PLACE = "links/alder/setup"
ROWS = [{"gist": "email", "ghl": "email"}, {"gist": "name", "ghl": "name", "direction": "gist_to_ghl"}]


@pytest.fixture
def ruler(link):
    return Program("rules", name="Terraform")


def send(program, setup, dry_run=False, state=None):
    state = program.get(PLACE).json()["state"] if state is None else state
    return program.patch(PLACE, {"state": state, "setup": setup, "dry_run": dry_run})


def rows_of(link):
    version = link.mapping_versions.order_by("-number").first()
    return [(row.gist_field, row.ghl_field, row.direction) for row in version.rows.all()]


def test_it_is_read_as_the_setup_file_has_it_and_without_secrets(reader, link):
    link.gist.credentials = {"access_token": "very-secret"}
    link.gist.save()
    answer = reader.get(PLACE)
    (exported,) = export_document([link])["links"]
    assert answer.json()["setup"] == {name: exported[name] for name in exported if name not in ("key", "gist", "ghl")}
    assert "very-secret" not in answer.content.decode()


def test_a_mapping_is_replaced_as_a_version_called_after_the_key(ruler, link, as_owner):
    answer = send(ruler, {"mappings": ROWS, "conflict": "ghl"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["changed"] == [
        "link alder: conflict newest → ghl",
        f"link alder: mapping version {link.mapping_versions.latest('number').number} saved (2 rows)",
    ]
    assert rows_of(link) == [("email", "email", "two_way"), ("name", "name", "gist_to_ghl")]
    assert link.mapping_versions.latest("number").name == "API key Terraform"
    line = AuditEntry.objects.latest("pk")
    assert (line.what, line.link, line.after) == ("api_setup", "alder", {"changed": answer.json()["changed"]})
    assert line.actor.startswith("API key Terraform (")
    assert "Changed a link’s rules through the API" in words(as_owner.get("audit"))


def test_a_rehearsal_says_the_same_and_changes_nothing(ruler, link):
    setup = {"mappings": ROWS, "gist_filter": {"conditions": [{"field": "tags", "value": "vip"}]},
             "workflows": [{"template": "task_done"}]}  # fmt: skip
    before = ruler.get(PLACE).json()
    rehearsed = send(ruler, setup, dry_run=True)
    assert (rehearsed.json()["dry_run"], len(rehearsed.json()["changed"])) == (True, 3)
    assert ruler.get(PLACE).json() == before
    assert (Workflow.objects.count(), AuditEntry.objects.filter(what="api_setup").count()) == (0, 0)
    assert send(ruler, setup).json()["changed"] == rehearsed.json()["changed"]
    again = send(ruler, setup, state="what was read before").json()
    assert (again["changed"], AuditEntry.objects.filter(what="api_setup").count()) == ([], 1)


def test_what_is_read_can_be_sent_back_and_changes_nothing(ruler, link):
    send(ruler, {"mappings": ROWS, "workflows": [{"template": "task_done", "enabled": False}]})
    read = ruler.get(PLACE).json()
    answer = send(ruler, read["setup"], state=read["state"])
    assert (answer.json()["changed"], answer.json()["state"]) == ([], read["state"])


def test_a_workflow_is_made_changed_and_switched(ruler, link):
    send(ruler, {"workflows": [{"template": "task_done", "enabled": False}]})
    (flow,) = link.workflows.all()
    assert (flow.enabled, flow.version) == (False, 1)
    definition = {**flow.definition, "actions": flow.definition["actions"][:1]}
    changed = send(ruler, {"workflows": [{"template": "task_done", "enabled": True, "definition": definition}]}).json()
    flow.refresh_from_db()
    assert flow.enabled
    assert changed["changed"][-1] == f"link alder: workflow “{flow.name}”: switched on"


def test_what_somebody_else_changed_meanwhile_is_not_undone(ruler, link):
    state = ruler.get(PLACE).json()["state"]
    Link.objects.update(conflict="ask")
    answer = send(ruler, {"mappings": ROWS}, state=state)
    assert code_of(answer) == (409, "changed_meanwhile")
    assert (link.mapping_versions.count(), Link.objects.get().conflict) == (MappingVersion.objects.count(), "ask")
    assert "API key Terraform" not in link.mapping_versions.values_list("name", flat=True)
    assert code_of(ruler.patch(PLACE, {"setup": {"conflict": "gist"}})) == (422, "invalid")


def test_a_draft_that_somebody_keeps_stays_and_is_not_published_over_it_unseen(ruler, link):
    read = link.mapping_versions.latest("number").number
    kept = save_draft(link, ROWS[:1], read, Place(draft_now(link).revision))
    send(ruler, {"mappings": ROWS})
    assert draft_now(link).rows == kept.rows
    with pytest.raises(StaleSave):
        publish_draft(link, read, Place(kept.revision), "Mine", {})


@pytest.mark.parametrize(
    ("setup", "place"),
    [
        ({"mappings": [{"gist": "email", "ghl": "email"}, {"gist": "emial", "ghl": "name"}]}, "setup.mappings[1].gist"),
        ({"mappings": [{"gist": "email"}]}, "setup.mappings[0].ghl: is missing"),
        ({"mapings": []}, "setup.mapings: is not known here"),
        ({"conflict": "mine"}, "setup.conflict"),
        ({"workflows": [{"template": "task_done", "definition": {"actions": 1}}]}, "setup.workflows[0].definition"),
        ({"ghl_filter": {"conditions": [{"field": "nothing"}]}}, "setup.ghl_filter"),
        ({"default_country": "XX"}, "setup.default_country"),
        ({"access_token": "x"}, "setup.access_token: is not known here"),
        ({"gist": "other-gist"}, "setup.gist: is not known here"),
    ],
    ids=str,
)
def test_what_cannot_be_names_its_place_and_changes_nothing(ruler, link, setup, place):
    before = ruler.get(PLACE).content
    answer = send(ruler, {"direction": "gist_to_ghl", **setup})
    assert code_of(answer) == (422, "invalid")
    assert answer.json()["error"]["message"].startswith(place), answer.json()
    assert (ruler.get(PLACE).content, Mapping.objects.filter(version__name__startswith="API").count()) == (before, 0)


@pytest.mark.parametrize("scope", ["read", "act"])
def test_a_key_without_the_scope_changes_nothing(link, scope):
    program = Program(scope)
    assert code_of(send(program, {"conflict": "gist"})) == (403, "scope_missing")
    assert code_of(send(program, {"conflict": "gist"}, dry_run=True)) == (403, "scope_missing")
    assert Link.objects.get().conflict == "newest"


def test_a_run_under_way_keeps_its_lease(ruler, link):
    Link.objects.update(lease_owner="worker 1")
    assert send(ruler, {"conflict": "gist"}).json()["changed"]
    assert Link.objects.get().lease_owner == "worker 1"


def test_the_same_key_twice_in_an_object_is_refused(ruler, link):
    body = '{"state": "", "setup": {"conflict": "gist", "conflict": "ghl"}}'
    answer = ruler.client.patch(f"/api/v1/{PLACE}", body, content_type="application/json")
    assert code_of(answer) == (400, "unreadable")
    assert "gives “conflict” twice" in answer.json()["error"]["message"]
