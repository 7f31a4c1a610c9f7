"""What an import adds to every row beside its columns: tags, notes and tasks, constant or with cells in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from integration.errors import SetupError
from integration.imports.cells import split_tags
from integration.imports.meanings import fold_header

_PLACE = re.compile(r"\{\{([^{}]+)\}\}")
MOST_ADDITIONS, LONGEST_ADDITION = 20, 5000


@dataclass(frozen=True)
class Additions:
    """Texts in which `{{ Header }}` stands for the cell of that column."""

    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()

    def check(self, headers: Sequence[str]) -> None:
        """Raises SetupError for a text that names no column of the file, or that is too long."""
        known = {_key_of(header) for header in headers}
        for kind, texts in (("tags", self.tags), ("notes", self.notes), ("tasks", self.tasks)):
            if len(texts) > MOST_ADDITIONS:
                raise SetupError(f"At most {MOST_ADDITIONS} can be added to every row.", kind)
            for text in texts:
                if len(text) > LONGEST_ADDITION:
                    raise SetupError(f"A text has more than {LONGEST_ADDITION:,} characters. Shorten it.", kind)
                _refuse_unknown(text, known, kind)

    @cached_property
    def _constant(self) -> "Additions":
        """Of texts without a cell in them, the same for every row."""
        return Additions(tuple(tag for text in self.tags for tag in split_tags(text)), self.notes, self.tasks)

    def for_row(self, headers: Sequence[str], cells: Sequence[str]) -> "Additions":
        """The texts with the cells of a row in them; what is blank then is left out."""
        if not any(_PLACE.search(text) for text in (*self.tags, *self.notes, *self.tasks)):
            return self._constant
        by_header = {_key_of(header): cell.strip() for header, cell in zip(headers, cells, strict=False)}

        def fill(texts: tuple[str, ...]) -> tuple[str, ...]:
            filled = (_fill(text, by_header) for text in texts)
            return tuple(text for text in filled if text)

        tags = tuple(tag for text in fill(self.tags) for tag in split_tags(text))
        return Additions(tags, fill(self.notes), fill(self.tasks))


def _key_of(header: str) -> str:
    """By which a header is found, however it is spelled; one of signs alone is itself."""
    return fold_header(header) or header.strip()


def _refuse_unknown(text: str, known: set[str], kind: str) -> None:
    for name in map(str.strip, _PLACE.findall(text)):
        if _key_of(name) not in known:
            raise SetupError(f"The file has no column “{name[:80]}”, which {{{{ {name[:80]} }}}} names.", kind)


def _fill(text: str, by_header: dict[str, str]) -> str:
    places = _PLACE.findall(text)
    cells = [by_header.get(_key_of(name), "") for name in places]
    # A text that is about a cell says nothing where that cell is blank.
    if places and not any(cells):
        return ""
    return _PLACE.sub(lambda found: by_header.get(_key_of(found[1]), ""), text).strip()
