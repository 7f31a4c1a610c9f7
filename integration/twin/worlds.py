"""What stands in the sandbox from the start: one agency, two locations, two Gist workspaces, some 200 people.

The ids are constants, everything else is drawn with a fixed seed. Awkward people, all of Alder:
- `Tomas Lindqvist` has no e-mail in GHL and none in Gist, where he is a user by his user_id;
- `Pilar Ortega` and `Hugo Ortega` share one phone;
- two GHL contacts have the e-mail nadia.haddad@example.test;
- `Zoë 🦷 Fairweather` has an emoji in her name, `نور الهاشمي` is written from right to left;
- `<script>alert("hi")</script> Moss` has markup in the name, `Maximiliana Aaa…` has 240 characters;
- BRONWYN.PRICE@EXAMPLE.TEST is written in upper case in Gist, lower case in GHL;
- `Otto Brandt` has the phone "+1 (212) 201 00 42" with spaces in Gist, E.164 in GHL;
- lead-0@example.test has no name at all.
"""

from integration.twin.store import Store

COMPANY_ID = "Nw7aGencYc0mpanyId01"
LOCATION_IDS = {"alder": "A1derDenta1Group0001", "bluefin": "B1uefinP1umbing00001"}
OWNER_ID = "UserA1derMarenBe1100"
WORKSPACE_IDS = {"alder": "48211", "bluefin": "48212"}
API_KEYS = {"alder": "gist-demo-alder", "bluefin": "gist-demo-bluefin"}
PRIVATE_TOKENS = {"alder": "pit-sandbox-alder", "bluefin": "pit-sandbox-bluefin"}
CLIENT_ID, CLIENT_SECRET = "sandbox-gistline", "sandbox-secret"
WORLDS = ("demo", "empty")
FIRST_GIST_ID = 1000


def check_world(world: str) -> None:
    if world not in WORLDS:
        raise ValueError(f"world must be one of {', '.join(WORLDS)}")


def seed_world(store: Store, world: str) -> None:
    """Fill an empty store. "empty" has the accounts with their users and settings, and no people."""
    from integration.twin import world_ghl, world_gist

    check_world(world)
    store.next_number("gist.id", FIRST_GIST_ID)
    world_ghl.seed_accounts(store)
    world_gist.seed_accounts(store)
    if world == "demo":
        world_ghl.seed_people(store)
        world_gist.seed_people(store)


def account_of(side: str, name: str) -> str:
    """The account that `name` stands for: "alder", an API key, a token, or the account's own id."""
    places = LOCATION_IDS if side == "ghl" else WORKSPACE_IDS
    keys = PRIVATE_TOKENS if side == "ghl" else API_KEYS
    for key, place in places.items():
        if name in (key, place, keys[key]):
            return place
    raise ValueError(f"{side} has no account {name}")
