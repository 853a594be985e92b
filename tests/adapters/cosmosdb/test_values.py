"""Documents as items, and back."""

import json
from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb.keys import item_id
from mlflow_docstore.adapters.cosmosdb.values import decode, encode
from mlflow_docstore.core.errors import InvalidArgument

LARGEST = 2**63 - 1


def _as_a_double(value: Any) -> Any:
    """What the service makes of a number: it is a double, and whole ones are written so."""
    if isinstance(value, dict):
        return {name: _as_a_double(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_a_double(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    double = float(value)
    return int(double) if double.is_integer() and abs(double) < 2**53 else double


def kept(document: dict[str, Any]) -> dict[str, Any]:
    item = json.loads(json.dumps(_as_a_double(encode(document))))
    return decode({**item, "_rid": "r", "_etag": "e", "_ts": 1})


@pytest.mark.parametrize(
    "value",
    [
        *(0, 1, -1, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**60 + 1, LARGEST, -LARGEST - 1),
        *(0.0, -0.0, 2.0, 0.1, 1e22, -1e300, 5e-324, float(2**53), float(2**63)),
        *(None, True, False, "", "n1", b"", b"\x00\xff"),
        *([], {}, [1.0, 2**60 + 1, b"x", None, [2.0]], {"#": 2.0, "##": 1, "a#": [{"b#": 2.0}]}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["x", "x#", "#x", "#", "id", "#id", "id#", "_ts", "_etag"])
def test_a_value_comes_back_as_it_was(name: str, value: Any) -> None:
    document = {"_id": "k", name: value, "in": {name: value}, "list": [value, {name: value}]}
    back = kept(document)
    assert repr(sorted(back.items())) == repr(sorted(document.items()))


def test_a_large_integer_is_its_double_and_what_it_is_greater_by() -> None:
    item = encode({"_id": "k", "x": 2**60 + 1})
    assert item == {"id": "k", "_id": "k", "x": float(2**60), "x#": 1}


@pytest.mark.parametrize("mark", ["2.0", 1])
def test_what_stood_beside_a_number_that_was_replaced_says_nothing(mark: Any) -> None:
    assert repr(decode({"_id": "k", "x": 3, "x#": mark})["x"]) == "3"


def test_what_no_database_holds_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        encode({"_id": "k", "x": float("nan")})


class TestIds:
    @pytest.mark.parametrize("key", ["a", "a-b_c.d:e@f", "A" * 255, "a~"])
    def test_a_plain_one_is_its_items(self, key: str) -> None:
        assert item_id(key) == key

    @pytest.mark.parametrize(
        "key", ["", "a/b", "a\\b", "a?b", "a#b", "a ", "a\n", "é", "A" * 256, "~a"]
    )
    def test_an_odd_one_is_a_digest(self, key: str) -> None:
        assert len(item_id(key)) == 65
        assert kept({"_id": key})["_id"] == key
