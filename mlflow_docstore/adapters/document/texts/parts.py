"""A large text as parts, documents of their own, and the reference that stays in its place.

The text is compressed and cut by bytes, not by characters: what users log at such length is mostly
JSON, of which a fifth remains, and a database that bounds its documents bounds what they cost.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.core.errors import InvalidArgument

PARTS = "text_parts"
"""The one field of a reference: the ids of the parts, in order."""

COLLECTION = "collection"
HOLDER = "holder"
ROOT = "root"
TOUCHED = "touched"
DATA = "data"

_LEVEL = 1
"""The fastest: the others take up to seven times as long to save another tenth."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The document that names the parts of a text: theirs alone, whoever copies the reference.

    Args:
        collection: Where it is.
        key: Its id.
        root: With whom its parts are purged; see ``root_of``.
    """

    collection: str
    key: str
    root: str


def root_of(collection: str, key: str) -> str:
    """The document with which all parts of its holders go: itself, or what they belong to."""
    return f"{collection}/{key}"


def cut(holder: Holder, text: str, size: int) -> list[Document]:
    """The parts of a text, of at most ``size`` bytes each.

    Their ids derive from what is in them, so that those of a writer who died are those of a repeat
    even where another release compresses otherwise.

    Raises:
        InvalidArgument: ``kind="text"``; it is not valid Unicode.
    """
    data = zlib.compress(_encoded(text), _LEVEL)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return [
        {
            "_id": digest(holder.collection, holder.key, piece),
            COLLECTION: holder.collection,
            HOLDER: holder.key,
            ROOT: holder.root,
            DATA: piece,
        }
        for piece in pieces
    ]


def joined(pieces: Iterable[bytes]) -> str:
    """The text that was cut into these."""
    return zlib.decompress(b"".join(pieces)).decode()


def is_longer(text: str, size: int) -> bool:
    """Whether a text has more bytes than that.

    Raises:
        InvalidArgument: ``kind="text"``; it is not valid Unicode, and long enough to matter.
    """
    return len(text) > size or (4 * len(text) > size and len(_encoded(text)) > size)


def reference(parts: Iterable[Document]) -> Document:
    """What stays in the text's place."""
    return {PARTS: [part["_id"] for part in parts]}


def is_reference(value: Any) -> bool:
    """Whether a stored value stands for a text that was moved."""
    return isinstance(value, dict) and PARTS in value


def named_in(value: Any) -> Iterator[str]:
    """The ids of all parts that a document, or a value in one, refers to."""
    if is_reference(value):
        yield from value[PARTS]
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from named_in(item)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgument("text", text, reason="half a surrogate pair") from error
