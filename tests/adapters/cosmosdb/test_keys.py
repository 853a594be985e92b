"""Which one document a filter names, and which partition."""

import pytest

from mlflow_docstore.adapters.cosmosdb.keys import item_id, key_in, partition_in
from mlflow_docstore.adapters.document.layout import METRICS, RUNS, SPANS
from mlflow_docstore.core.query import And, Compare, Filter, In, Operator, Or, all_of, equals, path

ID = path("_id")
OURS = equals("workspace", "default")
LONG = "x" * 300
OF_RUN = equals("run_id", "r")
OF_TWO = In(path("run_id"), ("r", "s"))


@pytest.mark.parametrize(
    ("collection", "where", "key"),
    [
        (RUNS, equals("_id", "a"), "a"),
        (RUNS, In(ID, ("a",)), "a"),
        (RUNS, And((OURS, And((equals("_id", "a"),)))), "a"),
        (RUNS, And(()), None),
        (RUNS, equals("name", "a"), None),
        (RUNS, In(ID, ("a", "b")), None),
        (RUNS, In(ID, ("a",), negated=True), None),
        (RUNS, Compare(ID, Operator.GE, "a"), None),
        (RUNS, equals("_id", 1), None),
        (RUNS, Or((equals("_id", "a"), OURS)), None),
        (SPANS, equals("_id", "a"), None),
    ],
    ids=str,
)
def test_an_id_that_is_its_partition(collection: str, where: Filter, key: str | None) -> None:
    assert key_in(collection, where) == key


@pytest.mark.parametrize(
    ("collection", "where", "partition"),
    [
        (METRICS, OF_RUN, "r"),
        (METRICS, In(path("run_id"), ("r",)), "r"),
        (METRICS, all_of(OURS, And((OF_RUN,)), OF_TWO), "r"),
        (RUNS, equals("_id", LONG), item_id(LONG)),
        (METRICS, And(), None),
        (METRICS, OF_TWO, None),
        (METRICS, In(path("run_id"), ("r",), negated=True), None),
        (METRICS, Or((OF_RUN, OURS)), None),
        (METRICS, Compare(path("run_id"), Operator.GE, "r"), None),
        (METRICS, equals("run_id", 1), None),
        (RUNS, OF_RUN, None),
    ],
    ids=str,
)
def test_a_partition(collection: str, where: Filter, partition: str | None) -> None:
    assert partition_in(collection, where) == partition
