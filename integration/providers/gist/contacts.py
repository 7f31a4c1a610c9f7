"""Contact operations (docs/gist-api.md#contacts)."""

from functools import partial

from integration.providers.gist import schemas as s
from integration.providers.operations import Operation

_op = partial(Operation, source="docs/gist-api.md#contacts")

# Found by id, user_id or email, so that sending it twice does not make two.
SAVE = _op(
    "gist.contacts.save", "Create or update a contact", "POST", "/contacts", s.ContactAnswer, body=s.ContactBody,
    scope="write_contact",
)  # fmt: skip
GET = _op("gist.contacts.get", "Read a contact", "GET", "/contacts/{contact_id}", s.ContactAnswer, scope="read_contact")
# An unknown address is answered with an error, which here is an answer (docs/gist-api.md#errors).
FIND = _op(
    "gist.contacts.find", "Find a contact by e-mail or user id", "GET", "/contacts", s.MaybeContact,
    query=("email", "user_id"), lenient={404: {}, 400: {}}, scope="read_contact",
)  # fmt: skip
LIST = _op(
    "gist.contacts.list", "List contacts", "GET", "/contacts", s.ContactList,
    query=(
        "page", "per_page", "order", "order_by", "tag_id", "tags", "segment_id", "campaign_id", "form_id", "status",
        "email_like", "created_since",
    ),
    scope="read_bulk_contacts",
)  # fmt: skip
DELETE = _op(
    "gist.contacts.delete", "Delete a contact", "DELETE", "/contacts/{contact_id}", s.AnyAnswer, scope="write_contact"
)
DELETE_BY = _op(
    "gist.contacts.delete_by", "Delete a contact by e-mail or user id", "DELETE", "/contacts", s.AnyAnswer,
    query=("email", "user_id"), scope="write_contact",
)  # fmt: skip
BATCH = _op(
    "gist.contacts.batch", "Create or update many contacts", "POST", "/contacts/batch", s.AnyAnswer, body=s.Batch,
    scope="write_bulk_contacts",
)  # fmt: skip
BATCH_STATUS = _op(
    "gist.contacts.batch_status", "Ask how an import is going", "GET", "/contacts/batch/{batch_id}", s.AnyAnswer,
    scope="read_bulk_contacts",
)  # fmt: skip
