"""What queries of one partition answer, by Microsoft's pages on the query language."""

from typing import Any

import pytest
from azure.cosmos import ContainerProxy, DatabaseProxy, PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError

from .conftest import Make

ITEMS = [
    {
        "id": "a",
        "n": 1,
        "t": "50%_A",
        "mixed": "1",
        "tags": [{"k": "x", "v": "1"}, {"k": "y", "v": "2"}],
        "value": True,
    },
    {"id": "b", "n": 2, "t": "[b]", "mixed": None, "tags": [{"k": "x", "v": "2"}]},
    {"id": "c", "n": 3, "t": "c", "mixed": 1, "odd name": {"deep": [0, 7]}},
]

FILTERS = {
    "c.n = 2": "b",
    "c.n != 2": "ac",
    "c.n <> 2": "ac",
    "c.n BETWEEN 2 AND 3": "bc",
    "c.n NOT BETWEEN 2 AND 3": "a",
    "c.n IN (1, @three)": "ac",
    "c.n NOT IN (1, @three)": "b",
    "c.n + 1 = 3 AND c.n * 2 - 1 = 3": "b",
    "c.n % 2 = 1": "ac",
    "-c.n < -1": "bc",
    # Across kinds, and with what is not there, a comparison is undefined, and so is its opposite.
    "c.mixed = 1": "c",
    "c.mixed != 1": "",
    "NOT (c.mixed = 1)": "",
    "c.mixed = null": "b",
    "c.mixed IN ('1', null)": "ab",
    "c.mixed NOT IN ('1')": "",
    "c.mixed > 0": "c",
    "c.nowhere = null": "",
    "c.nowhere != null": "",
    "NOT c.nowhere": "",
    "c.nowhere = 1 OR c.n = 1": "a",
    "NOT (c.nowhere = 1 AND c.n = 1)": "bc",
    "c.tags > 1": "",
    "NOT IS_DEFINED(c.nowhere) AND IS_DEFINED(c.tags)": "ab",
    "IS_NULL(c.mixed)": "b",
    "IS_STRING(c.mixed)": "a",
    "IS_NUMBER(c.mixed)": "c",
    "IS_BOOL(c['value'])": "a",
    "IS_ARRAY(c.tags) AND NOT IS_OBJECT(c.tags)": "ab",
    "c.t LIKE '%b%'": "b",
    "c.t LIKE '50!%!_A' ESCAPE '!'": "a",
    "c.t LIKE '[a-c]'": "c",
    "c.t LIKE '[^a-b]'": "c",
    "c.t LIKE '[[]b]'": "b",
    "c.t NOT LIKE '_'": "ab",
    "c.nowhere NOT LIKE '_'": "",
    "STARTSWITH(c.t, '5')": "a",
    "CONTAINS(c.t, 'a')": "",
    "CONTAINS(c.t, 'a', true)": "a",
    "ENDSWITH(c.t, '_a', true)": "a",
    "STRINGEQUALS(c.t, 'C', true)": "c",
    "RegexMatch(c.t, '^[a-c]$')": "c",
    "RegexMatch(c.t, '_a', 'i')": "a",
    "LOWER(c.t) = '50%_a' AND UPPER('x') = 'X' AND LENGTH(c.t) = 5": "a",
    'c["odd name"].deep[1] = 7': "c",
    "ARRAY_CONTAINS(c.tags, {'k': 'x'}, true)": "ab",
    "ARRAY_CONTAINS(c.tags, {'k': 'x'})": "",
    "ARRAY_CONTAINS(@ids, c.id)": "ac",
    "ARRAY_LENGTH(c.tags) = 2": "a",
    "EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t.k = @k AND t.v = '2')": "b",
    "NOT EXISTS(SELECT VALUE t FROM t IN c.tags)": "c",
    "(SELECT VALUE COUNT(1) FROM t IN c.tags) = 2": "a",
    "(c.nowhere ?? c.n) = 1": "a",
    "(c.n = 1 ? 'one' : 'more') = 'more'": "bc",
    "c.id || '!' = 'a!'": "a",
    "undefined = undefined": "",
}

PROJECTIONS: dict[str, list[Any]] = {
    "VALUE c.n": [1, 2, 3],
    "VALUE c['value']": [True],
    "c.id, c.tags[0].v": [{"id": "a", "v": "1"}, {"id": "b", "v": "2"}, {"id": "c"}],
    "c.n AS x, c.n + 1": [{"x": 1, "$1": 2}, {"x": 2, "$1": 3}, {"x": 3, "$1": 4}],
    "VALUE {'n': c.n, gone: c.nowhere, l: [c.nowhere, 1]}": [{"n": n, "l": [1]} for n in (1, 2, 3)],
    "VALUE ARRAY(SELECT VALUE t.k FROM t IN c.tags)": [["x", "y"], ["x"], []],
    "TOP 2 VALUE c.id": ["a", "b"],
    "VALUE COUNT(1)": [3],
    "VALUE COUNT(c.tags)": [2],
    "VALUE MAX(c.n)": [3],
    "VALUE SUM(c.n)": [6],
    "VALUE AVG(c.n)": [2],
    "COUNT(1) AS n, MIN(c.n) AS low": [{"n": 3, "low": 1}],
    "DISTINCT VALUE IS_DEFINED(c.tags)": [True, False],
}

CLAUSES: dict[str, list[Any]] = {
    "SELECT VALUE t.v FROM c JOIN t IN c.tags WHERE t.k = 'x'": ["1", "2"],
    "SELECT VALUE t.v FROM t IN c.tags WHERE t.k = 'y'": ["2"],
    "SELECT VALUE r.id FROM root r WHERE r.n > 2": ["c"],
    "SELECT VALUE c.id FROM c ORDER BY c.n DESC OFFSET 1 LIMIT 1": ["b"],
    "SELECT COUNT(1) AS n, IS_DEFINED(c.tags) AS t FROM c GROUP BY IS_DEFINED(c.tags)": [
        {"n": 2, "t": True},
        {"n": 1, "t": False},
    ],
}

REFUSED = (
    "SELECT VALUE c.value FROM c",
    "SELECT VALUE c.order FROM c",
    "SELECT VALUE d.id FROM c",
    "SELECT VALUE c.id FROM c WHERE c.n = @missing",
    "SELECT VALUE NOFUNCTION(c.id) FROM c",
    "SELECT VALUE LOWER(c.id, 'x', 'y') FROM c",
    "SELECT VALUE c.id FROM c WHERE",
    "SELECT VALUE c.id FROM c WHERE c.n == 1",
    "SELECT VALUE c.id FROM c ORDER BY LOWER(c.id)",
    "SELECT VALUE c.id FROM c ORDER BY c.n + 1",
    "SELECT TOP -1 VALUE c.id FROM c",
    "SELECT VALUE c.id FROM c; DROP",
    "SELECT VALUE RegexMatch(c.id, '(') FROM c",
)

PARAMETERS: list[dict[str, object]] = [
    {"name": "@three", "value": 3},
    {"name": "@ids", "value": ["a", "c"]},
    {"name": "@k", "value": "x"},
]


@pytest.fixture(scope="module")
def items(database: DatabaseProxy) -> ContainerProxy:
    container = database.create_container("items", PartitionKey("/p"))
    for item in ITEMS:
        container.create_item({"p": "p", **item})
    # Another partition, of which no query of the first may tell.
    container.create_item({"p": "other", **ITEMS[0]})
    return container


def answer(container: ContainerProxy, text: str) -> list[Any]:
    return list(container.query_items(text, parameters=PARAMETERS, partition_key="p"))


class TestFilters:
    @pytest.mark.parametrize("where", FILTERS)
    def test_let_through(self, items: ContainerProxy, where: str) -> None:
        found = answer(items, f"SELECT VALUE c.id FROM c WHERE {where}")  # noqa: S608
        assert "".join(sorted(found)) == FILTERS[where]


class TestProjections:
    @pytest.mark.parametrize("select", PROJECTIONS)
    def test_answer(self, items: ContainerProxy, select: str) -> None:
        found = answer(items, f"SELECT {select} FROM c")  # noqa: S608
        assert found == PROJECTIONS[select]


class TestClauses:
    @pytest.mark.parametrize("text", CLAUSES)
    def test_answer(self, items: ContainerProxy, text: str) -> None:
        assert answer(items, text) == CLAUSES[text]


class TestRefusals:
    @pytest.mark.parametrize("text", REFUSED)
    def test_are_bad_requests(self, items: ContainerProxy, text: str) -> None:
        with pytest.raises(CosmosHttpResponseError) as refused:
            answer(items, text)
        assert refused.value.status_code == 400


class TestNumbers:
    @pytest.mark.parametrize(
        ("stored", "back"), [(2.0, 2), (2**53, 2**53), (2**60 + 1, 2**60), (0.1, 0.1), (-7, -7)]
    )
    def test_are_doubles(self, make: Make, stored: float, back: float) -> None:
        container = make()
        container.create_item({"id": "a", "p": "p", "n": stored})
        found = container.read_item("a", "p")["n"]
        assert (found, type(found)) == (back, type(back))

    def test_that_are_none_are_refused(self, bare: ContainerProxy) -> None:
        with pytest.raises(CosmosHttpResponseError) as refused:
            bare.create_item({"id": "a", "p": "p", "n": float("nan")})
        assert refused.value.status_code == 400
