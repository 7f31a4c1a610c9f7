"""Connect links, for owners: the list, making one, withdrawing one."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy

from dashboard.connect_links.forms import ConnectLinkForm
from dashboard.lists import EmptyState, ListWords, read_whole_list, render_list
from dashboard.permissions import settings_for_owners
from integration.models import ConnectLink
from integration.oauth.connect_links import make_connect_link, withdraw

SHOWN = 200
LIST = ListWords(
    things="connect links",
    nothing=EmptyState(
        "No connect links yet",
        "Send a client an address, and they let you into their GHL location without an account here.",
        reverse_lazy("connect_link_new"),
        "Make a connect link",
    ),
)


@settings_for_owners
def connect_link_list(request: HttpRequest) -> HttpResponse:
    rows = ConnectLink.objects.select_related("made_by", "connection").defer("connection__credentials")
    return render_list(request, "connect_links/list.html", read_whole_list(LIST, lambda: list(rows[:SHOWN])))


@settings_for_owners
def new_connect_link(request: HttpRequest) -> HttpResponse:
    form = ConnectLinkForm(request.POST or None, auto_id="connect-%s")
    if form.is_bound and form.is_valid():
        facts = form.cleaned_data
        made, token = make_connect_link(
            facts["client"], facts["asker"], hours=facts["hours"], sandbox=bool(facts.get("sandbox")), user=request.user
        )
        address = f"{settings.PUBLIC_URL}{reverse('connect_client', args=[token])}"
        # Shown here and never again, so it is no redirect: the address must not be kept in a session or a cookie.
        return render(request, "connect_links/made.html", {"made": made, "address": address})
    return render(request, "connect_links/new.html", {"form": form}, status=422 if form.errors else 200)


@settings_for_owners
def withdraw_connect_link(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ConnectLink, pk=pk)
    if withdraw(found):
        messages.success(request, f"The address for {found.client} is withdrawn; it opens nothing any more.")
    else:
        messages.info(request, f"The address for {found.client} opened nothing any more before.")
    return redirect("connect_links")
