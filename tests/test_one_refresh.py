"""Fifty workers meet an expired token: one refresh, and no spent token is ever sent. Real processes and threads."""

import os
import subprocess
import sys
import textwrap

import pytest
import requests

from tests.processes import ROOT, Web, database

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]
WORKER = """
    import os, sys, threading
    from django.db import connection as database
    from integration.models import Connection
    from integration.oauth.tokens import login_for

    def meet(said):
        account = Connection.objects.get()
        said.append(login_for(account).renew("Bearer expired"))
        database.close()

    said = []
    threads = [threading.Thread(target=meet, args=(said,)) for _ in range(10)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(len(said), len(set(said)), said[0][-12:])
"""


@pytest.fixture
def web(tmp_path):
    with database(tmp_path) as address:
        running = Web(tmp_path / "data", address).start()
        yield running
        running.end()


def signed_in(web):
    """A connection with a real refresh token, whose access token has expired."""
    page = f"{web.url}/sandbox/ghl/oauth/chooselocation"
    back = "http://127.0.0.1/oauth/ghl/callback/"
    form = {"client_id": "sandbox-gistline", "redirect_uri": back, "choice": "allow", "scopes": ["contacts.readonly"]}
    code = requests.post(page, data=form, allow_redirects=False, timeout=10).headers["Location"].split("code=")[1]
    client = {"client_id": "sandbox-gistline", "client_secret": "sandbox-secret"}
    body = {**client, "grant_type": "authorization_code", "code": code.split("&")[0]}
    token = requests.post(f"{web.url}/sandbox/ghl/oauth/token", data=body, timeout=10).json()
    login = {"access_token": "expired", "refresh_token": token["refresh_token"]}
    web.ask(
        "str(Connection.objects.create(key='h', provider='ghl', sandbox=True, "
        f"account_id={token['locationId']!r}, credentials={login!r}))"
    )


def test_fifty_workers_make_one_refresh(web):
    signed_in(web)
    web.control("DELETE", "calls")
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", textwrap.dedent(WORKER)]
    env = {**web.env, "PYTHONUNBUFFERED": "1", "PATH": os.environ["PATH"]}
    workers = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(5)]
    said = {worker.communicate(timeout=120)[0].strip() for worker in workers}
    assert len(said) == 1, said
    assert said.pop().startswith("10 1 ")
    counted = web.control("GET", "calls")["ghl"]["by_operation"]
    assert counted["POST /oauth/token"] == 1
