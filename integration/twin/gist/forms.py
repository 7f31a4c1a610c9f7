"""Forms, their submissions, and handing one in (docs/gist-api.md#forms)."""

from integration.twin.clock import now_s
from integration.twin.gist import pages, people
from integration.twin.gist.access import body_of, refuse
from integration.twin.gist.api import ROUTER
from integration.twin.gist.audience import load_document
from integration.twin.router import Call
from integration.twin.store import Doc, Row

KIND, SUBMISSION = "gist.form", "gist.submission"


@ROUTER.add("GET", "/forms")
def list_forms(call: Call) -> Doc:
    """One of them when the query names it."""
    if call.query.get("form_id"):
        return {"form": load_document(call, KIND, call.query["form_id"], "Form")}
    return pages.cut_page(call, "forms", call.store.all(KIND, call.account))


@ROUTER.add("GET", "/forms/{id}/submissions")
def list_submissions(call: Call) -> Doc:
    form = load_document(call, KIND, call.params["id"], "Form")
    return pages.cut_page(call, "submissions", call.store.find(SUBMISSION, call.account, "parent", str(form["id"])))


@ROUTER.add("POST", "/forms/{id}/subscribe")
def submit_form(call: Call) -> Doc:
    """A contact that is not known yet is made a lead."""
    form = load_document(call, KIND, call.params["id"], "Form")
    body = body_of(call)
    if not body.get("email"):
        raise refuse(400, "email is required")
    contact = people.find_contact(call.store, call.account, {"email": body["email"]}) or people.new_contact(call.store)
    people.apply_body(contact, {name: body[name] for name in ("email", "name", "phone") if name in body})
    people.save_contact(call.store, call.account, contact)
    number = call.store.next_number("gist.id")
    submission = {"id": number, "form_id": form["id"], "contact_id": contact["id"], "data": body, "created_at": now_s()}
    call.store.put(Row(SUBMISSION, call.account, str(number), submission, parent=str(form["id"])))
    return {"submission": submission}
