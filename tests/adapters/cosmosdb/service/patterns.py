"""Patterns of LIKE and RegexMatch.

See https://learn.microsoft.com/azure/cosmos-db/nosql/query/keywords and .../query/regexmatch.
"""

import re
from functools import lru_cache

from .refusals import bad

_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


@lru_cache(maxsize=1000)
def like(pattern: str, escape: str | None) -> re.Pattern[str]:
    """``%``, ``_``, ``[a-f]`` and ``[^a-f]``; the escape character makes the next one plain."""
    out: list[str] = []
    place = 0
    while place < len(pattern):
        char = pattern[place]
        close = pattern.find("]", place + 2)
        if char == escape and place + 1 < len(pattern):
            place += 1
            out.append(re.escape(pattern[place]))
        elif char == "[" and close > 0:
            inside = pattern[place + 1 : close].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[{inside}]")
            place = close
        else:
            out.append({"%": ".*", "_": "."}.get(char) or re.escape(char))
        place += 1
    return re.compile("".join(out), re.DOTALL)


@lru_cache(maxsize=1000)
def expression(pattern: str, modifiers: str) -> re.Pattern[str]:
    """Near enough to the service's own: a client should not ask where flavours differ."""
    flags = 0
    for modifier in modifiers:
        if modifier not in _FLAGS:
            raise bad("RegexMatch: invalid modifier")
        flags |= _FLAGS[modifier]
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise bad(f"RegexMatch: {error}") from error
