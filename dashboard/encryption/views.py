"""Settings → Encryption: under which key stored secrets stand, and bringing all under the newest."""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.permissions import settings_for_owners
from integration.encryption.rotate import count_by_key
from integration.queue import enqueue


@dataclass(frozen=True)
class KeyRow:
    """One key of ENCRYPTION_KEYS; `mark` tells it from the others and says nothing of it."""

    mark: str
    place: int
    secrets: int

    @property
    def state(self) -> str:
        if self.place == 1:
            return "Encrypts and reads"
        return "Only reads" if self.secrets else "Opens nothing any more: take it out"


@settings_for_owners
def encryption(request: HttpRequest) -> HttpResponse:
    counts = count_by_key()
    marks = [hashlib.sha256(key.encode()).hexdigest()[:4] for key in settings.ENCRYPTION_KEYS]
    rows = [
        KeyRow(mark, place, number) for place, (mark, number) in enumerate(zip(marks, counts.by_key, strict=True), 1)
    ]
    return render(request, "settings/encryption.html", {"settings_page": "encryption", "counts": counts, "rows": rows})


@settings_for_owners
def rotate_secrets(request: HttpRequest) -> HttpResponse:
    enqueue("rotate_secrets")
    messages.success(request, "A worker brings every secret under the newest key. Everything goes on meanwhile.")
    return redirect("encryption")
