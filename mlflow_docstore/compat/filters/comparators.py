"""MLflow's comparators as nodes of the query model: one table for all areas."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.arguments import whole
from mlflow_docstore.core.query import Compare, Exists, Field, In, Leaf, Like, Operator


def _compare(operator: Operator, field: Field, value: Any) -> Compare:
    return Compare(field, operator, value)


_NODES: Mapping[str, Callable[[Field, Any], Leaf]] = {
    **{operator.value: partial(_compare, operator) for operator in Operator},
    "LIKE": Like,
    "ILIKE": partial(Like, ignore_case=True),
    "IN": In,
    "NOT IN": partial(In, negated=True),
    "IS NULL": lambda field, _: Exists(field, negated=True),
    "IS NOT NULL": lambda field, _: Exists(field),
}

_OF_LISTS = ("IN", "NOT IN")


def comparison(field: Field, comparator: str, value: Any) -> Leaf:
    """The node of one clause.

    Args:
        field: What is compared.
        comparator: As MLflow writes it, in upper case.
        value: A scalar; a sequence for IN and NOT IN; whatever where nothing is compared.
    """
    # A tuple in MLflow 3.17, mostly a list in 3.14.
    value = tuple(value) if isinstance(value, list) else value
    if isinstance(value, tuple) != (comparator in _OF_LISTS):
        raise MlflowException.invalid_parameter_value(
            f"Comparator '{comparator}' does not take {value!r}"
        )
    if isinstance(value, float) and math.isnan(value):
        # SQL has no NaN: SqlAlchemyStore compares with null instead, which nothing matches.
        return In(field, ())
    return _NODES[comparator](field, value)


def time(value: float | str) -> int | float:
    """A number that a time is compared with; times are integers of 64 bits.

    Args:
        value: A number; its text in MLflow 3.14.
    """
    if isinstance(value, int) or (isinstance(value, str) and value.lstrip("-").isdigit()):
        return whole(value)
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**63 else number
