"""What the adapter of MongoDB sends that a dialect refuses, and what its flavour must lack then.

A flavour that lacks those features sends none of it, which is tested through the guard of its
dialect. Whatever else a dialect would refuse fails the run.
"""

from typing import NamedTuple

from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.testing.guard.guard import Finding

AMAZON = ("documentdb-5.0", "documentdb-8.0", "documentdb-elastic")
COSMOS = ("cosmos-mongodb-7.0",)
AZURE = ("azure-documentdb",)
MONGODB = ("mongodb-6.0", "mongodb-8.0")


class Known(NamedTuple):
    """A refusal that is expected.

    Args:
        profiles: Who refuses it.
        kind: Of what is used.
        name: What is used.
        lacks: What a flavour must lack so as not to send it.
        why: When it is sent.
    """

    profiles: tuple[str, ...]
    kind: str
    name: str
    lacks: tuple[Feature, ...]
    why: str


KNOWN = (
    Known(
        (*AMAZON, *COSMOS),
        *("form", "max.document"),
        (Feature.PATCH_MAX,),
        "the latest metric is the greatest of documents, which the database decides",
    ),
    Known(
        AMAZON,
        *("form", "sort.not-last"),
        (Feature.JOIN, Feature.COMPUTED_SORT),
        "what is joined, left out or cut off follows upon the sort",
    ),
    Known(
        COSMOS,
        *("form", "sort.unindexed"),
        (Feature.SORT_UNINDEXED, Feature.COMPUTED_SORT),
        "no index has this field alone",
    ),
    Known(
        COSMOS,
        *("form", "sort.uncompounded"),
        (Feature.SORT_UNINDEXED, Feature.COMPUTED_SORT),
        "no index has just these fields in just this order",
    ),
    Known(
        (*AMAZON, *COSMOS, *AZURE, *MONGODB),
        *("limit", "document_bytes"),
        (),
        "tests bring documents that are too large; a flavour's limits bound what it sends itself",
    ),
    Known(
        AMAZON,
        *("limit", "key_bytes"),
        (),
        "tests bring names that are longer than a key of their indexes, which they alone bound so",
    ),
)

_EXPECTED = {(profile, one.kind, one.name) for one in KNOWN for profile in one.profiles}


def is_known(finding: Finding) -> bool:
    """Whether a dialect's refusal is expected."""
    return (finding.profile, finding.kind, finding.name) in _EXPECTED
