"""What MLflow's callers hand over, as the ports want it."""

import operator
import secrets
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, INVALID_PARAMETER_VALUE
from mlflow.store.tracking import SEARCH_MAX_RESULTS_THRESHOLD

from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.core.errors import AlreadyExists, InvalidArgument, StoreError

DEFAULT_EXPERIMENT_ID = "0"

_INT64 = range(-(2**63), 2**63)
_PER_MILLISECOND = 100_000


class ExperimentIds:
    """Ids of new experiments: digits, as MLflow parses them, and in the order of creation.

    Milliseconds, then five random digits. Two processes may hit on one id; the store refuses the
    second, who draws another.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def draw(self) -> str:
        """An id greater than all that this process drew before."""
        drawn = get_current_time_millis() * _PER_MILLISECOND + secrets.randbelow(_PER_MILLISECOND)
        with self._lock:
            self._last = max(drawn, self._last + 1)
            return str(self._last)


def whole(value: Any) -> int:
    """A number as an integer of 64 bits.

    Raises:
        InvalidArgument: ``kind="integer"``, or ``"type"``; it is none.
    """
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise InvalidArgument("type", value) from error
    except OverflowError as error:
        raise InvalidArgument("integer", value) from error
    if number not in _INT64:
        raise InvalidArgument("integer", value)
    return number


def parsed_experiment_id(experiment_id: Any) -> str:
    """The one spelling of an id: ``007`` is experiment 7."""
    try:
        number = int(experiment_id)
    except (TypeError, ValueError) as error:
        # The text of mlflow.utils.validation._parse_experiment_id, which MLflow 3.14 lacks.
        raise MlflowException(
            f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer.",
            INVALID_PARAMETER_VALUE,
        ) from error
    return str(whole(number))


def parsed_experiment_ids(experiment_ids: Iterable[Any]) -> tuple[str, ...]:
    """Each in its one spelling. Any container of MLflow's will do."""
    return tuple(parsed_experiment_id(experiment_id) for experiment_id in experiment_ids)


def looked_up_experiment_id(experiment_id: Any) -> str:
    """As ``parsed_experiment_id``; nothing stands for the default experiment."""
    return parsed_experiment_id(experiment_id or DEFAULT_EXPERIMENT_ID)


def checked_max_results(max_results: int | None, *, optional: bool = False) -> int | None:
    """The size of a page, with SqlAlchemyStore's limits and texts."""
    if max_results is None and optional:
        return None
    lead = f"Invalid value {max_results} for parameter 'max_results' supplied. It must be "
    if max_results is None or max_results < 1:
        raise MlflowException(f"{lead}a positive integer", INVALID_PARAMETER_VALUE)
    if max_results > SEARCH_MAX_RESULTS_THRESHOLD:
        raise MlflowException(
            f"{lead}at most {SEARCH_MAX_RESULTS_THRESHOLD}", INVALID_PARAMETER_VALUE
        )
    if not isinstance(max_results, int):
        raise MlflowException(f"{lead}an integer", INVALID_PARAMETER_VALUE)
    return max_results


def page_size(max_results: Any) -> int:
    """The size of a page that was not checked to be an integer; complains as SqlAlchemyStore."""
    with internal_errors():
        return operator.index(max_results)


def checked_pairs(kind: str, pairs: Iterable[Any], *, optional: bool = False) -> list[Any]:
    """Entities with a key and a value that MLflow does not validate before it stores them.

    Args:
        kind: What they are called.
        pairs: The entities.
        optional: Whether a value may be None.
    """
    checked = list(pairs)
    for pair in checked:
        if pair.key is None or (pair.value is None and not optional):
            raise MlflowException(
                f"A {kind} lacks its {'key' if pair.key is None else 'value'}", BAD_REQUEST
            )
    if (repeated := first_repeated(pair.key for pair in checked)) is not None:
        raise AlreadyExists(kind, repeated)
    return [type(pair)(text(pair.key), text(pair.value)) for pair in checked]


def text(value: Any) -> Any:
    """What becomes of a value in a column of texts. None stays what it is."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    raise InvalidArgument("type", value)


@contextmanager
def judged_after(look_up: Callable[[], object]) -> Iterator[None]:
    """What the block refuses is refused only if the lookup, which costs a command, finds its thing.

    SqlAlchemyStore looks things up first, so that an unknown run is the worse mistake of two.
    """
    try:
        yield
    except (MlflowException, StoreError):
        look_up()
        raise


def first_repeated(keys: Iterable[Hashable]) -> Hashable | None:
    """The first key that was there before, if any."""
    seen: set[Hashable] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None
