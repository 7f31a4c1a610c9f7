"""Whatever stands in the fields of a form or of a list's filter: never a fault of ours, on any database."""

import pytest

from tests.dashboard.browser import Browser
from tests.dashboard.form_walk import Walk
from tests.dashboard.stage import begin_sign_ins, stage_everything


@pytest.fixture
def walk(ann, owner, settings):
    settings.SENDS_EMAIL = True
    browser = Browser(raise_request_exception=False)
    browser.client.force_login(owner)
    starts = stage_everything(ann)
    browser.post("account_reauthenticate", password="a-long-password")
    begin_sign_ins(browser)
    return Walk(browser, starts)


def test_x(walk):
    for m in ("GET", "POST"):
        for (mm, name, kind), one in walk.sendings.items():
            if mm == m:
                print(m, name, kind, one.path, one.fields[:6])
