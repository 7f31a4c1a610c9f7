"""Deleting is confirmed by typing the name of what is deleted: see templates/components/confirm.html."""

from django.contrib import messages
from django.http import HttpRequest


def is_name_typed(request: HttpRequest, name: str) -> bool:
    """Whether the form names it; if not, the next page says that nothing was deleted."""
    if request.POST.get("confirm", "").strip() == name:
        return True
    messages.error(request, f"Nothing was deleted: the name typed is not “{name}”.")
    return False
