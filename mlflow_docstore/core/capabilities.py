"""What a database can do, answered for every feature: supported, or lacking for a stated reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Feature(str, Enum):
    """Features that differ between document databases. Tests name these, never a database."""

    PATCH_MAX = "patch_max"
    """The database decides the greatest of an ordered sub-document in a patch."""

    PATCH_RETURN = "patch_return"
    """A patch can return the document exactly as it left it, before another writer comes."""

    PATCH_INSERT = "patch_insert"
    """A patch or an insert can take others with it: all of that happens or nothing."""

    CASE_INSENSITIVE_MATCH = "case_insensitive_match"
    """A pattern can ignore the case of ASCII letters."""

    SORT_UNINDEXED = "sort_unindexed"
    """A query may be sorted on fields that no index covers."""

    LAST_SORT = "last_sort"
    """An index can serve an order that has missing values last, ascending as well as descending."""

    COMPUTED_SORT = "computed_sort"
    """A query may be sorted on a value computed from an embedded array."""

    JOIN = "join"
    """A query can hand out documents of another collection with each result, by their ids."""

    GROUP = "group"
    """The database can group documents, and count and add up what is in each group."""

    CURRENT = "current"
    """A read finds all that was written before it began, by whichever process."""

    SECONDARY_INDEXES = "secondary_indexes"
    """Indexes other than the primary id can be declared and are kept by the database."""

    DURABLE = "durable"
    """Data outlives the process that wrote it."""

    SHARED = "shared"
    """Several processes may use one database at once."""


class Whose(str, Enum):
    """Whose move it is, where a feature is lacking."""

    NEVER = "never"
    """It cannot be."""

    NOT_YET = "notyet"
    """The database's."""

    NOT_IMPLEMENTED = "notimpl"
    """Ours."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a feature is missing."""

    whose: Whose
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes that a database enforces.

    Args:
        document_bytes: The largest document.
        in_terms: The most terms in one membership test.
        batch_documents: The most documents in one bulk write.
    """

    document_bytes: int
    in_terms: int
    batch_documents: int


@dataclass(frozen=True)
class Capabilities:
    """Every feature answered.

    Args:
        supported: Features that work.
        lacking: A reason for each of the others.
        limits: Sizes.

    Raises:
        ValueError: When a feature is answered twice or not at all: a flag cannot lie by omission.
    """

    supported: frozenset[Feature]
    lacking: Mapping[Feature, Lack]
    limits: Limits

    def __post_init__(self) -> None:
        twice = self.supported & set(self.lacking)
        missing = set(Feature) - self.supported - set(self.lacking)
        if twice or missing:
            names = sorted(feature.value for feature in twice | missing)
            raise ValueError(f"features answered twice or not at all: {names}")

    def supports(self, feature: Feature) -> bool:
        """Whether the feature works."""
        return feature in self.supported
