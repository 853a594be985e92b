"""What each dialect refuses, and with what words: real answers, and what vendors say."""

from typing import Any

import pytest

from mlflow_docstore.testing.guard.guard import Guard
from mlflow_docstore.testing.guard.profiles import load_profile, profile_names
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import PartRefusal, Refusal, Verdict

from .commands import (
    IN_TRANSACTION,
    SESSION,
    aggregate,
    command,
    find,
    group,
    index,
    insert,
    project,
    update,
)

AMAZON = ("documentdb-5.0", "documentdb-8.0", "documentdb-elastic")
INSTANCES = ("documentdb-5.0", "documentdb-8.0")
ELASTIC = ("documentdb-elastic",)
COSMOS = ("cosmos-mongodb-7.0",)
AZURE = ("azure-documentdb",)
MONGODB = ("mongodb-6.0", "mongodb-8.0")
ALL = (*AMAZON, *COSMOS, *AZURE, *MONGODB)

LOOKUP = {"from": "others", "as": "joined", "let": {"id": "$_id"}, "pipeline": []}
MANY_STAGES = [{"$match": {}}] * 501
TOO_LARGE = insert({"_id": 1, "text": "x" * ((16 << 20) + 2)})
OVER_2_MB = insert({"_id": 1, "text": "x" * (2 << 20)})
COLLATION = {"locale": "en", "strength": 2}
NOT_REAL = "$doesNotExist"


def deep(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {"text": "x" * 1000}
    for _ in range(levels):
        document = {"a": document}
    return {"_id": 1, **document}


# Answers of live servers, as their users have reported them and as runs have shown.
ANSWERS = [
    (INSTANCES, aggregate({"$facet": {}}), 304, "Aggregation stage not supported: '$facet'"),
    (
        AMAZON,
        aggregate({"$lookup": LOOKUP}),
        304,
        "'$lookup on multiple join conditions and uncorrelated subquery'",
    ),
    (
        AMAZON,
        project({"$bsonSize": "$$ROOT"}),
        305,
        "Aggregation project operator not supported: '$bsonSize'",
    ),
    (AMAZON, update([{"$set": {"a": 1}}]), 9, "Failed to parse update: field must be of BSON type"),
    (INSTANCES, insert({"_id": 1}, **SESSION), 301, "Retryable writes are not supported"),
    (ELASTIC, index({"a": "text"}), 303, "Index type not supported : text"),
    (AMAZON, index({"a": "hashed"}), 303, "Index type not supported : hashed"),
    (
        AMAZON,
        command({"create": "things", "capped": True, "size": 1}),
        303,
        "Feature not supported: capped:true",
    ),
    (AMAZON, insert({"_id": 1, "a.b": 1}), 57, "Document can't have '.' in field names"),
    (
        COSMOS,
        find(sort={"a": 1}),
        2,
        "The index path corresponding to the specified order-by item is excluded.",
    ),
    (
        COSMOS,
        find(sort={"a": 1, "b": 1}),
        2,
        "The order by query does not have a corresponding composite index",
    ),
    (COSMOS, aggregate({"$lookup": LOOKUP}), 2, "let is not supported"),
    (COSMOS, aggregate({"$unionWith": "b"}), 40324, "Unrecognized pipeline stage name: $unionWith"),
    (
        COSMOS,
        insert({"_id": 1}, **SESSION),
        2,
        "Retryable writes are not supported. Please disable retryable writes",
    ),
    (COSMOS, OVER_2_MB, 16, "Request size is too large"),
    (AZURE, TOO_LARGE, 2, "Size 16777243 is larger than MaxDocumentSize 16777216"),
    (AZURE, index({"a": 1}, hidden=True), 115, ""),
    (AZURE, index({"a": 1}, collation=COLLATION), 115, ""),
    (AZURE, command({"create": "things", "capped": True, "size": 1}), 115, ""),
    (AZURE, command({"create": "things", "timeseries": {"timeField": "t"}}), 115, ""),
    (AZURE, command({"create": "things", "validator": {"a": 1}}), 115, ""),
    (AZURE, aggregate({"$changeStream": {}}), 115, ""),
    (AZURE, command({"update": "things", "let": {"a": 1}}), 115, ""),
    (AZURE, project({"$function": {"body": "f", "args": [], "lang": "js"}}), 115, ""),
    (AZURE, project("$$NOW"), 9, "$$NOW"),
    (AZURE, index({"a": 1}, partialFilterExpression={"a": {"$ne": 1}}), 67, ""),
    (AZURE, index({"a": 1}, partialFilterExpression={"$or": [{"a": 1}]}), 67, ""),
    (AZURE, index({f"a{i}": 1 for i in range(33)}), 17039621, ""),
    (MONGODB, aggregate({NOT_REAL: {}}), 40324, f"Unrecognized pipeline stage name: '{NOT_REAL}'"),
    (MONGODB, project({NOT_REAL: 1}), 168, f"Unrecognized expression '{NOT_REAL}'"),
    (MONGODB, group({NOT_REAL: 1}), 15952, f"unknown group operator '{NOT_REAL}'"),
    (MONGODB, find({"a": {NOT_REAL: 1}}), 2, f"unknown operator: {NOT_REAL}"),
    (MONGODB, command({"doesNotExist": 1}), 59, "no such command: 'doesNotExist'"),
]

# What their makers say that they lack, beside those.
LACKS = [
    # Whatever nobody knows.
    (ALL, aggregate({NOT_REAL: {}})),
    (ALL, project({NOT_REAL: 1})),
    (ALL, group({NOT_REAL: 1})),
    (ALL, find({"a": {NOT_REAL: 1}})),
    (ALL, find({NOT_REAL: 1})),
    (ALL, update({NOT_REAL: {"a": 1}})),
    (ALL, update({"$push": {"a": {"$each": [], NOT_REAL: 1}}})),
    (ALL, project("$$DOES_NOT_EXIST")),
    (ALL, command({"doesNotExist": 1})),
    (ALL, index({"a": "unheard of"})),
    (ALL, index({"a": 1}, unheardOf=True)),
    # Commands and stages.
    ((*AMAZON, *COSMOS, *AZURE, "mongodb-6.0"), command({"bulkWrite": 1})),
    ((*AMAZON, *COSMOS), command({"renameCollection": "db.a", "to": "db.b"})),
    (COSMOS, command({"collMod": "things"})),
    (COSMOS, command({"serverStatus": 1})),
    ((*AMAZON, *COSMOS), aggregate({"$unionWith": "b"})),
    (AMAZON, aggregate({"$facet": {}})),
    ((*AMAZON, *COSMOS), aggregate({"$setWindowFields": {"output": {}}})),
    (("documentdb-5.0", *ELASTIC), aggregate({"$merge": "b"})),
    (ELASTIC, aggregate({"$out": "b"})),
    (("documentdb-5.0", *ELASTIC), aggregate({"$set": {"a": 1}})),
    (("documentdb-5.0", *ELASTIC), aggregate({"$unset": "a"})),
    (("documentdb-5.0", *ELASTIC), aggregate({"$replaceWith": "$a"})),
    ((*AMAZON, *COSMOS), aggregate({"$graphLookup": {}})),
    (("documentdb-5.0", *ELASTIC, *COSMOS), aggregate({"$bucket": {"groupBy": "$a"}})),
    # Expressions and accumulators.
    (ELASTIC, find({"$expr": {"$eq": ["$a", 1]}})),
    (ELASTIC, project({"$switch": {"branches": []}})),
    (ELASTIC, project({"$trim": {"input": "$a"}})),
    (ELASTIC, project({"$regexMatch": {"input": "$a", "regex": "b"}})),
    (AMAZON, project({"$round": "$a"})),
    ((*AMAZON, *COSMOS), project({"$getField": "a"})),
    ((*AMAZON, *COSMOS), project({"$sortArray": {"input": "$a", "sortBy": 1}})),
    ((*AMAZON, *COSMOS), project({"$isNumber": "$a"})),
    (("documentdb-5.0", *ELASTIC, *COSMOS), project({"$dateTrunc": {"date": "$a"}})),
    ((*AMAZON, *COSMOS), group({"$firstN": {"input": "$a", "n": 1}})),
    ((*AMAZON, *COSMOS), group({"$top": {"output": "$a", "sortBy": {"a": 1}}})),
    ((*AMAZON, *COSMOS), group({"$count": {}})),
    (AMAZON, group({"$stdDevPop": "$a"})),
    ((*AMAZON, *COSMOS, "mongodb-6.0"), group({"$percentile": {"input": "$a", "p": [0.5]}})),
    ((*AMAZON, *AZURE), project("$$NOW")),
    (AMAZON, project({"$cond": [True, "$a", "$$REMOVE"]})),
    (
        (*AMAZON, *COSMOS, *AZURE, "mongodb-6.0"),
        project({"$median": {"input": "$a", "method": "approximate"}}),
    ),
    (AZURE, project({"$reduce": {"input": [], "initialValue": None, "in": 1}})),
    (COSMOS, project({"$eq": ["$a", [1, 2]]})),
    # Filters.
    ((*AMAZON, *COSMOS, *AZURE), find({"$where": "true"})),
    ((*ELASTIC, *COSMOS), find({"$jsonSchema": {}})),
    ((*ELASTIC, *COSMOS), find({"$text": {"$search": "a"}})),
    (AMAZON, find({"a": {"$all": [{"$elemMatch": {"b": 1}}]}})),
    (ELASTIC, find({"a": {"$elemMatch": {"b": {"$elemMatch": {"c": 1}}}}})),
    (ELASTIC, find({"a": {"$elemMatch": {"$elemMatch": {"$gt": 1}}}})),
    (AMAZON, find({"a": {"$in": [{"$b": 1}]}})),
    (COSMOS, find({"a": {"$bitsAllSet": 1}})),
    # Updates and what is stored.
    ((*AMAZON, *COSMOS), update([{"$set": {"a": "$b"}}])),
    ((*AMAZON, *COSMOS), update({"$max": {"a": {"s": 1}}})),
    ((*AMAZON, *AZURE), insert({"_id": 1, "a": {"$b": 1}})),
    ((*AMAZON, *AZURE), update({"$set": {"a": {"b.c": 1}}})),
    ((*AMAZON, *AZURE), update({"$push": {"a": {"$each": [{"b.c": 1}]}}})),
    # Orders and options.
    (AMAZON, aggregate({"$sort": {"_id": 1}}, {"$limit": 1}, {"$project": {"a": 1}})),
    ((*AMAZON, *COSMOS), find(sort={"$natural": -1})),
    (AMAZON, find(allowDiskUse=True)),
    (AMAZON, find(noCursorTimeout=True)),
    (("documentdb-5.0", *ELASTIC, *COSMOS, *AZURE), find(collation=COLLATION)),
    (
        COSMOS,
        command({"findAndModify": "things", "remove": True, "sort": {"a": 1, "b": 1}}),
    ),
    # Indexes.
    (ELASTIC, index({"a": 1}, unique=True)),
    ((*ELASTIC, *COSMOS), index({"a": 1}, partialFilterExpression={"a": 1})),
    (COSMOS, index({"a": 1}, sparse=True)),
    ((*ELASTIC, *COSMOS), index({"a": "text"})),
    ((*ELASTIC, *COSMOS), index({"a.b": 1}, unique=True)),
    (COSMOS, index({f"a{i}": 1 for i in range(9)})),
    (AMAZON, index({"$**": 1})),
    ((*AMAZON, *COSMOS, *AZURE), index({"a": 1}, hidden=True)),
    (("documentdb-5.0", *ELASTIC, *COSMOS, *AZURE), index({"a": 1}, collation=COLLATION)),
    # Sessions and transactions.
    (ELASTIC, insert({"_id": 1}, **IN_TRANSACTION)),
    ((*AMAZON, *COSMOS, *AZURE), command({"create": "things", **IN_TRANSACTION})),
    (ELASTIC, insert({"_id": 1}, writeConcern={"w": 0})),
    (AMAZON, find(readConcern={"afterClusterTime": 1})),
    (AMAZON, find(readConcern={"level": "linearizable"})),
    # Sizes.
    (ALL, TOO_LARGE),
    (COSMOS, OVER_2_MB),
    (COSMOS, update({"$set": {"a": "x" * (2 << 20)}})),
    ((*ELASTIC, *COSMOS, *MONGODB), insert(deep(130))),
    (AMAZON + COSMOS + MONGODB, insert(deep(210))),
    ((*ELASTIC, *MONGODB), insert(deep(110))),
    ((*AMAZON, *AZURE), insert({"_id": "x" * 2049})),
    (AMAZON, aggregate(*MANY_STAGES)),
    (AMAZON, command({"insert": "c" * 58}, documents=[{"_id": 1}])),
    (AZURE, insert(*[{"_id": number} for number in range(25_001)])),
]


def ruling(profile: str, *commands: Command) -> object:
    """Of the last command; the others must pass."""
    guard = Guard(load_profile(profile))
    *before, last = commands
    for one in before:
        passed = guard(one)
        assert passed is Verdict.FORWARD or passed == Refusal({"ok": 1.0})
    return guard(last)


@pytest.mark.parametrize(
    ("profile", "sent", "code", "text"),
    [(profile, *rest) for profiles, *rest in ANSWERS for profile in profiles],
)
def test_it_answers_as_the_live_server_did(
    profile: str, sent: Command, code: int, text: str
) -> None:
    answer = ruling(profile, sent)
    if isinstance(answer, PartRefusal):
        (error,) = answer.errors.values()
    else:
        assert isinstance(answer, Refusal)
        error = answer.reply
        assert error["ok"] == 0
    assert error["code"] == code
    assert text in error["errmsg"]


@pytest.mark.parametrize(
    ("profile", "sent"), [(profile, sent) for profiles, sent in LACKS for profile in profiles]
)
def test_it_refuses_what_it_lacks(profile: str, sent: Command) -> None:
    assert isinstance(ruling(profile, sent), Refusal | PartRefusal)


@pytest.mark.parametrize(("profiles", "sent"), LACKS)
def test_the_others_take_it(profiles: tuple[str, ...], sent: Command) -> None:
    others = set(ALL) - set(profiles)
    assert {other for other in others if ruling(other, sent) is not Verdict.FORWARD} == set()


@pytest.mark.parametrize("profile", ALL)
def test_every_profile_forbids_something(profile: str) -> None:
    refused = [sent for profiles, sent in LACKS if profile in profiles]
    assert len(refused) > 10
    rules = load_profile(profile).rules.values()
    assert sum(rule.value == "no" for rule in rules) > 20


def test_no_profile_is_without_its_list() -> None:
    assert sorted(ALL) == profile_names()


@pytest.mark.parametrize("profile", ALL)
def test_what_all_databases_take_passes(profile: str) -> None:
    common = [
        find({"a": {"$gt": 1, "$ne": 2}, "$or": [{"b": 1}, {"c": {"$exists": False}}]}),
        find({"tags": {"$elemMatch": {"k": "a", "v": {"$regex": "^b"}}}}, projection={"a": 1}),
        find(sort={"_id": 1}, limit=10),
        aggregate({"$match": {"a": 1}}, {"$group": {"_id": "$a", "n": {"$sum": 1}}}),
        insert({"_id": 1, "a": "it costs $5. Or less"}),
        update({"$set": {"a.b": 1}, "$unset": {"c": ""}, "$push": {"d": {"$each": [1]}}}),
        update({"$set": {"a.$[one].b": 1}}, arrayFilters=[{"one.c": 1}]),
        update({"_id": 1, "a": 1}, upsert=True),
        command({"delete": "things"}, deletes=[{"q": {"_id": 1}, "limit": 1}]),
        command({"count": "things", "query": {"a": 1}}),
        command({"listCollections": 1, "filter": {}}),
        command({"listIndexes": "things"}),
        index({"a": 1, "b": -1}),
    ]
    assert [ruling(profile, sent) for sent in common] == [Verdict.FORWARD] * len(common)
