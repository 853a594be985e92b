"""Core errors as MLflow's. Texts are those of its SqlAlchemyStore, wherever it has one.

The table is keyed by class and kind. Where SqlAlchemyStore answers one call otherwise than the
rest, that call puts a table of its own before it, with ``answering``.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    INVALID_STATE,
    NOT_IMPLEMENTED,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
    TEMPORARILY_UNAVAILABLE,
)

from mlflow_docstore.core.errors import (
    AlreadyExists,
    Conflict,
    InvalidArgument,
    InvalidState,
    LimitExceeded,
    NotFound,
    StoreError,
    Unavailable,
    Unreachable,
    Unsupported,
)

T = TypeVar("T")
Call = TypeVar("Call", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Answer:
    """What MLflow says.

    Args:
        code: MLflow's error code.
        text: A format string over the error's ``kind``, ``key`` and facts, or a function of it.
    """

    code: int
    text: str | Callable[[StoreError], str]

    def __call__(self, error: StoreError) -> MlflowException:
        """The exception for an error."""
        if callable(self.text):
            return MlflowException(self.text(error), self.code)
        text = self.text.format(kind=error.kind, key=error.key, **error.facts)
        return MlflowException(text, self.code)


Table: TypeAlias = Mapping[tuple[type[StoreError], str | None], Answer]


def _page_token(error: StoreError) -> str:
    problem = error.facts["problem"]
    if problem == "base64":
        return "Invalid page token, could not base64-decode"
    if problem == "json":
        return f"Invalid page token, decoded value={error.facts['text']!r}"
    if problem == "content":
        return f"Invalid page token, parsed value={error.facts['content']!r}"
    return "Invalid page token, it belongs to a search with another order"


def _changed_params(error: StoreError) -> str:
    changed = [
        {"key": key, "old_value": old, "new_value": new} for key, old, new in error.facts["params"]
    ]
    return (
        "Changing param values is not allowed. Params were already"
        f" logged='{changed}' for run ID='{error.key}'."
    )


def _changed_param(error: StoreError) -> str:
    key, old, new = error.facts["params"][0]
    return (
        f"Changing param values is not allowed. Param with key='{key}' was already logged with"
        f" value='{old}' for run ID='{error.key}'. Attempted logging new value '{new}'."
    )


def _spans_elsewhere(error: StoreError) -> str:
    named: dict[str, list[str]] = {"archived": [], "other": []}
    for key, where in sorted(error.facts["locations"].items()):
        named["archived" if where == "ARCHIVE_REPO" else "other"].append(f"'{key}'")
    lists = {kind: ", ".join(keys) for kind, keys in named.items() if keys}
    if "other" not in lists:
        return f"Cannot log spans to archived traces: {lists['archived']}."
    groups = "; ".join(f"{kind}={keys}" for kind, keys in lists.items())
    return (
        "Cannot log spans because one or more traces are unavailable for DB-backed span writes:"
        f" {groups}"
    )


def _described(lead: str) -> Callable[[StoreError], str]:
    def text(error: StoreError) -> str:
        subject = error.kind if error.key is None else f"{error.kind} {error.key!r}"
        facts = "".join(f", {name}: {value}" for name, value in error.facts.items())
        return f"{lead} ({subject}{facts})"

    return text


def _no_database(error: StoreError) -> str:
    if error.key is None:
        return "This database holds nothing of MLflow's, at least not under this prefix"
    return f"There is no database of MLflow's at {error.key}"


ANSWERS: Table = {
    (NotFound, "experiment"): Answer(RESOURCE_DOES_NOT_EXIST, "No Experiment with id={key} exists"),
    (NotFound, "experiment_tag"): Answer(
        RESOURCE_DOES_NOT_EXIST, "No tag with name: {key} in experiment with id {experiment_id}"
    ),
    (NotFound, "run"): Answer(RESOURCE_DOES_NOT_EXIST, "Run with id={key} not found"),
    (NotFound, "run_tag"): Answer(
        RESOURCE_DOES_NOT_EXIST, "No tag with name: {key} in run with id {run_id}"
    ),
    (NotFound, "logged_model"): Answer(
        RESOURCE_DOES_NOT_EXIST, "Logged model with ID '{key}' not found."
    ),
    (NotFound, "logged_model_tag"): Answer(
        RESOURCE_DOES_NOT_EXIST, "No tag with key {key!r} found for model with ID {model_id!r}."
    ),
    (NotFound, "registered_model"): Answer(
        RESOURCE_DOES_NOT_EXIST, "Registered Model with name={key} not found"
    ),
    (NotFound, "registered_model_alias"): Answer(
        INVALID_PARAMETER_VALUE, "Registered model alias {key} not found."
    ),
    (NotFound, "model_version"): Answer(
        RESOURCE_DOES_NOT_EXIST, "Model Version (name={name}, version={key}) not found"
    ),
    (NotFound, "trace"): Answer(RESOURCE_DOES_NOT_EXIST, "Trace with ID '{key}' not found."),
    (NotFound, "trace_tag"): Answer(
        RESOURCE_DOES_NOT_EXIST, "No trace tag with key '{key}' for trace with ID '{trace_id}'"
    ),
    (NotFound, "assessment"): Answer(
        RESOURCE_DOES_NOT_EXIST, "Assessment with ID '{key}' not found for trace '{trace_id}'"
    ),
    (NotFound, "webhook"): Answer(RESOURCE_DOES_NOT_EXIST, "Webhook with ID {key} not found."),
    (NotFound, "database"): Answer(RESOURCE_DOES_NOT_EXIST, _no_database),
    (NotFound, None): Answer(RESOURCE_DOES_NOT_EXIST, "No {kind} {key!r}"),
    (AlreadyExists, "experiment"): Answer(
        RESOURCE_ALREADY_EXISTS,
        "Experiment(name={key}) already exists. Error: experiment names are unique, also among"
        " deleted experiments",
    ),
    (AlreadyExists, "experiment_tag"): Answer(
        RESOURCE_ALREADY_EXISTS,
        "Experiment(name={name}) already exists. Error: tag {key!r} is given twice",
    ),
    (AlreadyExists, "assessment"): Answer(
        INTERNAL_ERROR,
        "Failed to create assessment for trace '{trace_id}' due to a constraint violation.",
    ),
    (AlreadyExists, None): Answer(BAD_REQUEST, _described("It is there already, or given twice")),
    (InvalidState, "experiment"): Answer(
        INVALID_PARAMETER_VALUE,
        "The experiment {key} must be in the 'active' state. Current state is {stage}.",
    ),
    (InvalidState, "run"): Answer(
        INVALID_PARAMETER_VALUE,
        "The run {key} must be in the 'active' state. Current state is {stage}.",
    ),
    (InvalidState, "trace"): Answer(INVALID_STATE, _spans_elsewhere),
    (InvalidState, None): Answer(INVALID_STATE, _described("Its state forbids this")),
    (InvalidArgument, "uri"): Answer(INVALID_PARAMETER_VALUE, "{reason}"),
    (InvalidArgument, "page_token"): Answer(INVALID_PARAMETER_VALUE, _page_token),
    (InvalidArgument, "integer"): Answer(
        INTERNAL_ERROR, "Python int too large to convert to an integer of 64 bits: {key}"
    ),
    (InvalidArgument, "type"): Answer(BAD_REQUEST, "A value of the wrong type: {key!r}"),
    (InvalidArgument, None): Answer(INVALID_PARAMETER_VALUE, _described("Invalid value")),
    (Conflict, "param"): Answer(INVALID_PARAMETER_VALUE, _changed_params),
    (AlreadyExists, "trace"): Answer(
        INVALID_PARAMETER_VALUE, "Trace with ID '{key}' already exists in another experiment."
    ),
    (Conflict, None): Answer(
        TEMPORARILY_UNAVAILABLE, _described("Other writers came first too often; try again")
    ),
    (LimitExceeded, None): Answer(
        INVALID_PARAMETER_VALUE, _described("Larger than the database takes")
    ),
    (Unsupported, None): Answer(NOT_IMPLEMENTED, _described("Not supported")),
    (Unreachable, None): Answer(TEMPORARILY_UNAVAILABLE, _described("The database is unreachable")),
    (Unavailable, None): Answer(
        TEMPORARILY_UNAVAILABLE, _described("The database cannot answer now; try again later")
    ),
    (StoreError, None): Answer(INTERNAL_ERROR, _described("The store failed")),
}

RENAMING: Table = {
    (InvalidState, "experiment"): Answer(INVALID_STATE, "Cannot rename a non-active experiment."),
    (AlreadyExists, "experiment"): Answer(
        BAD_REQUEST, "Experiment(name={key}) already exists, perhaps as a deleted one"
    ),
}
"""When an experiment is renamed."""

RENAMING_MODEL: Table = {
    (AlreadyExists, "registered_model"): Answer(
        RESOURCE_ALREADY_EXISTS,
        "Registered Model (name={key}) already exists. Error: names of registered models are"
        " unique",
    )
}
"""When a registered model is renamed."""

STARTING_TRACE: Table = {
    (NotFound, "trace"): Answer(RESOURCE_DOES_NOT_EXIST, "Trace with ID '{key}' no longer exists."),
    (InvalidState, "trace"): Answer(
        INVALID_STATE, "Cannot update traces that are no longer DB-backed: '{key}'."
    ),
    (AlreadyExists, "assessment"): Answer(
        RESOURCE_DOES_NOT_EXIST, "Trace with ID '{trace_id}' no longer exists."
    ),
    (Conflict, "assessment"): Answer(
        INVALID_PARAMETER_VALUE, "Assessment with ID '{key}' belongs to another trace."
    ),
}
"""When a trace is started, perhaps again."""

READING_TRACE: Table = {
    (NotFound, "trace"): Answer(RESOURCE_DOES_NOT_EXIST, "Trace with ID {key} is not found.")
}
"""When a trace is read with its spans."""

SETTING_TRACE_TAG: Table = {
    (NotFound, "trace"): Answer(BAD_REQUEST, "Trace with ID '{key}' not found.")
}
"""When a tag of a trace is set."""

ONE_PARAM: Table = {(Conflict, "param"): Answer(INVALID_PARAMETER_VALUE, _changed_param)}
"""When a single param is logged."""

ASSESSING: Table = {
    (NotFound, "trace"): Answer(RESOURCE_DOES_NOT_EXIST, "Trace with request_id '{key}' not found")
}
"""When an assessment is looked up, or changed."""

MODEL_METRICS: Table = {
    (NotFound, "logged_model"): Answer(BAD_REQUEST, "Logged model with ID '{key}' not found.")
}
"""When metrics of models are logged."""


def to_mlflow(error: StoreError, first: Table | None = None) -> MlflowException:
    """MLflow's exception for a core error.

    Args:
        error: The error.
        first: Answers that go before the general ones.
    """
    for cls in type(error).__mro__:
        for kind in (error.kind, None):
            for table in (first or {}, ANSWERS):
                if answer := table.get((cls, kind)):
                    return answer(error)
    raise TypeError(f"no answer to {error!r}")


@contextmanager
def answering(first: Table | None = None) -> Iterator[None]:
    """Core errors of the block leave it as MLflow's, by this table before the general one."""
    try:
        yield
    except StoreError as error:
        raise to_mlflow(error, first) from error


@contextmanager
def internal_errors() -> Iterator[None]:
    """Bare exceptions leave the block as INTERNAL_ERROR, as they leave SqlAlchemyStore's sessions.

    For blocks that check values with code of MLflow's which complains so (entities, parsers).
    """
    try:
        yield
    except (MlflowException, StoreError):
        raise
    except Exception as error:
        raise MlflowException(str(error), INTERNAL_ERROR) from error


def translates_errors(cls: type[T]) -> type[T]:
    """Class decorator: core errors leave the methods of this project's classes as MLflow's."""
    for base in reversed(cls.__mro__):
        if base.__module__.startswith(f"{__package__}."):
            for name, member in list(vars(base).items()):
                if inspect.isfunction(member) and not name.startswith("__"):
                    setattr(cls, name, _translated(member))
    return cls


def _translated(method: Call) -> Call:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except StoreError as error:
            raise to_mlflow(error) from error

    return call  # type: ignore[return-value]  # the same signature, by functools.wraps
