"""The driver: what a database must do so that every repository works on it.

A database implements this and a query compiler; the wide ports are written once, above. Verbs are
chosen so that each can be done natively, atomically and repeatedly by every database we know.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from mlflow_docstore.core.capabilities import Capabilities
from mlflow_docstore.core.errors import Unavailable, Unsupported
from mlflow_docstore.core.query import And, Filter, Leaf, Scalar, SortKey
from mlflow_docstore.ports.backend import Provision, Step

from .groups import Group, GroupRow, Value
from .layout import Index, Layout

Document: TypeAlias = dict[str, Any]
"""A stored document. Its id is under ``"_id"``, a string; values are those of JSON, and bytes.

Integers are of 64 bits, floats finite, texts valid Unicode. Field names are escaped by
``keys.escape`` wherever they hold user text.
"""


@dataclass(frozen=True, slots=True)
class Patch:
    """Changes to one document, applied together or not at all. Keys are dotted paths.

    No path is, or leads to, another, and none is ``_id``. A parent that is there must be a
    sub-document, a field that is pushed to an array. An empty patch only checks its precondition.

    Args:
        set: Paths to new values; missing parents are made.
        unset: Paths to remove; a missing one is no error.
        maximum: Paths to sub-documents that replace what is stored only where they are greater:
            compared value by value in field order, a missing or null one being the least.
        push: Paths to elements to append to an array, in order.
        add: Paths to elements to append to an array unless they are in it.
    """

    set: Mapping[str, Any] = field(default_factory=dict)
    unset: Sequence[str] = ()
    maximum: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    push: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    add: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inserts:
    """Documents to insert with another write, each unless its id is taken.

    Args:
        collection: Where to.
        documents: Any number; they are one write.
        replacing: Whether those whose ids are taken replace what is there.
        demanded: Whether all ids must be free, as if the precondition said so; beside patches only.

    Raises:
        ValueError: Ids that have to be free cannot be replaced.
    """

    collection: str
    documents: Sequence[Document]
    replacing: bool = False
    demanded: bool = False

    def __post_init__(self) -> None:
        if self.replacing and self.demanded:
            raise ValueError("ids that have to be free cannot be replaced")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a conditional write.

    Args:
        matched: Whether a document with the id met the precondition, so that the write applies.
        document: The document after the write, where it was asked for and ``matched``. Without
            ``Feature.PATCH_RETURN`` later writes may be in it, and None says that it is gone.
        uncertain: An attempt before this one may have been applied although its reply was lost.
            Where the precondition then fails, read back before you blame another writer.
    """

    matched: bool
    document: Document | None = None
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """Documents of another collection to hand out with each result.

    What is read together is no snapshot: a document may have changed since, or be gone. Needs
    ``Feature.JOIN``.

    Args:
        collection: Where they are.
        field: The path to an array of their ids in the result; missing or empty for none.
        into: The top-level field of the result that becomes the list of them, each whole and once,
            in no particular order. Ids that no document has are left out.
    """

    collection: str
    field: str
    into: str


@dataclass(frozen=True, slots=True)
class Aid:
    """An index that would serve a read, on a key of a user's.

    Args:
        index: What it would be.
        field: The path of the key, which the read compares with a value or sorts by.
        array: The array of sub-documents that the paths of all its keys lead through, of which the
            read asks for an element; None for keys of documents themselves.
    """

    index: Index
    field: str
    array: str | None = None


@dataclass(frozen=True, slots=True)
class Find:
    """An ordered read of one collection.

    Args:
        where: What documents must match.
        order: Sort keys; the last one must make the order total wherever ``after`` or ``limit`` is
            used. Missing and null values come last in either direction.
        after: Sort values, one a key, of the row that the result starts behind.
        limit: The most documents.
        fields: Paths to return, besides ``_id``; None for whole documents.
        join: What to hand out with each result, besides ``fields``; None for nothing.
        aids: Indexes that would serve it, the most useful first. A database whose operator expects
            it to may make them by itself; on others it is theirs to say. The result is the same.
    """

    where: Filter = field(default_factory=And)
    order: tuple[SortKey, ...] = ()
    after: tuple[Scalar, ...] | None = None
    limit: int | None = None
    fields: tuple[str, ...] | None = None
    join: Join | None = None
    aids: tuple[Aid, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A document that a ``find`` returned, with its sort values: the ``after`` of what follows."""

    document: Document
    position: tuple[Scalar, ...]


def require_undemanding(beside: Inserts | None) -> None:
    """Refuse what cannot come with an insert, which has no precondition.

    Raises:
        ValueError: It demands that ids are free.
    """
    if beside is not None and beside.demanded:
        raise ValueError("only beside a patch can ids have to be free")


class PartlyWritten(Unavailable):
    """Of several documents some are dealt with, and the rest can be tried again.

    Args:
        done: The ids of those that were written, or were taken.
        taken: The ids that were taken.
    """

    def __init__(
        self,
        error: Unavailable,
        done: frozenset[str],
        taken: frozenset[str],
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            error.kind,
            error.key,
            applied=error.applied,
            retry_after=retry_after or error.retry_after,
            **error.facts,
        )
        self.done = done
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Server:
    """Who answers.

    Args:
        product: What it calls itself.
        version: Its own; of a database with the protocol of another, that one's too.
        form: How it is set up, in a word or two: ``"replica set rs0"``.
    """

    product: str
    version: str
    form: str


class Driver(Protocol):
    """One database, or one prefix of its collections.

    Threads may share a driver. Constructing one opens no connection, so that stores can be cached
    and processes can fork; the first verb does.

    Every verb raises ``Unavailable`` when the database cannot answer (``applied`` says whether a
    write may have happened), ``Unreachable`` when none is there, ``LimitExceeded`` for what it
    refuses as too large, ``InvalidArgument`` for values that it cannot hold, and ``Unsupported``
    for what it lacks, never a silently wider or narrower answer.
    """

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this database can do; needs no connection."""

    @abstractmethod
    def server(self) -> Server:
        """Who answers, for people to read: nothing may depend on it."""

    @abstractmethod
    def get(self, collection: str, key: str) -> Document | None:
        """The document with the id, or None.

        Without ``Feature.CURRENT`` it may be an older one than another process has written. But it
        is never None on the word of an older state, and writes never judge by one: an empty patch
        reads the document as it is now.
        """

    @abstractmethod
    def insert(self, collection: str, document: Document) -> bool:
        """Insert unless the id is taken. Whether it was inserted; a stored one is left alone."""

    @abstractmethod
    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        """Insert each document whose id is free; the ids that were taken.

        Each insert is atomic, the whole is not.

        Args:
            collection: Where to.
            documents: Any number; the driver splits what its limits demand.
            ordered: Insert in order and stop at the first taken id.
            beside: What to insert with the first of them, whether or not its id is free: all of
                that is one write, and the rest comes after it. Needs ``Feature.PATCH_INSERT``.

        Raises:
            ValueError: ``beside`` demands that ids are free.
        """

    @abstractmethod
    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        """Store each document whole, whether its id is free or taken: what has the id is replaced.

        Each write is atomic, the whole is not. Repeatable.

        Args:
            collection: Where to.
            documents: Any number; the driver splits what its limits demand. Of those with one id
                the last counts. The layout's partition field is what it is in the one replaced.

        Raises:
            LimitExceeded: One is too large; none is written.
        """

    @abstractmethod
    def patch(
        self,
        collection: str,
        key: str,
        patch: Patch,
        *,
        when: Filter | None = None,
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        """Change one document, atomically with the check of its precondition.

        Args:
            collection: Where it is.
            key: Its id.
            patch: The changes.
            when: The precondition; None for none.
            returning: Return the document as it is after the write.
            beside: What to insert with it, or not at all; nothing where the precondition fails.
                Needs ``Feature.PATCH_INSERT``.
        """

    @abstractmethod
    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        """Change every document that matches; each atomically, the whole not. Repeatable."""

    @abstractmethod
    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        """Delete one document if it meets the precondition; whether it did."""

    @abstractmethod
    def delete_many(self, collection: str, where: Filter) -> None:
        """Delete every document that matches; the whole is not atomic. Repeatable."""

    @abstractmethod
    def find(self, collection: str, query: Find) -> list[Row]:
        """The documents that match, in order, read whole into memory."""

    @abstractmethod
    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        """Like ``find``, but handed out as they arrive; stop early to read no further.

        A document that is replaced during the scan by one that sorts after it is seen in one of
        the two forms, or both, never in none.
        """

    @abstractmethod
    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        """The distinct combinations of the fields' values among the documents that match."""

    @abstractmethod
    def group(self, collection: str, query: Group) -> list[GroupRow]:
        """Groups of the documents that match, or of elements of their arrays.

        In the order of their keys, numbers before texts; without keys the one group, if anything
        matched. Needs ``Feature.GROUP``. Percentiles are exact: a database that finds none, or
        such as are near, brings the values here.
        """

    @abstractmethod
    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        *,
        each: str | None = None,
        of_each: Sequence[Leaf] = (),
    ) -> Iterator[tuple[Value, ...]]:
        """The values at some paths: of each document that matches, in no particular order.

        What is no value, as ``groups`` has it, or is missing, is None. Nothing else of a document
        is brought here.

        Args:
            collection: Where they are.
            where: What documents must match.
            fields: The paths.
            each: As of a ``Group``: the path of an array, each sub-document of which has a tuple.
            of_each: As of a ``Group``: what an element must match.
        """

    @abstractmethod
    def prepare(self, layout: Layout) -> None:
        """Make the collections and indexes of the layout where they are missing. Repeatable."""

    def preparation(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        """What ``prepare`` does, step by step; for databases that need not be told more than that.

        Raises:
            Unsupported: The database has no such provision.
        """
        if provision != Provision():
            raise Unsupported("provision", None, reason="it has no shards, nor throughput")
        names = ", ".join(collection.name for collection in layout.collections)
        yield Step(f"collections and their indexes: {names}", lambda: self.prepare(layout))

    @abstractmethod
    def indexes(self, collection: str) -> list[Index]:
        """The declared indexes that the collection has, without the primary one."""

    @abstractmethod
    def create_index(self, collection: str, index: Index) -> None:
        """Make an index, unless it is there."""

    @abstractmethod
    def drop_index(self, collection: str, name: str) -> bool:
        """Drop an index by name; whether it was there."""

    @abstractmethod
    def drop(self, collections: Iterable[str]) -> None:
        """Drop collections with all that is in them; for throw-away databases and for tests."""

    @abstractmethod
    def reclaim(self) -> None:
        """Give the space of what was deleted back to the disk, while others go on.

        Nothing to do where the database does so by itself, or where that is its operator's to say.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of connections. A later verb opens them again."""
