"""Passkeys, where their pages do other than allauth's."""

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.generic.edit import FormView

from dashboard.accounts.backend import Backend
from dashboard.accounts.passkey_forms import NOT_ACCEPTED


@method_decorator(login_not_required, name="dispatch")
class SignInByPasskey(LoginWebAuthnView):  # type: ignore[misc]
    """Takes what the passkey signed. Whoever may not sign in is told no more than that it was not accepted."""

    def form_valid(self, form: AuthenticateWebAuthnForm) -> HttpResponse:
        if not Backend().user_can_authenticate(form.cleaned_data["credential"].user):
            messages.error(self.request, NOT_ACCEPTED)
            return redirect("account_login")
        response: HttpResponse = super().form_valid(form)
        return response


class SecondStep(AuthenticateView):  # type: ignore[misc]
    """After the password: offers what the person has."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        has = {"has_passkeys": Authenticator.Type.WEBAUTHN in kinds, "has_app": Authenticator.Type.TOTP in kinds}
        return {**super().get_context_data(**kwargs), **has}


class ShowPasskeyAgain(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Before a change of how one signs in; one that was not accepted may be shown again, on the same page."""

    def form_invalid(self, form: AuthenticateWebAuthnForm) -> HttpResponse:
        return FormView.form_invalid(self, form)


def list_passkeys(request: HttpRequest) -> HttpResponse:
    """They stand on the page of second factors: this is where allauth goes after one was renamed or removed."""
    return redirect("mfa_index")


second_step = SecondStep.as_view()
sign_in_by_passkey = SignInByPasskey.as_view()
show_passkey_again = ShowPasskeyAgain.as_view()
