"""Where the set-up itself names somebody who is erased. It is left as an operator wrote it, and said.

A name may be an ordinary word of a text that goes to everybody, so nothing is rewritten there by itself.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from integration.models import Link, MappingDraft, Workflow, WorkflowVersion
from integration.privacy.scrub import is_mentioned, pattern_of

NAMED = "{} names them. It was left as it is: take that out there if nobody else is meant."
NAMED_BEFORE = "An older version of {} names them. It goes when the workflow is deleted."


def places_naming(marks: Iterable[str]) -> Iterator[str]:
    """Sentences, in which nothing of the person stands."""
    pattern = pattern_of(marks)

    def names(*values: Any) -> bool:
        return any(is_mentioned(value, pattern) for value in values)

    for link in Link.objects.order_by("pk"):
        if names(link.gist_filter, link.ghl_filter):
            yield NAMED.format(f"A filter of the link “{link.name}”")
    for draft in MappingDraft.objects.select_related("link").order_by("pk"):
        if names(draft.rows, draft.history):
            yield NAMED.format(f"The draft of the mapping of “{draft.link.name}”")
    for flow in Workflow.objects.order_by("pk"):
        if names(flow.definition):
            yield NAMED.format(f"The workflow “{flow.name}”")
        elif any(names(one.definition) for one in WorkflowVersion.objects.filter(workflow=flow)):
            yield NAMED_BEFORE.format(f"the workflow “{flow.name}”")
