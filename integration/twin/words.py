"""Lists of names, as they are read best: as words."""


def words(text: str) -> list[str]:
    """Split at white space."""
    return text.split()
