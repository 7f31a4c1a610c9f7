"""Names of people: where the first name ends, and whether two names can be one person's."""

import re
import unicodedata

from integration.records import Value
from integration.values import as_text, member_key


def split_name(full: str, first: Value = None, last: Value = None) -> tuple[str, str]:
    """The full name as first and last name; "" for a part that there is not.

    `first` and `last` are the parts as they stood. Where one of them still fits, or as many words stand there as
    before, the cut stays where it was: "Mary Ann" is a first name. Otherwise it is behind the first word.
    """
    words, firsts, lasts = full.split(), as_text(first).split(), as_text(last).split()
    keys, first_keys, last_keys = (list(map(member_key, some)) for some in (words, firsts, lasts))
    cut = 1
    if firsts and keys[: len(firsts)] == first_keys:
        cut = len(firsts)
    elif lasts and keys[-len(lasts) :] == last_keys and (len(words) > len(lasts) or not firsts):
        cut = len(words) - len(lasts)
    elif firsts and lasts and len(words) == len(firsts) + len(lasts):
        cut = len(firsts)
    return " ".join(words[:cut]), " ".join(words[cut:])


def names_agree(one: str, other: str) -> bool:
    """Whether nothing in the two contradicts; a blank name agrees with any.

    The words of the shorter name must stand in the longer one, as they are or as an initial: “Ann”, “A. Lee” and
    “Lee, Ann” can be “Ann Lee”; “Bob Lee” and “Anna Lee” cannot. A last name alone can be anybody of the family.
    """
    shorter, longer = sorted((name_words(one), name_words(other)), key=len)
    if not shorter:
        return True
    if len(shorter) == 1 and len(longer) > 1:
        return _is_word(shorter[0], longer[0])
    left = list(longer)
    for word in shorter:
        match = next((known for known in left if _is_word(word, known)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _is_word(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])


def name_words(name: str) -> list[str]:
    """Words without capitals, accents and points."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.findall(r"[^\W_]+", "".join(sign for sign in plain if not unicodedata.combining(sign)))
