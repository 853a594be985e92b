"""Which one document a filter names."""

import pytest

from mlflow_docstore.adapters.cosmosdb.keys import key_in
from mlflow_docstore.adapters.document.layout import RUNS, SPANS
from mlflow_docstore.core.query import And, Compare, Filter, In, Operator, Or, equals, path

ID = path("_id")
OURS = equals("workspace", "default")


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
