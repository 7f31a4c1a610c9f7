"""What the templates of the log need beside the entries."""

from django.urls import reverse_lazy

from dashboard.lists import EmptyState, ListWords
from integration.models import LogEntry

LONGEST_CHAIN = 10
LIST = ListWords(
    things="entries",
    search_examples="Name, e-mail address or id, outcome:failed, run:12, field:email",
    no_match="No entry fits these filters.",
    nothing=EmptyState(
        "Nothing happened yet",
        "Once a link has synced, every write and every skip stands here with its reason.",
        reverse_lazy("links"),
        "Open the links",
    ),
)


def attempts_of(found: LogEntry) -> list[LogEntry]:
    """Earlier and later attempts for the same record, oldest first, `found` among them."""
    chain = [found]
    while chain[0].parent_id and len(chain) < LONGEST_CHAIN:
        earlier = LogEntry.objects.filter(pk=chain[0].parent_id).defer("calls", "noticed").first()
        if earlier is None:
            break
        chain.insert(0, earlier)
    later = LogEntry.objects.filter(parent=found).defer("calls", "noticed").order_by("pk")
    return [*chain, *later[:LONGEST_CHAIN]]
