"""What is found in a command: each operator in its role, however deep it lies."""

from typing import Any

import pytest

from mlflow_docstore.testing.guard.collections import Collections
from mlflow_docstore.testing.guard.guard import Guard, use_of
from mlflow_docstore.testing.guard.profiles import load_profile
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Verdict
from mlflow_docstore.testing.guard.usage.commands import found_in
from mlflow_docstore.testing.guard.usage.found import Feature

from .commands import aggregate, command, find, index, project, update

DEEP: Any = {"$add": ["$a", 1]}
ADDED = {("expression", "$add")}
TOP = {"$top": {"output": DEEP, "sortBy": {"a": 1}}}

FOUND = [
    (
        find({"$and": [{"$or": [{"a": {"$gt": 1}}]}]}),
        {("query", n) for n in ("$and", "$or", "$gt")},
    ),
    (find({"a": {"$not": {"$elemMatch": {"b": {"$lt": 1}}}}}), {("query", "$lt")}),
    (find({"a": {"$elemMatch": {"$gt": 1}}}), {("query", "$gt")}),
    (find({"a": {"$elemMatch": {"$or": [{"b": {"$size": 1}}]}}}), {("query", "$size")}),
    (find({"$expr": {"$eq": ["$a", DEEP]}}), {("query", "$expr"), *ADDED}),
    (find(projection={"a": {"$slice": 1}, "b": DEEP}), {("projection", "$slice"), *ADDED}),
    (find(projection={"a": {"$elemMatch": {"b": {"$gt": 1}}}}), {("query", "$gt")}),
    (find(hint="a_1", collation={"locale": "en"}), {("option", "find.collation")}),
    (project({"$cond": [{"$not": [DEEP]}, "$$ROOT", None]}), {("variable", "$$ROOT"), *ADDED}),
    (project({"$let": {"vars": {"x": DEEP}, "in": "$$x"}}), ADDED),
    (project({"$switch": {"branches": [{"case": True, "then": DEEP}]}}), ADDED),
    (aggregate({"$group": {"_id": DEEP, "n": TOP}}), {("accumulator", "$top"), *ADDED}),
    (aggregate({"$bucket": {"groupBy": "$a", "output": {"n": {"$sum": DEEP}}}}), ADDED),
    (
        aggregate({"$setWindowFields": {"output": {"n": {"$sum": DEEP, "window": {}}}}}),
        {("window", "$sum"), *ADDED},
    ),
    (aggregate({"$facet": {"one": [{"$match": {"a": {"$gt": 1}}}]}}), {("query", "$gt")}),
    (aggregate({"$lookup": {"pipeline": [{"$unset": "a"}]}}), {("stage", "$unset")}),
    (aggregate({"$lookup": {"let": {"x": DEEP}}}), {("form", "lookup.let"), *ADDED}),
    (aggregate({"$unionWith": {"pipeline": [{"$sample": {}}]}}), {("stage", "$sample")}),
    (aggregate({"$merge": {"whenMatched": [{"$set": {"a": DEEP}}]}}), ADDED),
    (aggregate({"$graphLookup": {"startWith": DEEP}}), ADDED),
    (aggregate({"$geoNear": {"query": {"a": {"$gt": 1}}}}), {("query", "$gt")}),
    (aggregate({"$replaceRoot": {"newRoot": DEEP}}), ADDED),
    (update({"$set": {"a.$[].b.$[c]": 1, "a.$.b": 1}}), {("form", "update.$[]")}),
    (update({"$set": {"a.$[].b.$[c]": 1, "a.$.b": 1}}), {("form", "update.$[identifier]")}),
    (update({"$set": {"a.$[].b.$[c]": 1, "a.$.b": 1}}), {("form", "update.$")}),
    (update({"$pull": {"a": {"b": {"$gt": 1}}}}), {("query", "$gt")}),
    (update({"$pull": {"a": {"$gt": 1}}}), {("query", "$gt")}),
    (update({"$push": {"a": {"$each": [], "$slice": 1}}}), {("modifier", "$slice")}),
    (update([{"$set": {"a": DEEP}}]), {("form", "update.pipeline"), ("stage", "$set"), *ADDED}),
    (update({"a": 1}, collation={"locale": "en"}), {("option", "update.collation")}),
    (
        command({"findAndModify": "things", "query": {"a": {"$gt": 1}}, "update": {"$inc": {}}}),
        {("query", "$gt"), ("update", "$inc")},
    ),
    (command({"distinct": "things", "query": {"a": {"$gt": 1}}}), {("query", "$gt")}),
    (
        command({"delete": "things"}, deletes=[{"q": {"a": {"$gt": 1}}, "limit": 1}]),
        {("query", "$gt")},
    ),
    (
        index({"a": 1, "b": "hashed"}, unique=True, partialFilterExpression={"a": {"$gt": 1}}),
        {("index", n) for n in ("hashed", "compound", "unique", "partialFilterExpression")}
        | {("partial filter", "$gt")},
    ),
    (index({"a.$**": 1}), {("index", "wildcard")}),
]

NOT_FOUND = [
    (project({"$literal": {"$add": [1]}}), ("expression", "$add")),
    (project({"$let": {"vars": {}, "in": "$$mine"}}), ("variable", "$$mine")),
    (update({"$set": {"a": {"$add": 1}}}), ("expression", "$add")),
    (update({"$set": {"price": "$5"}}), ("form", "update.$")),
    (find({"a": {"b": 1}}), ("query", "b")),
    (find(allowDiskUse=False), ("option", "find.allowDiskUse")),
    (index({"a": 1}, unique=False), ("index", "unique")),
    (aggregate({"$sort": {"a": 1}}), ("form", "sort.not-last")),
    (aggregate({"$sort": {"a": 1}}, {"$group": {"_id": 1}}), ("form", "sort.not-last")),
    (
        aggregate({"$sort": {"a": 1}}, {"$limit": 1}, {"$sort": {"a": 1}}),
        ("form", "sort.not-last"),
    ),
    (find({"a": {"$elemMatch": {"b": 1}}}), ("form", "elemMatch.nested")),
    (update({"$max": {"a": 1}}), ("form", "max.document")),
    (project({"$reduce": {"input": [], "initialValue": False}}), ("form", "reduce.null")),
]


MALFORMED = [
    find(5, projection=5, sort=5),
    find({"$and": 5, "a": {"$in": 5, "$elemMatch": 5}}, readConcern=5, writeConcern=5),
    command({"aggregate": "things", "pipeline": 5}),
    aggregate(5, {"$group": 5}, {"$lookup": 5}, {"$facet": 5}, {"$sort": 5}),
    aggregate({"$bucket": {"output": 5}}, {"$merge": {"whenMatched": "keep"}}, {"$unionWith": 5}),
    update(5),
    update({"$set": 5, "$push": {"a": 5}}, upsert=True),
    update({"$set": {"a": 1, "a.b": 2, "c": "x" * 1000}}),
    command({"update": "things"}, updates=[{}]),
    command({"delete": "things"}, deletes=[{}]),
    command({"createIndexes": "things", "indexes": [{}, {"key": 5, "unique": True}]}),
    command({"createIndexes": "things", "indexes": []}),
    command({"dropIndexes": "things"}),
    command({"findAndModify": "things"}),
    command({"aggregate": 1, "pipeline": []}),
]


@pytest.mark.parametrize("sent", MALFORMED)
def test_what_is_malformed_is_left_to_the_server(sent: Command) -> None:
    assert Guard(load_profile("mongodb-8.0"))(sent) is Verdict.FORWARD
    collections = Collections()
    use_of(sent, collections)
    collections.note(sent)


@pytest.mark.parametrize(("sent", "found"), FOUND)
def test_what_is_used_is_found(sent: Command, found: set[Feature]) -> None:
    assert found <= found_in(sent).features


@pytest.mark.parametrize(("sent", "absent"), NOT_FOUND)
def test_what_is_not_used_is_not_found(sent: Command, absent: Feature) -> None:
    assert absent not in found_in(sent).features
