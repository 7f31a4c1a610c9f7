"""What a person does on GHL's consent page, as the browser would send it."""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlencode, urlsplit

import requests


def answer(consent_url: str, choice: str = "allow", location: str = "", without: tuple[str, ...] = ()) -> str:
    """Choose on the page and return the address the browser is sent to."""
    parts = urlsplit(consent_url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    scopes = [scope for scope in asked["scope"].split() if scope not in without]
    form = {**asked, "location": location, "scopes": scopes, "choice": choice}
    page = f"{parts.scheme}://{parts.netloc}{parts.path}"
    sent = requests.post(page, data=form, allow_redirects=False, timeout=10)
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"]


def login(sandbox: str, scopes: Iterable[str]) -> dict[str, str]:
    """The tokens of somebody who allowed it, for the setup file; `sandbox` is the address of the twins."""
    client = {"client_id": "sandbox-gistline", "redirect_uri": "http://127.0.0.1/oauth/ghl/callback/"}
    consent_url = f"{sandbox}/ghl/oauth/chooselocation?{urlencode({**client, 'scope': ' '.join(scopes)})}"
    code = parse_qs(urlsplit(answer(consent_url)).query)["code"][0]
    body = {**client, "client_secret": "sandbox-secret", "grant_type": "authorization_code", "code": code}
    given = requests.post(f"{sandbox}/ghl/oauth/token", data=body, timeout=10).json()
    return {name: given[name] for name in ("access_token", "refresh_token")}


def allow(app, redirect_uri: str, agency: bool = False) -> str:
    """The code that GHL hands back."""
    url, _ = app.consent_url(redirect_uri)
    back = answer(url, location="agency" if agency else "")
    return parse_qs(urlsplit(back).query)["code"][0]
