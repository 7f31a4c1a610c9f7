"""A link that only watches, of two sides with a bit of everything on them."""

import pytest

from integration.models import Link
from tests.world import World, sync

PHONE = "+12125550100"


@pytest.fixture
def link(link: Link, world: World) -> Link:
    """As the page makes one: it only watches. The location takes one address or number several times."""
    world.control("POST", "duplicates", {"account": world.location, "allowed": True})
    Link.objects.update(mode="watch")
    link.refresh_from_db()
    return link


@pytest.fixture
def cluster(world: World) -> None:
    """Ann in Gist, who may be either of two in GHL."""
    world.gist_contact(user_id="u1", name="Ann Lee", phone=PHONE)
    world.ghl_contact(firstName="Ann", lastName="Lee", phone=PHONE, email="ann@work.test")
    world.ghl_contact(firstName="A.", lastName="Lee", phone=PHONE, email="ann@home.test")


@pytest.fixture
def mixed(world: World, link: Link, cluster: None) -> Link:
    """Read once: Bob is on both sides, Cid only in Gist, Dot only in GHL, Eve looks like somebody; and the cluster."""
    world.gist_contact(email="bob@example.test", name="Bob Ray")
    world.ghl_contact(email="bob@example.test", firstName="Bob", lastName="Ray")
    world.gist_contact(email="cid@example.test", name="Cid Fox")
    world.ghl_contact(email="dot@example.test", firstName="Dot", lastName="May")
    world.gist_contact(email="eve.oak@home.test", name="Eve Oak")
    world.ghl_contact(email="eve.oak@work.test", firstName="Eve", lastName="Oak")
    sync(link)
    return link
