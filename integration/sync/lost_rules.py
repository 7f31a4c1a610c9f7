"""Pairs that today's match rules would no longer make: of records that changed since, or under rules that did."""

from django.db.models import Q

from integration.mapping.rules import Rules
from integration.models import Link, MatchedBy, Pair, Snapshot
from integration.names import names_agree
from integration.sync.candidates import name_of

PAGE = 500

# Codes of `Pair.lost_rule`, in words.
LOST_RULES = {
    "nothing": "They have neither an e-mail address nor a phone number in common.",
    "email_off": "They share an e-mail address, and the link matches by phone only.",
    "phone_off": "They share a phone number, and the link matches by e-mail only.",
    "other_name": "They share a phone number only, and the names contradict.",
    "other_email": "They share a phone number, and their e-mail addresses differ.",
}


def mark_lost_rules(link: Link, rules: Rules, after: int) -> int | None:
    """Keep of some pairs behind the key `after` whether today's rules would make them; what a person said of a pair
    stands. The key to go on from, None when those were all.
    """
    by_rule = ~Q(matched_by=MatchedBy.PERSON) | ~Q(lost_rule="")
    rows = Pair.objects.filter(by_rule, link=link, kind="contact", state__in=Pair.TOGETHER, pk__gt=after)
    pairs = list(rows.only("lost_rule", "matched_by").order_by("pk")[:PAGE])
    found = {pk: find_lost_rule(rules, *both) for pk, both in _halves_of(pairs).items()}
    for code in {*found.values(), *(pair.lost_rule for pair in pairs)}:
        changed = [pair.pk for pair in pairs if found.get(pair.pk, "") == code != pair.lost_rule]
        if changed:
            Pair.objects.filter(pk__in=changed).update(lost_rule=code)
    return pairs[-1].pk if len(pairs) == PAGE else None


def _halves_of(pairs: list[Pair]) -> dict[int, tuple[Snapshot, Snapshot]]:
    """Both records of each pair that no person made and that has both."""
    wanted = [pair.pk for pair in pairs if pair.matched_by != MatchedBy.PERSON]
    halves: dict[int, dict[str, Snapshot]] = {pk: {} for pk in wanted}
    for one in Snapshot.objects.filter(pair__in=wanted).only(
        "pair", "side", "external_id", "email", "other_emails", "phone", "label"
    ):
        halves[one.pair_id or 0][one.side] = one
    return {pk: (both["gist"], both["ghl"]) for pk, both in halves.items() if len(both) == 2}


def find_lost_rule(rules: Rules, gist: Snapshot, ghl: Snapshot) -> str:
    """The code for why these two would not be matched now; "" when they would."""
    shares_address = bool(set(gist.addresses) & set(ghl.addresses))
    if shares_address:
        return "" if "email" in rules.match else "email_off"
    if not gist.phone or gist.phone != ghl.phone:
        return "nothing"
    if "phone" not in rules.match:
        return "phone_off"
    if gist.addresses and ghl.addresses:
        return "other_email"
    return "" if names_agree(name_of(gist), name_of(ghl)) else "other_name"
