"""A value is never turned into another one: what does not fit is left out and named, the rest of the person goes on."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from integration.connections.fields import fields_of
from integration.mapping.versions import save_version
from integration.models import Execution, LogEntry, Run, Snapshot
from integration.workflows import versions
from tests.conftest import MAPPING
from tests.world import sync

COMMA = {"name": "decimal_comma", "side": "gist"}
COUNTRY = {"name": "country", "gist": "name", "ghl": "code"}
SIZE = {"gist": "custom_properties.size", "ghl": "customFields.size"}


@pytest.fixture
def maps(world, link):
    """Makes fields in GHL and maps them beside the usual ones: name and type, options, steps."""

    def add(name, kind="TEXT", *options, steps=(), ghl="", gist="", **more):
        if not ghl:
            body = {"name": name, "dataType": kind, "model": "contact", "textBoxListOptions": list(options)}
            world.ghl("POST", f"/locations/{world.location}/customFields", json=body)
        row = {"gist": gist or f"custom_properties.{name}", "ghl": ghl or f"customFields.{name}", "steps": list(steps)}
        save_version(link, [*MAPPING, row | more])

    return add


def add_ann(world, **properties):
    return world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["vip"], custom_properties=properties)


def in_ghl(world, name=""):
    """Ann as GHL has her, and one of her custom values."""
    (ann,) = world.everyone("ghl")
    ids = world.ghl("GET", f"/locations/{world.location}/customFields?model=contact")["customFields"]
    (wanted,) = [one["id"] for one in ids if one["fieldKey"] == f"contact.{name}"] or [""]
    return ann, next((one["value"] for one in ann.get("customFields", []) if one["id"] == wanted), None)


def in_gist(world, name):
    return world.everyone("gist")[0]["custom_properties"].get(name)


def left_out(run):
    """The message of the one entry of this run."""
    return LogEntry.objects.get(run=run, kind="contact").message


# Numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["7,5", "2.345,60", "0012"])
def test_a_text_that_is_no_number_is_left_out_and_the_person_is_created(world, link, maps, text):
    maps("size", "NUMERICAL")
    add_ann(world, size=text)
    run = sync(link)
    ann, size = in_ghl(world, "size")
    assert (run.created, ann["tags"], size, in_gist(world, "size")) == (1, ["vip"], None, text)
    assert f"“{text}” is no number" in left_out(run)


def test_with_the_step_a_decimal_comma_goes_both_ways(world, link, maps):
    maps("size", "NUMERICAL", steps=[COMMA])
    add_ann(world, size="2.345,60")
    sync(link)
    ann, size = in_ghl(world, "size")
    assert size == 2345.6
    (field,) = ann["customFields"]
    world.ghl("PUT", f"/contacts/{ann['id']}", json={"customFields": [{"id": field["id"], "field_value": 7.5}]})
    sync(link)
    assert in_gist(world, "size") == "7,5"


def test_what_was_left_out_goes_over_as_soon_as_it_fits(world, link, maps):
    maps("size", "NUMERICAL")
    add_ann(world, size="7,5")
    sync(link)
    save_version(link, [*MAPPING, {**SIZE, "steps": [COMMA]}])
    sync(link)
    assert in_ghl(world, "size")[1] == 7.5
    assert sync(link).updated == 0


# Phone numbers --------------------------------------------------------------------------------------------


def lives_in(world, link, country, zone="UTC"):
    world.control("POST", "place", {"account": world.location, "country": country, "timezone": zone})
    link.ghl.settings = {"country": country, "timezone": zone}
    link.ghl.save()


@pytest.mark.parametrize(
    ("location", "of_link", "number"),
    [("AU", "", "+61412000111"), ("US", "AU", "+61412000111"), ("AU", "US", None), ("US", "", None), ("", "", None)],
)
def test_a_number_is_of_the_locations_country_unless_the_link_says_otherwise(world, link, location, of_link, number):
    lives_in(world, link, location)
    link.default_country = of_link
    link.save()
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone="0412 000 111")
    run = sync(link)
    (ann,) = world.everyone("ghl")
    assert (ann.get("phone"), ann["firstName"], Snapshot.objects.get(side="gist").phone) == (
        number,
        "Ann",
        number or "",
    )
    assert number or "“0412 000 111” is no phone number" in left_out(run)


def test_what_is_left_out_begins_its_workflow_once_when_it_goes_over(world, link):
    lives_in(world, link, "US")
    does = [{"do": "gist.contact.set", "values": {"field": "custom_properties.seen", "value": "yes"}}]
    definition = {"triggers": [{"on": "gist.contact_changed", "field": "phone"}], "actions": does}
    versions.create_workflow(link, "tag_bridge", definition=definition, enabled=True)
    gist = world.gist_contact(email="ann@example.test", name="Ann Lee", phone="0412 000 111")
    edit = {"id": gist["id"], "email": gist["email"]}
    for change, begun in (
        ({}, 0),
        ({"name": "Anna Lee"}, 0),
        ({"phone": "0412 000 112"}, 0),
        ({"phone": "+61412000111"}, 1),
    ):
        world.gist("POST", "/contacts", json=edit | change)
        sync(link)
        assert Execution.objects.count() == begun
    assert (world.everyone("ghl")[0]["phone"], sync(link).unchanged) == ("+61412000111", 1)


def test_the_country_is_learnt_before_the_first_number_is_read(world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone="(415) 555-2671")
    run = sync(link)
    assert (run.rules["country"], run.rules["zone"]) == ("US", "America/New_York")
    assert world.everyone("ghl")[0]["phone"] == "+14155552671"


def test_without_a_step_a_number_is_still_checked(world, link):
    save_version(link, [*MAPPING[:2], {"gist": "phone", "ghl": "phone"}])
    world.gist_contact(email="ann@example.test", name="Ann Lee", phone="ask at the desk")
    run = sync(link)
    assert (run.created, "“ask at the desk” is no phone number" in left_out(run)) == (1, True)


# Types ----------------------------------------------------------------------------------------------------


def test_no_rule_changes_because_a_page_was_looked_at(world, link, maps):
    maps("note")
    add_ann(world, note="no")
    world.gist_contact(email="bo@example.test", name="Bo Ray", custom_properties={"note": "0012"})
    sync(link)
    world.gist_contact(email="cy@example.test", name="Cy Orr", custom_properties={"note": True})
    fields_of(link.gist, refresh=True)
    sync(link)
    run = sync(link)
    assert (run.updated, run.skipped, run.failed) == (0, 0, 0)
    rules = Run.objects.order_by("pk").values_list("rules", flat=True)
    assert rules[0] == rules[1] == rules[2]
    held = {one["email"]: one["custom_properties"]["note"] for one in world.everyone("gist")}
    assert held == {"ann@example.test": "no", "bo@example.test": "0012", "cy@example.test": True}


@pytest.mark.parametrize(
    ("seen", "written", "arrives"),
    [(5, "6", 6), (5, "0012", "0012"), (5, "7,5", "7,5"), (True, "false", False), (True, "no", "no"), ("a", "6", "6")],
)
def test_a_property_keeps_the_type_it_was_mapped_with_and_other_values_stay_text(
    world, link, maps, seen, written, arrives
):
    add_ann(world, note=seen)
    fields_of(link.gist, refresh=True)
    maps("note")
    sync(link)
    ann, _ = in_ghl(world)
    (field,) = ann["customFields"]
    world.ghl("PUT", f"/contacts/{ann['id']}", json={"customFields": [{"id": field["id"], "field_value": written}]})
    sync(link)
    assert (in_gist(world, "note"), type(in_gist(world, "note"))) == (arrives, type(arrives))
    assert in_ghl(world, "note")[1] == written


@pytest.mark.parametrize("other", ["No", "Yes"])
def test_a_choice_stays_the_choices_text(world, link, maps, other):
    maps("member", "RADIO", "Yes", "No")
    add_ann(world, member=other == "No")
    fields_of(link.gist, refresh=True)
    sync(link)
    ann, member = in_ghl(world, "member")
    assert member == ("Yes" if other == "No" else "No")
    (field,) = ann["customFields"]
    world.ghl("PUT", f"/contacts/{ann['id']}", json={"customFields": [{"id": field["id"], "field_value": other}]})
    sync(link)
    assert (in_gist(world, "member"), in_ghl(world, "member")[1]) == (other, other)


# What the other side would refuse ---------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", [False, True])
def test_a_text_too_long_for_gist_is_left_out_and_the_rest_is_written(world, link, maps, pairs):
    maps("note")
    if pairs:
        add_ann(world)
        sync(link)
    (field,) = [one for one in world.ghl("GET", f"/locations/{world.location}/customFields")["customFields"]
                if one["fieldKey"] == "contact.note"]  # fmt: skip
    long = {"customFields": [{"id": field["id"], "field_value": "x" * 300}], "tags": ["new"]}
    if pairs:
        world.ghl("PUT", f"/contacts/{in_ghl(world)[0]['id']}", json={"firstName": "Anna", "lastName": "Lee", **long})
    else:
        world.ghl_contact(firstName="Anna", lastName="Lee", email="ann@example.test", **long)
    run = sync(link)
    (ann,) = world.everyone("gist")
    assert (ann["name"], "new" in [tag["name"] for tag in ann["tags"]], run.failed) == ("Anna Lee", True, 0)
    assert in_gist(world, "note") is None
    assert "Gist takes at most 255" in left_out(run)


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ({"ghl": "country"}, "Germany", "no country code"),
        ({"ghl": "country"}, "gb", "no country code"),
        ({"ghl": "dateOfBirth"}, "2023-02-30", "is no date"),
        ({"ghl": "dateOfBirth"}, "0000-00-00", "is no date"),
        ({"kind": "SINGLE_OPTIONS", "options": ("Gold", "Silver")}, "Lead", "not among the options"),
        ({"kind": "NUMERICAL"}, "many", "is no number"),
        ({"kind": "PHONE"}, "0000", "is no phone number"),
        ({"kind": "DATE"}, "31.02.2024", "is no date"),
    ],
)
def test_one_bad_value_does_not_keep_the_person_out(world, link, maps, pairs, field, value, sentence):
    maps("extra", field.get("kind", "TEXT"), *field.get("options", ()), ghl=field.get("ghl", ""))
    ann = add_ann(world)
    if pairs:
        sync(link)
    edit = {"id": ann["id"], "email": "ann@example.test", "name": "Anna Lee", "custom_properties": {"extra": value}}
    world.gist("POST", "/contacts", json=edit)
    run = sync(link)
    anna, extra = in_ghl(world, "extra")
    assert (anna["firstName"], anna["tags"], extra, anna.get(field.get("ghl", ""))) == ("Anna", ["vip"], None, None)
    assert (sentence in left_out(run), run.failed, in_gist(world, "extra")) == (True, 0, value)
    assert sync(link).unchanged == 1


def test_members_that_the_field_does_not_offer_are_left_out_one_by_one(world, link, maps):
    maps("colours", "CHECKBOX", "Red", "Blue")
    ann = add_ann(world, colours="red, Pink")
    run = sync(link)
    assert (in_ghl(world, "colours")[1], "does not offer “Pink”" in left_out(run)) == (["Red"], True)
    edit = {"id": ann["id"], "email": "ann@example.test", "custom_properties": {"colours": "red, Pink, blue"}}
    world.gist("POST", "/contacts", json=edit)
    run = sync(link)
    assert (in_ghl(world, "colours")[1], "does not offer “Pink”" in left_out(run)) == (["Red", "Blue"], True)


def test_a_list_too_long_for_gist_is_left_out_and_the_rest_is_written(world, link, maps):
    options = [f"Option number {number}" for number in range(20)]
    maps("colours", "CHECKBOX", *options)
    add_ann(world, colours=options[0])
    sync(link)
    ann, _ = in_ghl(world)
    (field,) = ann["customFields"]
    edit = {"firstName": "Anna", "customFields": [{"id": field["id"], "field_value": options}]}
    world.ghl("PUT", f"/contacts/{ann['id']}", json=edit)
    run = sync(link)
    assert (world.everyone("gist")[0]["name"], in_gist(world, "colours"), run.failed) == ("Anna Lee", options[0], 0)
    assert "Gist takes at most 255" in left_out(run)
    assert in_ghl(world, "colours")[1] == options


@pytest.mark.parametrize(("given", "code"), [("Germany", "DE"), ("gb", "GB"), ("united kingdom", "GB")])
def test_the_step_makes_codes_of_countries_and_names_of_codes(world, link, maps, given, code):
    maps("land", ghl="country", steps=[COUNTRY])
    add_ann(world, land=given)
    sync(link)
    ann, _ = in_ghl(world)
    assert (ann["country"], in_gist(world, "land")) == (code, given)
    world.ghl("PUT", f"/contacts/{ann['id']}", json={"country": "AT"})
    sync(link)
    assert in_gist(world, "land") == "Austria"


# Tags, names, days ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["cafe\u0301 club", "café\u200b club", "\ufeffCafé  Club ", "CAFÉ CLUB"])
def test_tags_that_look_alike_are_one(world, link, other):
    world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["Café Club"])
    world.ghl_contact(email="ann@example.test", firstName="Ann", lastName="Lee", tags=[other])
    before = [world.everyone(side)[0]["tags"] for side in ("gist", "ghl")]
    assert (sync(link).unchanged, sync(link).unchanged) == (1, 1)
    assert [world.everyone(side)[0]["tags"] for side in ("gist", "ghl")] == before


def test_a_sharp_s_is_not_two(world, link):
    world.gist_contact(email="ann@example.test", name="Ann Lee", tags=["Straße"])
    world.ghl_contact(email="ann@example.test", firstName="Ann", lastName="Lee", tags=["strasse"])
    sync(link)
    assert sorted(world.everyone("ghl")[0]["tags"]) == ["strasse", "straße"]
    assert sorted(tag["name"] for tag in world.everyone("gist")[0]["tags"]) == ["Straße", "strasse"]


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [("Mary Ann Smith-Jones", "Mary Ann", "Smith-Jones"), ("Marianne Smith", "Marianne", "Smith"),
     ("Mary Ann", "Mary Ann", None), ("Bo Ray", "Bo", "Ray")],
)  # fmt: skip
def test_a_first_name_of_two_words_stays_whole(world, link, full, first, last):
    world.ghl_contact(email="mary@example.test", firstName="Mary Ann", lastName="Smith")
    sync(link)
    (gist,) = world.everyone("gist")
    assert gist["name"] == "Mary Ann Smith"
    world.gist("POST", "/contacts", json={"id": gist["id"], "email": gist["email"], "phone": "+14155552671"})
    sync(link)
    assert [world.everyone("ghl")[0].get(key) for key in ("firstName", "lastName")] == ["Mary Ann", "Smith"]
    world.gist("POST", "/contacts", json={"id": gist["id"], "email": gist["email"], "name": full})
    sync(link)
    assert [world.everyone("ghl")[0].get(key) for key in ("firstName", "lastName")] == [first, last]
    assert sync(link).unchanged == 1


def test_rows_that_cut_the_name_one_way_leave_a_good_cut_alone(world, link):
    cut = {"gist": "name", "direction": "gist_to_ghl"}
    rows = [{**cut, "ghl": "firstName", "steps": [{"name": "first_name"}]},
            {**cut, "ghl": "lastName", "steps": [{"name": "last_name"}]}]  # fmt: skip
    save_version(link, [MAPPING[0], *rows])
    world.ghl_contact(email="mary@example.test", firstName="Mary Ann", lastName="Smith")
    gist = world.gist_contact(email="mary@example.test", name="Mary Ann Smith")
    assert sync(link).unchanged == 1
    world.gist("POST", "/contacts", json={"id": gist["id"], "email": gist["email"], "name": "Mary Ann Jones"})
    sync(link)
    assert [world.everyone("ghl")[0].get(key) for key in ("firstName", "lastName")] == ["Mary Ann", "Jones"]


def test_half_a_name_does_not_take_the_place_of_the_whole_one(world, link):
    row = {"gist": "name", "ghl": "firstName", "steps": [{"name": "first_name"}]}
    save_version(link, [MAPPING[0], row])
    mary = world.ghl_contact(email="mary@example.test", firstName="Mary Ann", lastName="Smith")
    world.gist_contact(email="mary@example.test", name="Mary Ann Smith")
    sync(link)
    world.ghl("PUT", f"/contacts/{mary['id']}", json={"firstName": "Maria"})
    sync(link)
    assert world.everyone("gist")[0]["name"] == "Maria Smith"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "UTC"])
def test_a_day_is_the_same_day_on_both_sides(world, link, maps, zone):
    lives_in(world, link, "US", zone)
    maps("renewal_at", "DATE")
    midnight = int(datetime(2026, 7, 24, tzinfo=ZoneInfo(zone)).timestamp())
    add_ann(world, renewal_at=midnight)
    sync(link)
    ann, day = in_ghl(world, "renewal_at")
    assert day == "2026-07-24"
    assert sync(link).unchanged == 1
    (field,) = ann["customFields"]
    world.ghl(
        "PUT", f"/contacts/{ann['id']}", json={"customFields": [{"id": field["id"], "field_value": "2026-12-01"}]}
    )
    sync(link)
    assert in_gist(world, "renewal_at") == int(datetime(2026, 12, 1, tzinfo=ZoneInfo(zone)).timestamp())
    assert sync(link).unchanged == 1
    assert in_ghl(world, "renewal_at")[1] == "2026-12-01"
