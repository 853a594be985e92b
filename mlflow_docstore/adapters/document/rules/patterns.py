"""SQL patterns as regular expressions that databases match by searching."""

import re

_WILDCARDS = {"%": r"[\s\S]*", "_": r"[\s\S]", "\0": r"\x00"}
# A dollar sign would also match before a line break at the very end.
_END = r"(?![\s\S])"


def regex(pattern: str, *, ignore_case: bool = False) -> str:
    """An SQL pattern as a regular expression; empty for one that every string matches.

    The case of ASCII letters is ignored on demand. Anchored on the left only where the pattern is,
    as that lets an index narrow the search.
    """
    pattern = re.sub("%+", "%", pattern)
    begin, end = pattern.startswith("%"), pattern.endswith("%")
    inner = pattern[begin : len(pattern) - end] if pattern != "%" else ""
    spell = _either_case if ignore_case else re.escape
    text = "".join(_WILDCARDS.get(letter) or spell(letter) for letter in inner)
    return f"{'' if begin else '^'}{text}{'' if end else _END}"


def _either_case(letter: str) -> str:
    if letter.isascii() and letter.isalpha():
        return f"[{letter.lower()}{letter.upper()}]"
    return re.escape(letter)
