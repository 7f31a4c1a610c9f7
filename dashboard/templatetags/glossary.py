"""A word of the glossary where it stands."""

from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString

from dashboard.glossary.words import TERMS

register = template.Library()


@register.simple_tag(takes_context=True)
def term(context: template.Context, key: str, words: str = "") -> str:
    """The word as a dotted button that opens its meaning; `words` where it stands in another form.

    Plain text from its second use on a page on. Never inside a link, a button or a summary. Raises KeyError for a word
    that the glossary has not.
    """
    found = TERMS[key]
    shown = words or found.in_sentence
    # Kept with the request and not with the context: included templates have contexts of their own.
    used: set[str] = vars(context["request"]).setdefault("terms_shown", set()) if "request" in context else set()
    if key in used:
        return shown
    used.add(key)
    facts: dict[str, Any] = {"term": found, "words": shown}
    # Without the end of the file's last line, which would stand as a space before a comma.
    return SafeString(get_template("components/term.html").render(facts).strip())
