"""How much two records look alike: every point has its reason, and the work does not grow with the square of people."""

import pytest

from integration.mapping.rules import Row, Rules
from integration.models import Question, Snapshot
from integration.sync import near
from integration.sync.likeness import Traits, compare_traits
from integration.sync.near import ask_about_near_matches

COMPANY = Rules(rows=(Row("custom_properties.company", "companyName"),))


def traits(email="", name="", phone="", **fields):
    return Traits((email,) if email else (), phone, name, fields)


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        ({"email": "a@x.test"}, {"email": "a@x.test"}, {"Same e-mail": 50}),
        ({"email": "keller@x.test"}, {"email": "kellar@x.test"}, {"E-mail differs in one letter": 20}),
        ({"email": "keller@x.test"}, {"email": "kellre@x.test"}, {"E-mail differs in one letter": 20}),
        ({"email": "keller@x.test"}, {"email": "kelle@x.test"}, {"E-mail differs in one letter": 20}),
        ({"email": "p1@x.test"}, {"email": "p2@x.test"}, {"Other e-mail": 0}),
        ({"email": "j.keller+news@x.test"}, {"email": "jkeller@y.test"}, {"Same e-mail before the @": 15}),
        ({"email": "info@foo.test"}, {"email": "info@bar.test"}, {"Other e-mail": 0}),
        ({"phone": "+4930555011"}, {"phone": "+4930555011"}, {"Same phone": 40}),
        ({"phone": "+12125550117"}, {"phone": "+442125550117"}, {"Phones end in the same 8 digits": 25}),
        ({"name": "Jonas Keller"}, {"name": "keller, JONAS"}, {"Same name": 25}),
        ({"name": "Jonas Keller"}, {"name": "J. Keller"}, {"Same last name and initial": 15}),
        ({"name": "Jonas Keller"}, {"name": "Jonas Kellar"}, {"Name differs in a letter or two": 10}),
        ({"name": "Person 0001"}, {"name": "Person 0002"}, {"Other name": 0}),
        ({"Company": "Keller Bau"}, {"Company": "keller bau"}, {"Same company": 6}),
        ({"Company": "Keller Bau"}, {"Company": "Otto"}, {"Other company": 0}),
        ({"name": "Ann"}, {"email": "a@x.test"}, {}),
    ],
)
def test_each_thing_in_common_has_its_points(one, other, evidence):
    found = compare_traits(traits(**one), traits(**other))
    assert {each.text: each.points for each in found.evidence} == evidence
    assert found.score == sum(evidence.values())
    back = compare_traits(traits(**other), traits(**one))
    assert back == found


def test_the_sum_ends_at_a_hundred():
    ann = traits("ann@x.test", "Ann Lee", "+12125550100", Company="A", City="B", Title="C")
    assert compare_traits(ann, ann).score == 100


# A whole link ---------------------------------------------------------------------------------------------


def someone(link, side, number, name, **facts):
    return Snapshot(
        link=link, side=side, external_id=f"{side}{number}", label=name, base={}, reason="new_contact",
        email=facts.pop("email", f"{side}{number}@{side}.test"), **facts,
    )  # fmt: skip


def ask(link, rules=COMPANY):
    ask_about_near_matches(link, rules, lambda: None)
    return Question.objects.filter(closed_at=None)


@pytest.mark.django_db
def test_records_that_hang_together_are_one_question_at_the_one_with_most_candidates(link):
    ann = {"phone": "+12125550100"}
    Snapshot.objects.bulk_create(
        [
            someone(link, "gist", 1, "Ann Lee", email="ann.lee@home.test", **ann),
            someone(link, "ghl", 1, "Ann Lee", email="annlee@work.test", **ann),
            someone(link, "ghl", 2, "Ann Lee", email="ann_lee@club.test"),
            someone(link, "ghl", 3, "Bob Ray"),
        ]
    )
    (question,) = ask(link)
    assert (question.external_id, [one["id"] for one in question.options]) == ("gist1", ["ghl1", "ghl2"])
    assert (question.score, question.standing) == (80, "clear")


@pytest.mark.django_db
def test_a_question_that_arises_no_longer_is_closed_and_one_that_stands_is_brought_up_to_date(link):
    rows = [someone(link, side, 1, "Ann Lee", email=f"ann.lee@{side}.test") for side in ("gist", "ghl")]
    Snapshot.objects.bulk_create(rows)
    (first,) = ask(link)
    Snapshot.objects.filter(side="gist").update(phone="+12125550100", label="Anne Lee")
    (again,) = Question.objects.filter(closed_at=None)
    Snapshot.objects.filter(side="ghl").update(phone="+12125550100")
    (again,) = ask(link)
    assert (again.pk, again.label, again.score > first.score) == (first.pk, "Anne Lee", True)
    Snapshot.objects.filter(side="ghl").update(label="Zoe Ray", email="zoe@x.test", phone="")
    assert not ask(link)


@pytest.mark.django_db
@pytest.mark.parametrize("alike", [True, False])
def test_twice_as_many_people_are_compared_twice_as_often_and_not_four_times(link, monkeypatch, alike):
    """Also where everybody has one of a few names: what many share is not compared at all."""
    counts = []
    compare = near.compare_traits
    monkeypatch.setattr(near, "compare_traits", lambda one, other: counts.append(1) or compare(one, other))
    sizes = []
    for number in (300, 600):
        Snapshot.objects.all().delete()
        names = (
            ["Ann Lee", "Bob Ray"]
            if alike
            else [f"Ann {chr(97 + n % 26)}{chr(97 + n // 26)}lee" for n in range(number)]
        )
        Snapshot.objects.bulk_create(
            someone(link, side, n, names[n % len(names)]) for side in ("gist", "ghl") for n in range(number)
        )
        counts.clear()
        ask(link)
        sizes.append(len(counts))
    assert sizes[1] <= max(2.2 * sizes[0], 0)
    assert bool(sizes[0]) is not alike
