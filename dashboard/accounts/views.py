"""Sign-in, and what changes it; the rest of these pages is allauth's."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import EmailView, LoginView, PasswordResetView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from dashboard.models import User
from integration.demo import DEMO_EMAIL, DEMO_PASSWORD


@method_decorator(login_not_required, name="dispatch")
class Login(LoginView):  # type: ignore[misc]
    """The form. An htmx request of an ended session is redirected here with the whole page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        htmx = request.htmx  # type: ignore[attr-defined]
        # htmx would put the sign-in page into the part of the page that it asked for; this header makes the browser go
        # there as a whole, and come back to the page and not to the part.
        if htmx:
            back = urlencode({"next": htmx.current_url_abs_path or "/"})
            return HttpResponseClientRedirect(f"{reverse('account_login')}?{back}")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "demo": demo_login(), "company": company_name()}


def company_name() -> str:
    """By what the company's sign-in is called on buttons; empty where there is none."""
    return settings.OIDC_NAME if settings.OIDC_ISSUER else ""


def demo_login() -> dict[str, str] | None:
    """Address and password of the demo user, while there is one."""
    if not settings.DEMO or not User.objects.filter(email=DEMO_EMAIL).exists():
        return None
    return {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


@method_decorator(login_not_required, name="dispatch")
class ResetPassword(PasswordResetView):  # type: ignore[misc]
    """Asks for a link by mail; without a mail server the page says what to do instead."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().post if settings.SENDS_EMAIL else super().get
        response: HttpResponse = answer(request, *args, **kwargs)
        return response


class ChangeEmail(EmailView):  # type: ignore[misc]
    """A new address takes the place of the old one when it is confirmed."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Where no address is confirmed yet, allauth would make any primary, and take the one in use for a new one that
        # is to be replaced: it has to be confirmed first.
        unconfirmed = "action_add" in request.POST and not EmailAddress.objects.get_verified(request.user)
        if "action_primary" in request.POST or unconfirmed or not settings.SENDS_EMAIL:
            return redirect("account_email")
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


login = Login.as_view()
reset_password = ResetPassword.as_view()
change_email = ChangeEmail.as_view()
