"""The database and its containers, made where they are missing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any

from azure.cosmos import ContainerProxy, PartitionKey, ThroughputProperties
from azure.cosmos.exceptions import (
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)
from azure.cosmos.http_constants import StatusCodes

from mlflow_docstore.adapters.document.layout import META, Collection, Layout
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.ports.backend import Provision, Step, Throughput

from .indexing import completed, policy_of
from .session import Session

DEFAULT_THROUGHPUT = Throughput(1000, autoscale=True)
"""Of a database that nobody chose any for: the least that is to be had, shared by all containers.
Without one, each container would have, and cost, 400 of its own."""

Calling = Callable[..., AbstractContextManager[ContainerProxy]]


def partition_key(field: str) -> PartitionKey:
    """The partition key of a container whose layout spreads it by a field."""
    return PartitionKey(_path(field))


def _path(field: str) -> str:
    return f"/{'id' if field == '_id' else field}"


class Preparing:
    """Makes what a database needs besides documents.

    Args:
        session: The way to the client.
        calling: Around each command: its verb, the logical collection.
    """

    def __init__(self, session: Session, calling: Calling) -> None:
        self._session = session
        self._calling = calling

    def steps(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        """What makes the database and the containers of a layout where they are missing.

        Containers are always spread by their layout's partition field.
        """
        yield self._database(provision.throughput)
        for collection in layout.collections:
            name, key = self._session.native_name(collection.name), collection.partition
            yield Step(
                f"container {name}, partitioned by {_path(key)}",
                lambda made=collection: self._container(made),  # type: ignore[misc]
            )

    def _database(self, throughput: Throughput | None) -> Step:
        name = self._session.target.database
        if throughput is None:
            text = f"database {name}, if new with {_told(DEFAULT_THROUGHPUT)} unless serverless"
            return Step(text, self._default_database)
        return Step(
            f"database {name} with {_told(throughput)}", lambda: self._provisioned(throughput)
        )

    def _default_database(self) -> None:
        with self._calling("create_database", META):
            if self._exists():
                return
            try:
                self._create(offer_throughput=_offer(DEFAULT_THROUGHPUT))
            except CosmosHttpResponseError as error:
                if error.status_code != StatusCodes.BAD_REQUEST:
                    raise
                if not self._is_serverless():
                    raise _not_granted(DEFAULT_THROUGHPUT) from error
                self._create()

    def _provisioned(self, throughput: Throughput) -> None:
        with self._calling("create_database", META):
            try:
                if self._exists():
                    self._scale(throughput)
                else:
                    self._create(offer_throughput=_offer(throughput))
            except CosmosHttpResponseError as error:
                if error.status_code != StatusCodes.BAD_REQUEST:
                    raise
                if not self._is_serverless():
                    raise _not_granted(throughput) from error
                reason = "the account is serverless, and has none: leave it out"
                raise Unsupported("throughput", throughput.units, reason=reason) from error

    def _is_serverless(self) -> bool:
        """Whether the account has no throughput at all: then it refuses even to look for any."""
        try:
            next(self._session.client().client_connection.ReadOffers(), None)
        except CosmosHttpResponseError as error:
            if error.status_code != StatusCodes.BAD_REQUEST:
                raise
            return True
        return False

    def _exists(self) -> bool:
        try:
            self._session.database().read()
        except CosmosResourceNotFoundError:
            return False
        return True

    def _create(self, **how: Any) -> None:
        with suppress(CosmosResourceExistsError):
            self._session.client().create_database(self._session.target.database, **how)

    def _scale(self, throughput: Throughput) -> None:
        database = self._session.database()
        try:
            found = database.get_throughput()
        except (CosmosResourceNotFoundError, AttributeError) as error:
            # Of a database that has none the SDK looks for the container, and trips over that.
            reason = "the database was made without one for all containers, and cannot get it"
            raise Unsupported("throughput", throughput.units, reason=reason) from error
        scaled = found.auto_scale_max_throughput
        if throughput.autoscale != (scaled is not None):
            reason = "from or to autoscale it is `az cosmosdb sql database throughput migrate`"
            raise Unsupported("throughput", throughput.units, reason=reason)
        if throughput.units != (scaled or found.offer_throughput):
            database.replace_throughput(_offer(throughput))

    def _container(self, collection: Collection) -> None:
        """Make a container, or have one that is there index what it should besides."""
        key, policy = partition_key(collection.partition), policy_of(collection)
        with self._calling("create_container", collection.name) as native:
            database = self._session.database()
            try:
                found = native.read()["indexingPolicy"]
            except CosmosResourceNotFoundError:
                with suppress(CosmosResourceExistsError):
                    database.create_container(native.id, key, indexing_policy=policy)
                return
            wanted = completed(found, collection)
            if wanted is not None:
                database.replace_container(native, key, indexing_policy=wanted)


def _not_granted(throughput: Throughput) -> Unsupported:
    reason = (
        "the account does not grant it: it is less than what is stored needs, or more than its"
        " limit; `mlflow-docstore init --throughput` asks for another"
    )
    return Unsupported("throughput", throughput.units, reason=reason)


def _told(throughput: Throughput) -> str:
    upto = "up to " if throughput.autoscale else ""
    return f"{upto}{throughput.units} RU/s for all its containers"


def _offer(throughput: Throughput) -> int | ThroughputProperties:
    if throughput.autoscale:
        return ThroughputProperties(auto_scale_max_throughput=throughput.units)
    return throughput.units
