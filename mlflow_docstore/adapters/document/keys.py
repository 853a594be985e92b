"""Field names and ids made of user text, such that every database takes them."""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

# The dot and the dollar separate and mark paths in the MongoDB family, the rest in Cosmos DB's JSON
# paths and ids; a percent sign marks an escape of ours, so it must be escaped itself.
_UNSAFE = re.compile(r'[.$%/~\\?#"\'`\[\]*\x00-\x1f\x7f]')
_EMPTY = "%"
# The same few hundred keys come with every call and every row of a page.
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def escape(text: str) -> str:
    """User text as a field name. Reversible, and the identity on plain names."""
    if not text:
        return _EMPTY
    return _UNSAFE.sub(lambda match: f"%{ord(match.group()):02X}", text)


@lru_cache(_REMEMBERED)
def unescape(name: str) -> str:
    """The user text that ``escape`` made the field name of."""
    if "%" not in name:
        return name
    return "" if name == _EMPTY else unquote(name)


def path(*segments: str) -> str:
    """A dotted path; each segment is escaped."""
    return ".".join(map(escape, segments))


def batches(keys: Iterable[str], most: int) -> list[tuple[str, ...]]:
    """Distinct keys, so many at a time as a membership test may name."""
    unique = tuple(dict.fromkeys(keys))
    return [unique[at : at + most] for at in range(0, len(unique), most)]


def digest(*parts: str | bytes) -> str:
    """An id derived from content: equal for equal parts, of fixed length, of plain letters."""
    texts = [
        part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts
    ]
    sized = b"".join([len(text).to_bytes(8, "big") + text for text in texts])
    return hashlib.sha256(sized).hexdigest()[:40]
