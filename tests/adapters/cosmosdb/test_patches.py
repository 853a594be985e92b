"""Patches as the service's operations."""

from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb.patches import native_patch
from mlflow_docstore.adapters.document.driver import Patch


def sent(patch: Patch) -> tuple[list[tuple[str, str, Any]], tuple[str, ...]]:
    native = native_patch(patch)
    assert native is not None
    operations = [(one["op"], one["path"], one.get("value")) for one in native.operations]
    return operations, native.guards


@pytest.mark.parametrize(
    ("patch", "operations", "guards"),
    [
        (Patch(set={"x": 1}), [("set", "/x", 1)], ()),
        (Patch(set={"x": 2.0}), [("set", "/x", 2.0), ("set", "/x#", "2.0")], ()),
        (
            Patch(set={"x": 2**60 + 1}),
            [("set", "/x", float(2**60)), ("set", "/x#", 1)],
            (),
        ),
        (Patch(set={"x": {"y": 2.0}}), [("set", "/x", {"y": 2.0, "y#": "2.0"})], ()),
        (Patch(set={"a.b~c/d": "v"}), [("set", "/a/b~0c~1d", "v")], ('IS_OBJECT(c["a"])',)),
        (Patch(set={"id": "v"}), [("set", "/#id", "v")], ()),
        (
            Patch(push={"x": ["a", 2.0]}),
            [("add", "/x/-", "a"), ("add", "/x/-", {"#": "n2.0"})],
            ('IS_ARRAY(c["x"])',),
        ),
        (
            Patch(unset=["a.b"]),
            [("remove", "/a/b", None)],
            ('IS_DEFINED(c["a"]["b"])', 'NOT IS_DEFINED(c["a"]["b#"])'),
        ),
        (
            Patch(set={"x": 1}, maximum={"a.b": {"o": "7f", "v": 2.0}}),
            [("set", "/x", 1), ("set", "/a/b", {"o": "7f", "v": 2.0, "v#": "2.0"})],
            (
                'IS_OBJECT(c["a"])',
                '(NOT IS_DEFINED(c["a"]["b"]) OR IS_NULL(c["a"]["b"]) OR c["a"]["b"]["o"] < "7f")',
            ),
        ),
    ],
    ids=str,
)
def test_what_the_service_can_do(
    patch: Patch, operations: list[tuple[str, str, Any]], guards: tuple[str, ...]
) -> None:
    assert sent(patch) == (operations, guards)


def test_ten_operations_are_one_patch() -> None:
    assert len(sent(Patch(set={f"f{number}": number for number in range(10)}))[0]) == 10


@pytest.mark.parametrize(
    "patch",
    [
        Patch(),
        Patch(set={f"f{number}": number for number in range(11)}),
        Patch(set={f"f{number}": float(number) for number in range(6)}),
        Patch(unset=["a.0"]),
        Patch(maximum={"x": {"y": 1}}),
        Patch(maximum={"x": {}}),
        Patch(maximum={"x": {"y": "ä"}}),
        Patch(maximum={"x.1": {"y": "a"}}),
        Patch(add={"x": ["a"]}),
        Patch(set={"a.0": 1}),
        Patch(push={"a.-": [1]}),
        Patch(set={"_id": "other"}),
    ],
    ids=str,
)
def test_what_it_cannot(patch: Patch) -> None:
    assert native_patch(patch) is None
