"""Documents that are stored whole, in the place of what has their ids."""

from collections.abc import Mapping, Sequence
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.core.errors import LimitExceeded

from .errors import DUPLICATE_KEY, WRITE_CONFLICT

_PARTITIONS: Mapping[str, str] = {one.name: one.partition for one in LAYOUT.collections}


def encoded(collection: str, documents: Sequence[Document], limit: int) -> list[RawBSONDocument]:
    """The last of each id, ready to be sent.

    Raises:
        LimitExceeded: One is too large.
    """
    last = {document["_id"]: document for document in documents}
    made = []
    for key, document in last.items():
        raw = bson.encode(document)
        if len(raw) > limit:
            raise LimitExceeded("document", key, limit=limit, collection=collection)
        made.append(RawBSONDocument(raw))
    return made


def put(
    native: Collection[Document], collection: str, documents: Sequence[RawBSONDocument]
) -> list[RawBSONDocument]:
    """Store documents; those that another writer was storing at this moment are left.

    An upsert that finds nothing inserts, and so can meet the insert of another.
    """
    field = _PARTITIONS.get(collection, "_id")
    try:
        native.bulk_write(
            [ReplaceOne(_place(one, field), one, upsert=True) for one in documents],
            ordered=False,
        )
    except BulkWriteError as error:
        return [documents[index] for index in _met(error)]
    return []


def _place(document: RawBSONDocument, partition: str) -> dict[str, Any]:
    """Where it belongs: an upsert must say on which shard."""
    return {name: document[name] for name in dict.fromkeys(("_id", partition))}


def _met(error: BulkWriteError) -> list[int]:
    """The places of those that met another's, where nothing else has failed."""
    failures = error.details.get("writeErrors", [])
    met = [failure for failure in failures if failure["code"] == DUPLICATE_KEY]
    if error.details.get("writeConcernErrors") or len(met) < len(failures):
        for failure in met:
            # They are no documents that are there to stay, but to be tried again with the others.
            failure["code"] = WRITE_CONFLICT
        raise error
    return [failure["index"] for failure in met]
