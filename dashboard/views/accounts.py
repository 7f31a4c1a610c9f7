"""Sign-in."""

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from dashboard.models import User
from integration.demo import DEMO_EMAIL, DEMO_PASSWORD


@method_decorator(login_not_required, name="dispatch")
class Login(LoginView):  # type: ignore[misc]
    """The form; an htmx request that met an ended session sends the whole page here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        htmx = request.htmx  # type: ignore[attr-defined]
        if htmx:
            back = urlencode({"next": htmx.current_url_abs_path or "/"})
            return HttpResponseClientRedirect(f"{reverse('account_login')}?{back}")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "demo": demo_login()}


def demo_login() -> dict[str, str] | None:
    """Address and password of the demo user, while there is one."""
    if not settings.DEMO or not User.objects.filter(email=DEMO_EMAIL).exists():
        return None
    return {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}


login = Login.as_view()
