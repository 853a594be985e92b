"""The SDK's errors as those of the ports."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.cosmos.exceptions import (
    CosmosBatchOperationError,
    CosmosClientTimeoutError,
    CosmosHttpResponseError,
)

from mlflow_docstore.adapters.cosmosdb.errors import Attempt, translate, translated
from mlflow_docstore.core.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    InvalidArgument,
    LimitExceeded,
    StoreError,
    Unavailable,
    Unreachable,
)

ATTEMPT = Attempt("runs", "k", answered=True, host="h")


def status(number: int, sub: int | None = None, wait: int | None = None) -> CosmosHttpResponseError:
    """The error of a response."""
    headers = {} if sub is None else {"x-ms-substatus": str(sub)}
    headers |= {} if wait is None else {"x-ms-retry-after-ms": str(wait)}
    response = SimpleNamespace(
        status_code=number, headers=headers, reason="", text=lambda *_: "", content_type=None
    )
    return CosmosHttpResponseError(message="text", response=response)


class TestUnavailable:
    @pytest.mark.parametrize(
        "error",
        [
            *map(status, (408, 410, 500, 502, 503, 504)),
            *(status(410, sub) for sub in (1000, 1002, 1007, 1008)),
            ServiceResponseError("connection closed"),
            ServiceResponseTimeoutError("timed out"),
            IncompleteReadError("half of it"),
            DecodeError("no JSON"),
            CosmosClientTimeoutError(),
        ],
        ids=repr,
    )
    def test_nobody_knows_whether_it_was_applied(self, error: Exception) -> None:
        found = translate(error, ATTEMPT)
        assert type(found) is Unavailable
        assert (found.applied, found.retryable) == (None, True)
        assert (found.kind, found.key) == ("runs", "k")

    @pytest.mark.parametrize(
        "error",
        [
            *map(status, (423, 429, 449)),
            *(status(403, sub) for sub in (3, 1008)),
            *(status(404, sub) for sub in (1002, 1013)),
            status(409, 1006),
            *(CosmosBatchOperationError(1, {}, number) for number in (429, 449)),
            ServiceRequestError("connection refused"),
        ],
        ids=repr,
    )
    def test_nothing_was_done(self, error: Exception) -> None:
        found = translate(error, ATTEMPT)
        assert type(found) is Unavailable
        assert (found.applied, found.retryable) == (False, True)

    @pytest.mark.parametrize("error", [status(503), ServiceResponseError("closed")], ids=repr)
    def test_nothing_was_done_by_what_only_reads(self, error: Exception) -> None:
        found = translate(error, replace(ATTEMPT, writes=False))
        assert isinstance(found, Unavailable)
        assert (found.applied, found.retryable) == (False, True)

    def test_the_service_says_how_long_to_wait(self) -> None:
        found = translate(status(429, 3200, wait=1250), ATTEMPT)
        assert isinstance(found, Unavailable)
        assert found.retry_after == 1.25
        assert (found.facts["code"], found.facts["sub"]) == (429, 3200)

    def test_or_it_does_not(self) -> None:
        found = translate(status(449), ATTEMPT)
        assert isinstance(found, Unavailable)
        assert found.retry_after is None


class TestUnreachable:
    def test_no_account_has_ever_answered(self) -> None:
        found = translate(ServiceRequestError("refused"), Attempt("runs", host="there:1"))
        assert type(found) is Unreachable
        assert "no account answers at there:1" in found.facts["reason"]
        assert not found.retryable

    def test_the_key_is_wrong(self) -> None:
        found = translate(status(401), ATTEMPT)
        assert type(found) is Unreachable
        assert "check the key" in found.facts["reason"]

    def test_entra_issues_no_token(self) -> None:
        found = translate(ClientAuthenticationError("no identity\nmuch more"), ATTEMPT)
        assert type(found) is Unreachable
        assert found.facts["reason"] == "Entra ID issues no token: no identity"

    @pytest.mark.parametrize("sub", [None, 5300, 5301])
    def test_the_identity_may_not(self, sub: int | None) -> None:
        found = translate(status(403, sub), ATTEMPT)
        assert type(found) is Forbidden
        assert "mlflow-docstore init URI" in found.facts["reason"]

    @pytest.mark.parametrize("sub", [1005, 1010])
    def test_the_account_has_no_room(self, sub: int) -> None:
        assert type(translate(status(403, sub), ATTEMPT)) is Unreachable

    @pytest.mark.parametrize("sub", [None, 1003])
    def test_nobody_has_made_the_container(self, sub: int | None) -> None:
        found = translate(status(404, sub), ATTEMPT)
        assert type(found) is Unreachable
        assert "no container for runs: run `mlflow-docstore init URI`" in found.facts["reason"]


class TestOtherErrors:
    def test_an_id_is_taken(self) -> None:
        assert type(translate(status(409), ATTEMPT)) is AlreadyExists

    def test_another_writer_came_first(self) -> None:
        assert type(translate(status(412), ATTEMPT)) is Conflict

    def test_an_item_is_too_large(self) -> None:
        found = translate(status(413), ATTEMPT)
        assert type(found) is LimitExceeded
        assert found.facts["limit"] == 2 * 1024 * 1024

    def test_a_partition_is_full(self) -> None:
        found = translate(status(403, 1014), ATTEMPT)
        assert type(found) is LimitExceeded
        assert found.kind == "partition"

    def test_a_refusal_that_nobody_foresaw_is_told_by_its_code(self) -> None:
        found = translate(status(400, 1004), ATTEMPT)
        assert type(found) is StoreError
        assert (found.facts["code"], found.facts["sub"]) == (400, 1004)

    def test_half_a_character_is_no_text(self) -> None:
        with pytest.raises(InvalidArgument) as caught, translated(lambda: ATTEMPT):
            "\ud800".encode()
        assert caught.value.facts["reason"] == "not valid unicode"


def test_the_cause_is_kept() -> None:
    cause = status(500)
    with pytest.raises(Unavailable) as caught, translated(lambda: ATTEMPT):
        raise cause
    assert caught.value.__cause__ is cause


def test_what_is_none_of_the_sdks_is_left_alone() -> None:
    with pytest.raises(ZeroDivisionError), translated(lambda: ATTEMPT):
        _ = 1 / 0
