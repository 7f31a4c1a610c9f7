"""Long lists of names, written as one text with spaces instead of a quoted item per line."""


def split_words(text: str) -> list[str]:
    """Split at white space."""
    return text.split()
