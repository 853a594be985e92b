"""Messages of MongoDB's protocol: as much of them as a judge of commands needs to see.

A message is taken apart where it is: documents that are written are counted and measured from
their lengths, and decoded for those who ask.

See https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md
"""

import socket
import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

Document: TypeAlias = dict[str, Any]

_HEADER = struct.Struct("<iiii")
_LENGTH = struct.Struct("<i")
_OP_REPLY, _OP_QUERY, _OP_MSG = 1, 2004, 2013
_SECTIONS_AT = _HEADER.size + 4
"""Behind the header are the flags."""

_REPLY_DOCUMENT_AT = _HEADER.size + 20
_CHECKSUM, _MORE_TO_COME = 1, 2
_CHUNK = 65536
# Whatever a client can encode is read, dates beyond Python's as well.
_READING: CodecOptions[Document] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)

HOUSEKEEPING = frozenset(
    {
        *("hello", "ismaster", "isMaster", "ping", "buildInfo", "buildinfo"),
        *("endSessions", "killCursors"),
    }
)
"""What clients say to find servers and to clean up; no call of a user's."""


STATEMENTS: Mapping[str, str] = {
    "insert": "documents",
    "update": "updates",
    "delete": "deletes",
}
"""The field of each bulk write that holds its statements."""


@dataclass(frozen=True)
class Command:
    """A command on its way to the server.

    Args:
        name: Such as ``"insert"``.
        raw: Its document, without the sequences that travel beside it.
        sequences: Documents that travel beside it, by the field that they belong to.
        application: What its client calls itself.
        silent: Whether no reply is awaited.
        address: Host and port that its client knows.
    """

    name: str
    raw: bytes = b""
    sequences: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    application: str = ""
    silent: bool = False
    address: str = ""

    @cached_property
    def body(self) -> Document:
        """Its document; documents that travel beside it are not in it."""
        return _decoded(self.raw)

    @property
    def database(self) -> str:
        return str(self.body.get("$db", ""))

    @property
    def collection(self) -> str:
        """The collection that it is about, if any."""
        value = self.body.get("collection") if self.name == "getMore" else self.body[self.name]
        return value if isinstance(value, str) else ""

    @property
    def size(self) -> int:
        """Its bytes, headers left aside."""
        beside = sum(len(one) for documents in self.sequences.values() for one in documents)
        return len(self.raw) + beside

    @cached_property
    def _read(self) -> dict[str, Sequence[Document]]:
        return {}

    def statements(self, name: str) -> Sequence[Document]:
        """The documents of a field, wherever they travel."""
        if name not in self.sequences:
            found: Sequence[Document] = self.body.get(name, ())
            return found
        if name not in self._read:
            self._read[name] = [_decoded(one) for one in self.sequences[name]]
        return self._read[name]

    def sizes(self, name: str) -> list[int]:
        """The bytes of each document of a field."""
        if name in self.sequences:
            return [len(one) for one in self.sequences[name]]
        return [len(bson.encode(one)) for one in self.body.get(name, ())]


def _decoded(raw: bytes) -> Document:
    return bson.decode(raw, _READING)


def messages(source: socket.socket) -> Iterator[bytes]:
    """The messages that arrive, each whole."""
    buffer = bytearray()
    while received := source.recv(_CHUNK):
        buffer += received
        while len(buffer) >= _HEADER.size:
            (length,) = _LENGTH.unpack_from(buffer)
            if len(buffer) < length:
                break
            message = bytes(buffer[:length])
            del buffer[:length]
            yield message


def request_id(message: bytes) -> int:
    """Its own number, which its reply names."""
    return int(_HEADER.unpack_from(message)[1])


def answered_id(message: bytes) -> int:
    """The number of the request that this message answers."""
    return int(_HEADER.unpack_from(message)[2])


def read_command(message: bytes, application: str = "", address: str = "") -> Command | None:
    """The command of a message; None where it is of a kind that carries none.

    Args:
        message: As it arrived.
        application: What the client calls itself.
        address: Where the client has sent it.
    """
    kind = _HEADER.unpack_from(message)[3]
    if kind == _OP_QUERY:
        at = message.index(b"\0", _SECTIONS_AT) + 9
        raw = message[at : at + _LENGTH.unpack_from(message, at)[0]]
        return Command(_first_name(raw), raw, application=application, address=address)
    if kind != _OP_MSG:
        return None
    (flags,) = struct.unpack_from("<I", message, _HEADER.size)
    raw, sequences = _sections(message, len(message) - (4 if flags & _CHECKSUM else 0))
    silent = bool(flags & _MORE_TO_COME)
    return Command(_first_name(raw), raw, sequences, application, silent, address)


def _sections(message: bytes, end: int) -> tuple[bytes, dict[str, list[bytes]]]:
    raw, sequences, at = b"", dict[str, list[bytes]](), _SECTIONS_AT
    while at < end:
        (length,) = _LENGTH.unpack_from(message, at + 1)
        section = message[at + 1 : at + 1 + length]
        if message[at] == 0:
            raw = section
        else:
            name_end = section.index(b"\0", 4)
            sequences[section[4:name_end].decode()] = _split(section, name_end + 1)
        at += 1 + length
    return raw, sequences


def _split(section: bytes, at: int) -> list[bytes]:
    documents = []
    while at < len(section):
        (length,) = _LENGTH.unpack_from(section, at)
        documents.append(section[at : at + length])
        at += length
    return documents


def _first_name(raw: bytes) -> str:
    """The name of the first field: behind the length of the document and the type of the field."""
    return raw[5 : raw.index(b"\0", 5)].decode()


def without_documents(message: bytes, name: str, left_out: Collection[int]) -> bytes:
    """The same command without some documents of a field."""
    command = read_command(message)
    if command is None:
        return message
    raw, sequences = command.raw, dict(command.sequences)
    if name in sequences:
        sequences[name] = _others(sequences[name], left_out)
    else:
        raw = bson.encode({**command.body, name: _others(command.body[name], left_out)})
    sections = b"\0" + raw
    for field_name, documents in sequences.items():
        content = field_name.encode() + b"\0" + b"".join(documents)
        sections += b"\1" + _LENGTH.pack(len(content) + 4) + content
    return _framed(_HEADER.unpack_from(message)[1:3], b"\0\0\0\0" + sections)


def _others(documents: Sequence[Any], left_out: Collection[int]) -> list[Any]:
    return [one for number, one in enumerate(documents) if number not in left_out]


def reply(request: int, document: Mapping[str, Any]) -> bytes:
    """The message that answers a request."""
    return _framed((0, request), b"\0\0\0\0\0" + bson.encode(document))


def amended(message: bytes, change: Callable[[Document], Document]) -> bytes:
    """The same reply with another document."""
    number, answered, kind = _HEADER.unpack_from(message)[1:]
    if kind == _OP_REPLY:
        head = message[_HEADER.size : _REPLY_DOCUMENT_AT]
        document = bson.encode(change(_decoded(message[_REPLY_DOCUMENT_AT:])))
        return _framed((number, answered), head + document, _OP_REPLY)
    raw, _ = _sections(message, len(message))
    return _framed((number, answered), b"\0\0\0\0\0" + bson.encode(change(_decoded(raw))))


def _framed(numbers: tuple[int, int], content: bytes, kind: int = _OP_MSG) -> bytes:
    return _HEADER.pack(_HEADER.size + len(content), *numbers, kind) + content
