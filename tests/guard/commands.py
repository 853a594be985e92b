"""Commands as drivers send them."""

from typing import Any

import bson

from mlflow_docstore.testing.guard.protocol import Command


def command(body: dict[str, Any], **beside: list[dict[str, Any]]) -> Command:
    """A command by its document, and by the documents that travel beside it."""
    sequences = {name: list(map(bson.encode, rows)) for name, rows in beside.items()}
    return Command(next(iter(body)), bson.encode({**body, "$db": "db"}), sequences)


def find(where: Any = None, **options: Any) -> Command:
    return command({"find": "things", "filter": where or {}, **options})


def aggregate(*stages: Any, **options: Any) -> Command:
    return command({"aggregate": "things", "pipeline": list(stages), "cursor": {}, **options})


def insert(*documents: dict[str, Any], **options: Any) -> Command:
    return command({"insert": "things", **options}, documents=list(documents))


def update(change: Any, where: dict[str, Any] | None = None, **options: Any) -> Command:
    return command({"update": "things"}, updates=[{"q": where or {}, "u": change, **options}])


def index(keys: dict[str, Any], **options: Any) -> Command:
    name = "_".join(keys)
    return command({"createIndexes": "things", "indexes": [{"key": keys, "name": name, **options}]})


def project(expression: Any) -> Command:
    return aggregate({"$project": {"value": expression}})


def group(accumulator: Any) -> Command:
    return aggregate({"$group": {"_id": None, "value": accumulator}})


SESSION = {"lsid": {"id": b"0123456789abcdef"}, "txnNumber": 1}
IN_TRANSACTION = {**SESSION, "autocommit": False, "startTransaction": True}
