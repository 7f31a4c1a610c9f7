"""The match screen in a browser: a cluster of three decided by keyboard, taken back, decided anew; then going live."""

import re
from copy import deepcopy
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from integration.twin.worlds import API_KEYS, LOCATION_IDS, PRIVATE_TOKENS
from tests.browser.conftest import LOOKS, axe_faults, sign_in
from tests.processes import ACCOUNTS, SETUP, Up, apply, clear

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.processes, pytest.mark.enable_socket]

PHONE = "+12125550100"


def add(up: Up, side: str, client: str = "alder", **fields: str) -> None:
    where = "gist/contacts" if side == "gist" else "ghl/contacts/"
    body = fields if side == "gist" else {"locationId": LOCATION_IDS[client], **fields}
    headers = {"Authorization": f"Bearer {(API_KEYS if side == 'gist' else PRIVATE_TOKENS)[client]}"}
    headers |= {"Version": "2021-07-28"} if side == "ghl" else {}
    answer = requests.post(f"{up.url}/sandbox/{where}", json=body, headers=headers, timeout=30)
    assert answer.ok, answer.text


@pytest.fixture(scope="module")
def watching(up: Up) -> Up:
    """A link that only watches. Ann in Gist may be either of two in GHL, and Eve looks like somebody there.

    Beside it a link of two other accounts that only watches too, with one on each side: it goes live.
    """
    clear(up)
    up.control("POST", "duplicates", {"account": ACCOUNTS["ghl"], "allowed": True})
    add(up, "gist", user_id="u1", name="Ann Lee", phone=PHONE)
    add(up, "ghl", firstName="Ann", lastName="Lee", phone=PHONE, email="ann@work.test")
    add(up, "ghl", firstName="A.", lastName="Lee", phone=PHONE, email="ann@home.test")
    add(up, "gist", email="eve.oak@home.test", name="Eve Oak")
    add(up, "ghl", email="eve.oak@work.test", firstName="Eve", lastName="Oak")
    add(up, "gist", email="bob@example.test", name="Bob Ray")
    add(up, "ghl", email="bob@example.test", firstName="Bob", lastName="Ray")
    add(up, "gist", "bluefin", email="mia@example.test", name="Mia Roe")
    add(up, "ghl", "bluefin", email="tom@example.test", firstName="Tom", lastName="Fox")
    apply(up, _watching_links())
    return up


def _watching_links() -> dict[str, Any]:
    setup = deepcopy(SETUP)
    gist, ghl = setup["connections"]
    setup["connections"] += [
        {**gist, "key": "g2", "name": "G2", "access_token": API_KEYS["bluefin"]},
        {
            **ghl,
            "key": "h2",
            "name": "H2",
            "location_id": LOCATION_IDS["bluefin"],
            "private_token": PRIVATE_TOKENS["bluefin"],
        },
    ]
    setup["links"][0]["mode"] = "watch"
    setup["links"].append({**setup["links"][0], "key": "bluefin", "gist": "g2", "ghl": "h2"})
    return setup


def read_both_sides(page: Page, up: Up, verb: str, link: str = "alder") -> None:
    page.goto(f"/links/{link}/match/")
    page.get_by_role("button", name=verb).click()
    expect(page.get_by_text("is under way")).to_be_visible()
    up.wait_for(lambda: not up.ask("Run.objects.filter(finished_at=None).exists()"), 60, "both sides are read")
    page.goto(f"/links/{link}/match/")


def faults(page: Page) -> list[str]:
    sideways = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return axe_faults(page) + ["scrolls sideways"] * sideways


def test_a_cluster_of_three_is_decided_by_keyboard_taken_back_and_decided_anew(page: Page, watching: Up):
    sign_in(page)
    read_both_sides(page, watching, "Read both sides")
    expect(page.get_by_role("heading", name="Who is Ann Lee in GHL?")).to_be_visible()
    expect(page.locator("thead .score b")).to_have_text(["65", "55"])
    assert faults(page) == []
    page.keyboard.press("2")
    expect(page.get_by_text("Ann Lee is linked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Who is Eve Oak in GHL?")).to_be_visible()
    page.get_by_role("link", name="1 decided").click()
    page.get_by_role("button", name="Take back the decision about Ann Lee").click()
    expect(page.get_by_text("Taken back. Ann Lee")).to_be_visible()
    page.goto("/links/alder/match/")
    page.get_by_role("link", name="Ann Lee").first.click()
    page.get_by_role("button", name="Merge them in GHL").click()
    expect(page.get_by_text("API cannot merge contacts")).to_be_visible()
    page.get_by_role("button", name="Leave them as they are").click()
    page.get_by_role("button", name="Keep all apart").click()
    expect(page.get_by_text("are different people")).to_be_visible()
    # Nothing was written for any of it, and reading again asks about none of the three.
    read_both_sides(page, watching, "Read again")
    expect(page.get_by_role("link", name=re.compile("Eve Oak"))).to_be_visible()
    expect(page.get_by_text("Ann Lee")).to_have_count(0)
    assert watching.ask("Pair.objects.filter(link__key='alder').count()") == 1
    assert page.troubles == []


def test_the_link_says_what_the_first_sync_will_do_before_it_does_it(page: Page, watching: Up):
    sign_in(page)
    read_both_sides(page, watching, "Read both sides", "bluefin")
    page.goto("/links/bluefin/")
    expect(page.get_by_role("heading", name="From here to live")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Go live…").click()
    page.get_by_role("button", name=re.compile("Go live: create 2, update 0")).click()
    page.wait_for_url("**/runs/**")
    expect(page.get_by_role("main")).to_contain_text("Succeeded", timeout=60_000)
    assert watching.ask("Run.objects.order_by('-pk').first().created") == 2
    assert page.troubles == []


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_nobody_is_kept_out_of_the_match_screen(page: Page, watching: Up, width: int, theme: str):
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": watching.url}])
    sign_in(page)
    found = {}
    for address in ("", "gist/", "ghl/", "both/", "lost/", "decided/"):
        page.goto(f"/links/alder/match/{address}")
        found[address] = faults(page)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
