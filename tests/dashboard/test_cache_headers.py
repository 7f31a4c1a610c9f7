"""No cache keeps a page; static files and probes say for themselves what may be kept."""

import pytest

from tests.dashboard.addresses import address_of
from tests.dashboard.browser import Browser
from tests.dashboard.rights_table import NAMES

PROBES = ("healthz", "readyz", "metrics", "webhook_ghl", "webhook_gist")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PROBES])
def test_a_signed_in_page_is_kept_by_no_cache(world, standing, as_owner, name):
    assert {"private", "no-store"} <= directives(as_owner.client.get(address_of(name, standing)))


@pytest.mark.parametrize("where", ["/accounts/login/", "/accounts/password/reset/", "/nowhere/", "/runs/", "/?a=%00"])
def test_nor_is_what_somebody_gets_who_is_not_signed_in(db, where):
    assert {"private", "no-store"} <= directives(Browser().client.get(where))


def test_static_files_and_probes_are_left_alone(as_owner):
    # Only asked about: an answer with the file would hold it open.
    assert "private" not in directives(as_owner.client.head("/static/css/base.css"))
    assert "max-age=0" in directives(as_owner.client.get("/healthz"))


def directives(answer):
    return {one.strip() for one in answer.get("Cache-Control", "").split(",")}
