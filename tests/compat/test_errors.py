"""Core errors as MLflow's."""

import pytest
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.errors import (
    ANSWERS,
    MODEL_METRICS,
    ONE_PARAM,
    READING_TRACE,
    RENAMING,
    SETTING_TRACE_TAG,
    STARTING_TRACE,
    Table,
    answering,
    internal_errors,
    to_mlflow,
    translates_errors,
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

PARAMS = (("lr", "1", "2"), ("depth", "3", "4"))

CASES: list[tuple[StoreError, str, str]] = [
    (NotFound("experiment", "7"), "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=7 exists"),
    (
        NotFound("experiment_tag", "team", experiment_id="7"),
        "RESOURCE_DOES_NOT_EXIST",
        "No tag with name: team in experiment with id 7",
    ),
    (NotFound("run", "abc"), "RESOURCE_DOES_NOT_EXIST", "Run with id=abc not found"),
    (
        NotFound("run_tag", "team", run_id="abc"),
        "RESOURCE_DOES_NOT_EXIST",
        "No tag with name: team in run with id abc",
    ),
    (
        NotFound("logged_model", "m-1"),
        "RESOURCE_DOES_NOT_EXIST",
        "Logged model with ID 'm-1' not found.",
    ),
    (
        NotFound("logged_model_tag", "team", model_id="m-1"),
        "RESOURCE_DOES_NOT_EXIST",
        "No tag with key 'team' found for model with ID 'm-1'.",
    ),
    (AlreadyExists("logged_model_param", "lr"), "BAD_REQUEST", "logged_model_param 'lr'"),
    (AlreadyExists("logged_model_metric", "acc"), "BAD_REQUEST", "logged_model_metric 'acc'"),
    (AlreadyExists("model_output", "m-1"), "BAD_REQUEST", "model_output 'm-1'"),
    (
        AlreadyExists("experiment", "wine"),
        "RESOURCE_ALREADY_EXISTS",
        "Experiment(name=wine) already exists. Error: ",
    ),
    (
        AlreadyExists("experiment_tag", "team", name="wine"),
        "RESOURCE_ALREADY_EXISTS",
        "Experiment(name=wine) already exists. Error: ",
    ),
    (
        InvalidState("experiment", "7", stage="deleted"),
        "INVALID_PARAMETER_VALUE",
        "The experiment 7 must be in the 'active' state. Current state is deleted.",
    ),
    (
        InvalidState("run", "abc", stage="deleted"),
        "INVALID_PARAMETER_VALUE",
        "The run abc must be in the 'active' state. Current state is deleted.",
    ),
    (
        InvalidArgument("page_token", "x", problem="base64"),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token, could not base64-decode",
    ),
    (
        InvalidArgument("page_token", "x", problem="json", text=b"hello"),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token, decoded value=b'hello'",
    ),
    (
        InvalidArgument("page_token", "x", problem="content", content={"offset": 0}),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token, parsed value={'offset': 0}",
    ),
    (
        InvalidArgument("page_token", "x", problem="shape"),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token, it belongs to a search with another order",
    ),
    (
        InvalidArgument("uri", "mongodb://h", reason="The URI names no database"),
        "INVALID_PARAMETER_VALUE",
        "The URI names no database",
    ),
    (InvalidArgument("integer", 2**63), "INTERNAL_ERROR", "Python int too large to convert to"),
    (
        Conflict("param", "abc", params=PARAMS),
        "INVALID_PARAMETER_VALUE",
        (
            "Changing param values is not allowed. Params were already logged='[{'key': 'lr', "
            "'old_value': '1', 'new_value': '2'}, {'key': 'depth', 'old_value': '3', "
            "'new_value': '4'}]' for run ID='abc'."
        ),
    ),
    (Conflict("experiment", "7"), "TEMPORARILY_UNAVAILABLE", "try again"),
    (LimitExceeded("run", "abc", limit="16 MiB"), "INVALID_PARAMETER_VALUE", "limit: 16 MiB"),
    (Unavailable("find", "runs", applied=None), "TEMPORARILY_UNAVAILABLE", "try again later"),
    (Unreachable("server", reason="refused"), "TEMPORARILY_UNAVAILABLE", "reason: refused"),
    (Unsupported("schema", "9"), "NOT_IMPLEMENTED", "schema '9'"),
    (StoreError("thing"), "INTERNAL_ERROR", "thing"),
    (NotFound("trace", "tr-1"), "RESOURCE_DOES_NOT_EXIST", "Trace with ID 'tr-1' not found."),
    (
        NotFound("trace_tag", "team", trace_id="tr-1"),
        "RESOURCE_DOES_NOT_EXIST",
        "No trace tag with key 'team' for trace with ID 'tr-1'",
    ),
    (
        AlreadyExists("trace", "tr-1"),
        "INVALID_PARAMETER_VALUE",
        "Trace with ID 'tr-1' already exists in another experiment.",
    ),
    (AlreadyExists("trace_link", "tr-1"), "BAD_REQUEST", "trace_link 'tr-1'"),
    (Conflict("trace", "tr-1"), "TEMPORARILY_UNAVAILABLE", "try again"),
    (
        InvalidState("trace", "b", locations={"c": "ARCHIVE_REPO", "b": "ARCHIVE_REPO"}),
        "INVALID_STATE",
        "Cannot log spans to archived traces: 'b', 'c'.",
    ),
    (
        InvalidState("trace", "b", locations={"c": "ARTIFACT_REPO", "b": "ARCHIVE_REPO"}),
        "INVALID_STATE",
        (
            "Cannot log spans because one or more traces are unavailable for DB-backed span writes:"
            " archived='b'; other='c'"
        ),
    ),
]


@pytest.mark.parametrize(
    ("error", "code", "text"), CASES, ids=[f"{type(case[0]).__name__}-{case[0]}" for case in CASES]
)
def test_error_has_mlflows_code_and_text(error: StoreError, code: str, text: str) -> None:
    answer = to_mlflow(error)
    assert answer.error_code == code
    assert text in answer.message


@pytest.mark.parametrize(
    ("table", "error", "code", "text"),
    [
        (
            RENAMING,
            InvalidState("experiment", "7", stage="deleted"),
            "INVALID_STATE",
            "Cannot rename a non-active experiment.",
        ),
        (RENAMING, AlreadyExists("experiment", "wine"), "BAD_REQUEST", "wine"),
        (
            ONE_PARAM,
            Conflict("param", "abc", params=PARAMS),
            "INVALID_PARAMETER_VALUE",
            (
                "Changing param values is not allowed. Param with key='lr' was already logged"
                " with value='1' for run ID='abc'. Attempted logging new value '2'."
            ),
        ),
        (MODEL_METRICS, NotFound("logged_model", "m-1"), "BAD_REQUEST", "'m-1' not found"),
        (
            STARTING_TRACE,
            NotFound("trace", "tr-1"),
            "RESOURCE_DOES_NOT_EXIST",
            "Trace with ID 'tr-1' no longer exists.",
        ),
        (
            STARTING_TRACE,
            InvalidState("trace", "tr-1", location="ARCHIVE_REPO"),
            "INVALID_STATE",
            "Cannot update traces that are no longer DB-backed: 'tr-1'.",
        ),
        (
            READING_TRACE,
            NotFound("trace", "tr-1"),
            "RESOURCE_DOES_NOT_EXIST",
            "Trace with ID tr-1 is not found.",
        ),
        (SETTING_TRACE_TAG, NotFound("trace", "tr-1"), "BAD_REQUEST", "'tr-1' not found."),
        (MODEL_METRICS, NotFound("run", "abc"), "RESOURCE_DOES_NOT_EXIST", "Run with id=abc"),
    ],
)
def test_table_of_a_call_goes_before_the_general_one(
    table: Table, error: StoreError, code: str, text: str
) -> None:
    with pytest.raises(MlflowException) as caught, answering(table):
        raise error
    assert caught.value.error_code == code
    assert text in caught.value.message
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("cls", StoreError.__subclasses__())
def test_every_class_has_an_answer_for_kinds_that_nobody_thought_of(cls: type[StoreError]) -> None:
    assert (cls, None) in ANSWERS
    answer = to_mlflow(cls("novelty", "key", fact="fact"))
    assert "novelty" in answer.message


def test_braces_in_user_text_stay_as_they_are() -> None:
    assert "id={x}{0}" in to_mlflow(NotFound("run", "{x}{0}")).message


class Inner:
    def read(self) -> None:
        raise NotFound("run", "abc")


@translates_errors
class Outer(Inner):
    def crash(self) -> None:
        raise ZeroDivisionError

    @property
    def size(self) -> int:
        return 1


def test_decorator_leaves_classes_of_others_alone() -> None:
    # This module is none of the facade's, so neither class is wrapped.
    with pytest.raises(NotFound):
        Outer().read()
    with pytest.raises(ZeroDivisionError):
        Outer().crash()


def test_bare_errors_become_internal_ones() -> None:
    with pytest.raises(MlflowException, match="no number") as caught, internal_errors():
        raise ValueError("no number")
    assert caught.value.error_code == "INTERNAL_ERROR"
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("error", [MlflowException("as it is"), NotFound("run", "abc")])
def test_errors_that_say_what_they_are_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, internal_errors():
        raise error
    assert caught.value is error
