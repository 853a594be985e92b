"""The databases that speak MongoDB's protocol, as data: what each lacks, and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from mlflow_docstore.core.capabilities import Capabilities, Feature

from .capabilities import CAPABILITIES

_SORTED_HERE = (
    "Sorted here. An order that begins with a field of the layout's indexes is read by that index,"
    " and what it leaves tied is sorted: held are the ties. Any other order reads the id and sort"
    " values of all that matches, holds as many of these as the page has rows, and then fetches the"
    " rows: a page costs what matches the filter, not what it returns."
)
_COMPARED_HERE = (
    "Compared here. The document is read first, and the change made on the condition that it is"
    " still so: one command more for each call that logs metrics."
)


class Sharding(Enum):
    """How a collection is spread over shards by its layout's partition field."""

    COMMAND = "shardCollection"
    """By the server's command, at any time before there are too many documents."""

    AT_CREATION = "shardCollection at creation"
    """By the same command, which a collection that is there already does not take."""

    CUSTOM_ACTION = "customAction"
    """By the command of Cosmos DB that makes the collection."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """A database that speaks the protocol.

    Args:
        name: Of the flavour, as its page and its URI scheme have it.
        title: What its vendor calls it.
        hosts: How names of its hosts end.
        defaults: Options of the driver, where the URI says nothing.
        capabilities: What it can do, with the help of what stands below.
        walks_indexes_only: Whether it sorts by an index of one field, or refuses.
        compares_documents: Whether ``$max`` is known to compare sub-documents field by field.
        keeps_order: Whether what follows a sort in a pipeline leaves the order alone.
        compound_indexes: Whether an index of several fields narrows a search by all of them.
        sharding: How collections are spread over shards.
        sharded: Whether they always are, as it cannot be had later.
        throughput: Whether a database has a throughput of its own that is paid for.
        longest_collection: The longest name of a collection.
        bundles: Where the certificates of its authorities are had from, if hardly anybody has them.
        token_scope: What tokens of Entra ID must be for, if it takes them.
    """

    name: str
    title: str
    hosts: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    capabilities: Capabilities = CAPABILITIES
    walks_indexes_only: bool = False
    compares_documents: bool = True
    keeps_order: bool = True
    compound_indexes: bool = True
    sharding: Sharding = Sharding.COMMAND
    sharded: bool = False
    throughput: bool = False
    longest_collection: int = 120
    bundles: str | None = None
    token_scope: str | None = None

    @property
    def done_here(self) -> Mapping[Feature, str]:
        """What the database lacks and gets all the same, and what that costs."""
        done: dict[Feature, str] = {}
        if self.walks_indexes_only:
            done |= dict.fromkeys((Feature.SORT_UNINDEXED, Feature.COMPUTED_SORT), _SORTED_HERE)
        if not self.compares_documents:
            done[Feature.PATCH_MAX] = _COMPARED_HERE
        return done

    def is_home(self, hosts: Sequence[str]) -> bool:
        """Whether the hosts bear the vendor's own names."""
        return bool(self.hosts) and all(_ends(host, self.hosts) for host in hosts)


def _limited(**sizes: int) -> Capabilities:
    return replace(CAPABILITIES, limits=replace(CAPABILITIES.limits, **sizes))


def _options(**options: Any) -> Mapping[str, Any]:
    return MappingProxyType(options)


MONGODB = Flavour("mongodb", "MongoDB")

DOCUMENTDB = Flavour(
    "documentdb",
    "Amazon DocumentDB",
    hosts=(".docdb.amazonaws.com", ".docdb.amazonaws.com.cn"),
    defaults=_options(tls=True, retryWrites=False, authSource="admin", replicaSet="rs0"),
    compares_documents=False,
    keeps_order=False,
    longest_collection=57,
    bundles="https://truststore.pki.rds.amazonaws.com",
)

ELASTIC = replace(
    DOCUMENTDB,
    title="Amazon DocumentDB elastic clusters",
    hosts=(".docdb-elastic.amazonaws.com",),
    defaults=_options(tls=True, retryWrites=False, authSource="admin"),
    sharding=Sharding.AT_CREATION,
    sharded=True,
    bundles=None,
)
"""Their certificates are Amazon's public ones."""

COSMOS_MONGODB = Flavour(
    "cosmos-mongodb",
    "Azure Cosmos DB for MongoDB (RU)",
    hosts=(".mongo.cosmos.azure.com", ".mongo.cosmos.azure.cn"),
    defaults=_options(tls=True, retryWrites=False, replicaSet="globaldb", maxIdleTimeMS=120_000),
    capabilities=_limited(document_bytes=2 * 1024 * 1024, batch_documents=1000),
    walks_indexes_only=True,
    compares_documents=False,
    compound_indexes=False,
    sharding=Sharding.CUSTOM_ACTION,
    sharded=True,
    throughput=True,
)

AZURE_DOCUMENTDB = Flavour(
    "azure-documentdb",
    "Azure DocumentDB",
    hosts=(".mongocluster.cosmos.azure.com",),
    defaults=_options(tls=True, retryWrites=False, authSource="admin", maxIdleTimeMS=120_000),
    capabilities=_limited(batch_documents=25_000),
    token_scope="https://ossrdbms-aad.database.windows.net/.default",  # noqa: S106 - an address
)

FLAVOURS: Sequence[Flavour] = (MONGODB, DOCUMENTDB, ELASTIC, COSMOS_MONGODB, AZURE_DOCUMENTDB)


def of_scheme(scheme: str) -> Flavour | None:
    """The flavour that a URI scheme forces; None where the hosts say which one it is."""
    name = scheme.removesuffix("+srv")
    forced = (one for one in FLAVOURS if one.name == name)
    return None if name == MONGODB.name else next(forced, None)


def of_hosts(hosts: Sequence[str]) -> Flavour | None:
    """The flavour that the names of hosts stand for."""
    return next((one for one in FLAVOURS for host in hosts if _ends(host, one.hosts)), None)


def of_answers(answers: Sequence[Mapping[str, Any]]) -> Flavour | None:
    """The flavour that servers say they are, behind a name that does not: a tunnel, an alias.

    Args:
        answers: What each said to the driver's greeting.
    """
    for answer in answers:
        if answer.get("setName") == "globaldb":
            return COSMOS_MONGODB
        if "documentdb_versions" in answer.get("internal", ()):
            return AZURE_DOCUMENTDB
    return of_hosts([host for answer in answers for host in _members(answer)])


def _members(answer: Mapping[str, Any]) -> Iterator[str]:
    """The names by which the members of a replica set know each other."""
    for address in (answer.get("me", ""), *answer.get("hosts", ())):
        yield str(address).rpartition(":")[0]


def _ends(host: str, endings: tuple[str, ...]) -> bool:
    return host.lower().rstrip(".").endswith(endings)
