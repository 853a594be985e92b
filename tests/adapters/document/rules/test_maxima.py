"""The greatest of sub-documents, decided on what was read."""

import pytest

from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.adapters.document.rules.maxima import decided
from mlflow_docstore.adapters.document.rules.patches import patched
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.query import And

PATCH = Patch(set={"x": 1}, push={"l": [2]}, maximum={"m.loss": {"s": 5, "v": 1.0}})


def holds(document: Document) -> tuple[Patch, bool, bool]:
    """The decided patch; whether it holds of the document, and of what the patch makes of it."""
    plain, conditions = decided(document, PATCH)
    test = PredicateCompiler(10).compile(And(conditions))
    before = test(document)
    return plain, before, test(patched(document, plain))


@pytest.mark.parametrize(
    "stored",
    [{}, {"m": {}}, {"m": {"loss": None}}, {"m": {"loss": {"s": 4, "v": 9.0}}}]
    + [{"m": {"loss": {"s": 5, "v": value}}} for value in (0.5, None)],
    ids=str,
)
def test_a_greater_one_is_set_as_long_as_it_is_greater(stored: Document) -> None:
    plain, before, after = holds({"_id": "a", "l": [], **stored})
    assert plain == Patch(set={"x": 1, "m.loss": {"s": 5, "v": 1.0}}, push={"l": [2]})
    assert (before, after) == (True, False)


@pytest.mark.parametrize("value", [1.0, 1.5, "text"])
def test_of_one_that_is_not_nothing_is_said(value: object) -> None:
    document = {"_id": "a", "l": [], "m": {"loss": {"s": 5, "v": value}}}
    plain, conditions = decided(document, PATCH)
    assert plain == Patch(set={"x": 1}, push={"l": [2]})
    assert conditions == ()


def test_the_deciding_fields_alone_are_looked_at() -> None:
    _, conditions = decided({"m": {"loss": {"s": 4, "v": 1.0}}}, PATCH)
    test = PredicateCompiler(10).compile(And(conditions))
    assert test({"m": {"loss": {"s": 4, "v": 7.0}}})
    assert not test({"m": {"loss": {"s": 6, "v": 0.0}}})


def test_what_is_no_sub_document_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        decided({"m": {"loss": 5}}, PATCH)
