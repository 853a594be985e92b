"""Text of a query to words and signs."""

import json
import re
from dataclasses import dataclass

from .refusals import Refusal, bad

KEYWORDS = frozenset(
    {
        *("AND", "ARRAY", "AS", "ASC", "BETWEEN", "BY", "DESC", "DISTINCT", "ESCAPE", "EXISTS"),
        *("FALSE", "FROM", "GROUP", "HAVING", "IN", "JOIN", "LIKE", "LIMIT", "NOT", "NULL"),
        *("OFFSET", "OR", "ORDER", "SELECT", "TOP", "TRUE", "UDF", "UNDEFINED", "VALUE", "WHERE"),
    }
)
"""They are no names: a property called so is written ``c["value"]``."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<parameter>@\w+)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>\?\?|<>|!=|<=|>=|\|\||[-+*/%=<>()\[\]{},.:?])
      | (?P<end>$)
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign.

    Args:
        kind: "number", "text", "parameter", "word", "sign" or "end".
        text: As written; that of a keyword in upper case.
        start: Where it begins.
        end: Where it ends.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def keyword(self) -> str | None:
        word = self.text.upper()
        return word if self.kind == "word" and word in KEYWORDS else None

    @property
    def value(self) -> str:
        """Of a text: what it stands for."""
        body = self.text[1:-1]
        if self.text[0] == "'":
            body = re.sub(r'\\\'|(?<!\\)"', lambda found: {"\\'": "'"}.get(found[0], '\\"'), body)
        try:
            return str(json.loads(f'"{body}"', strict=False))
        except ValueError:
            raise incorrect(self) from None


def incorrect(token: Token) -> Refusal:
    return bad(f"SC1001: Syntax error, incorrect syntax near '{token.text}'.")


def tokens(text: str) -> list[Token]:
    """All of them; the last is the end."""
    found: list[Token] = []
    place = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise bad(f"SC1002: Syntax error, invalid token '{text[place : place + 10]}'.")
        place = match.end()
        word = match[match.lastgroup]
        found.append(Token(match.lastgroup, word, match.start(match.lastgroup), place))
    return found
