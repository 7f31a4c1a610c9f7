"""Settings → People: who may do what, on which links; invitations, and the page behind one."""

from collections.abc import Callable
from typing import Any, cast

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.accounts.views import company_name
from dashboard.models import Invitation, Right, Role, User
from dashboard.people import invitations
from dashboard.people.context import made_ways_in, people_context, people_rows
from dashboard.people.forms import AcceptForm, AccessForm, InviteForm, access_of
from dashboard.people.roles import activate, change_access, deactivate, end_sessions, reset_factors, usual_rights
from dashboard.permissions import settings_for_owners
from integration.errors import SetupError

MADE_WAYS_IN = (
    "{} made what still lets somebody in: {}. Withdraw what nobody else needs: here, at Connections, Ask a client, or "
    "at Settings, API keys."
)
# Of a viewer they count for nothing: ticked all the same, they stand ready where another role is chosen then.
ACTING = [right for right in Right if right != Right.SEE_PERSONAL]


@settings_for_owners
def people(request: HttpRequest) -> HttpResponse:
    return render(request, "settings/people.html", people_context())


@settings_for_owners
def invite_person(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, initial=_initial_access(request), auto_id="invite-%s")
    if form.is_bound and form.is_valid():
        try:
            role, links = form.cleaned_data["role"], form.chosen_links
            rights = form.cleaned_data["rights"]
            invited = invitations.invite(form.cleaned_data["email"], role, links, cast(User, request.user), rights)
        except SetupError as problem:
            form.add_error(None, problem.problem)
        else:
            # Shown here and never again, so it is no redirect: the address must not be kept in a session or a cookie.
            return render(request, "settings/invited.html", {"invited": invited, "settings_page": "people"})
    return render(
        request, "settings/invite.html", {"form": form, "settings_page": "people"}, status=422 if form.errors else 200
    )


def _initial_access(request: HttpRequest) -> dict[str, Any]:
    """`role`, which htmx asks for when another one is chosen, ticks what it begins with."""
    role = request.GET.get("role", "")
    rights = usual_rights(role) or ACTING if role in Role.values else ACTING
    return {"scope": "all", "role": role or Role.VIEWER, "rights": [right.value for right in rights]}


@settings_for_owners
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Role and links of one person."""
    found = get_object_or_404(people_rows(), pk=pk)
    form = AccessForm(request.POST or None, initial=access_of(found), auto_id="access-%s")
    if form.is_bound and form.is_valid():
        try:
            given = form.cleaned_data
            change_access(found, given["role"], form.chosen_links, cast(User, request.user), given["rights"])
        except SetupError as problem:
            form.add_error(None, problem.problem)
        else:
            messages.success(request, f"{found} is {invitations.role_label(found.role)} now.")
            _warn_of_ways_in(request, found)
            return redirect("people")
    context = {"person": found, "form": form, "settings_page": "people"}
    return render(request, "settings/person.html", context, status=422 if form.errors else 200)


@settings_for_owners
def deactivate_person(request: HttpRequest, pk: int) -> HttpResponse:
    answer = _carry_out(request, pk, deactivate, "{} is deactivated and signed out everywhere.")
    _warn_of_ways_in(request, get_object_or_404(people_rows(), pk=pk))
    return answer


def _warn_of_ways_in(request: HttpRequest, person: User) -> None:
    """Of somebody who may not make them any more: they know the keys and addresses that they made."""
    if not (person.is_active and person.may_delete) and (ways := made_ways_in(person)):
        messages.warning(request, MADE_WAYS_IN.format(person, ways))


@settings_for_owners
def activate_person(request: HttpRequest, pk: int) -> HttpResponse:
    return _carry_out(request, pk, activate, "{} may sign in again.")


@settings_for_owners
def reset_factors_of_person(request: HttpRequest, pk: int) -> HttpResponse:
    sentence = "{} has no second factor any more, is signed out everywhere, and can set up a new one."
    return _carry_out(request, pk, reset_factors, sentence)


@settings_for_owners
def sign_out_person(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(people_rows(), pk=pk)
    but = request.session.session_key if found.pk == request.user.pk else None
    ended = end_sessions(found, but)
    messages.success(request, f"{ended} session{'' if ended == 1 else 's'} of {found} ended.")
    return redirect("people")


def _carry_out(request: HttpRequest, pk: int, command: Callable[[User, User], None], sentence: str) -> HttpResponse:
    found = get_object_or_404(people_rows(), pk=pk)
    try:
        command(found, cast(User, request.user))
    except SetupError as problem:
        messages.error(request, problem.problem)
    else:
        messages.success(request, sentence.format(found))
    return redirect("people")


@settings_for_owners
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Invitation.objects.select_related("user"), pk=pk)
    email = found.user.email
    invitations.revoke(found)
    messages.success(request, f"The invitation of {email} is withdrawn; its address opens nothing any more.")
    return redirect("people")


@login_not_required
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the one-time address: choose a password, and be signed in."""
    found = invitations.find_invitation(token)
    if found is None:
        return render(request, "account/invitation_ended.html", status=410)
    form = AcceptForm(request.POST or None, person=found.user, auto_id="accept-%s")
    if form.is_bound and form.is_valid():
        user = invitations.accept(token, form.cleaned_data["password"], form.cleaned_data["name"])
        if user is None:
            return render(request, "account/invitation_ended.html", status=410)
        # Through allauth, which asks for the second factor of somebody who had an account before.
        response: HttpResponse = perform_login(request, user, email_verification="optional")
        return response
    invitations.mark_opened(found)
    context = {"form": form, "person": found.user, "company": company_name()}
    return render(request, "account/invitation.html", context, status=422 if form.errors else 200)
