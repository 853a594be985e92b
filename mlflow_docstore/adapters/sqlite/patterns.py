"""SQL's patterns as SQLite's, and the matching of what SQLite cannot match.

``LIKE`` of SQLite ignores the case of ASCII letters, as ours does where it is told to; for the rest
there is ``GLOB``, with other wildcards.
"""

import string

from .values import plain_text, stored_text

LONGEST = 50_000
"""SQLite's limit of patterns, in bytes."""

MATCHES = "docstore_matches"
"""The SQL function for patterns beyond that limit, and for texts that are stored escaped."""

_GLOB = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def glob(pattern: str) -> str:
    """The pattern as ``GLOB`` takes it. NUL is in no text that ``GLOB`` is asked about."""
    return stored_text("".join(_GLOB.get(letter, letter) for letter in pattern))


def matches(stored: object, pattern: str, ignore_case: int) -> bool | None:
    """Whether a stored text matches as a whole. In time proportional to both lengths at worst.

    Args:
        stored: The text as it is stored.
        pattern: The pattern as it was given.
        ignore_case: Whether ASCII letters match in either case.
    """
    if not isinstance(stored, str):
        return None
    text = plain_text(stored)
    if ignore_case:
        text, pattern = text.translate(_LOWER), pattern.translate(_LOWER)
    return _matches(text, pattern)


def _matches(text: str, pattern: str) -> bool:
    at = place = 0
    star, resume = -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            star, resume = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            resume += 1
            at, place = resume, star + 1
        else:
            return False
    return not pattern[place:].strip("%")
