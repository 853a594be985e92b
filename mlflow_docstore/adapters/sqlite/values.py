"""Documents as JSON text and bytes, and scalars as SQLite's functions see them.

Bytes lie behind one another in a column of their own, and the text says where: as JSON they would
grow by a third, and every function would read past them. SQLite's functions end a text at its first
NUL, so that one is escaped: as SOH SOH, and SOH as SOH STX, which keeps the order of texts.
"""

import json
from collections.abc import Callable
from typing import Any

from mlflow_docstore.adapters.document.driver import Document

_BYTES = "$bytes"
# Within a text the quotation mark would be escaped, and no field begins with a dollar sign.
BYTES_MARK = f'{{"{_BYTES}":['
_CONTROL = "\\u000"
SOH = "\x01"
_READER = json.JSONDecoder()


def encode(document: Document) -> tuple[str, bytes | None]:
    """The text of a document, and its bytes, None where it has none."""
    text, data = _dump(document)
    if _CONTROL in text:
        text, data = _dump(_mapped(document, stored_text))
    return text, data


def _dump(document: Document) -> tuple[str, bytes | None]:
    parts: list[bytes] = []
    end = 0

    def place(value: bytes) -> dict[str, list[int]]:
        nonlocal end
        begin, end = end, end + len(value)
        parts.append(value)
        return {_BYTES: [begin, end]}

    text = json.dumps(
        document,
        ensure_ascii=False,
        check_circular=False,
        allow_nan=False,
        separators=(",", ":"),
        default=place,
    )
    return text, b"".join(parts) if parts else None


def decode(text: str, data: bytes | None) -> Any:
    """The document, or a value of one, that was encoded."""
    if data is not None and BYTES_MARK in text:
        value = json.loads(text, object_hook=_bytes_of(data))
    else:
        # As ``json.loads`` does, which first looks for blanks around it.
        value, _ = _READER.raw_decode(text)
    return _mapped(value, plain_text) if _CONTROL in text else value


def _bytes_of(data: bytes) -> Callable[[dict[str, Any]], Any]:
    def read(found: dict[str, Any]) -> Any:
        place = found.get(_BYTES)
        return found if place is None else data[place[0] : place[1]]

    return read


def size(text: str, data: bytes | None) -> int:
    """The bytes of an encoded document."""
    return len(text.encode()) + len(data or b"")


def stored_text(text: str) -> str:
    """A text as it is stored, and compared with what is."""
    if "\x00" not in text and SOH not in text:
        return text
    return text.replace(SOH, "\x01\x02").replace("\x00", "\x01\x01")


def plain_text(text: str) -> str:
    """The text that ``stored_text`` made it of."""
    if SOH not in text:
        return text
    parts = text.replace("\x01\x01", "\x00").split("\x01\x02")
    return SOH.join(parts)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The value with all its texts changed."""
    kind = type(value)
    if kind is str:
        return change(value)
    if kind is dict:
        return {name: _mapped(item, change) for name, item in value.items()}
    if kind is list:
        return [_mapped(item, change) for item in value]
    return value
