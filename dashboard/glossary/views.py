"""The glossary: every word, searched by any of its letters."""

from django.http import HttpRequest, HttpResponse

from dashboard.glossary.filters import GlossaryFilter
from dashboard.glossary.words import TERMS
from dashboard.lists import EmptyState, ListWords, read_whole_list, render_list

LIST = ListWords(
    things="words",
    search_examples="A word, or what it is about",
    no_match="No word fits. The words in the pages of Gist and GHL may be called otherwise there.",
    nothing=EmptyState("No words", "The glossary is empty."),
)


def glossary(request: HttpRequest) -> HttpResponse:
    wanted = GlossaryFilter(request.GET)
    found = wanted.matching()
    letters = list(dict.fromkeys(one.title[0].upper() for one in found))
    first = {letter: next(one.key for one in found if one.title[0].upper() == letter) for letter in letters}
    context = {
        **read_whole_list(LIST, lambda: found), "filter": wanted, "count": str(len(found)), "all": len(TERMS),
        "letters": first,
    }  # fmt: skip
    return render_list(request, "glossary/list.html", context)
