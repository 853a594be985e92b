"""The driver's errors as those of the ports."""

import pytest
from bson.errors import InvalidDocument
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    DocumentTooLarge,
    DuplicateKeyError,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteConcernError,
    WriteError,
    WTimeoutError,
)

from mlflow_docstore.adapters.document.driver import PartlyWritten
from mlflow_docstore.adapters.mongodb.errors import Attempt, translate, translated
from mlflow_docstore.core.errors import (
    AlreadyExists,
    Forbidden,
    InvalidArgument,
    LimitExceeded,
    StoreError,
    Unavailable,
    Unreachable,
    Unsupported,
)

ATTEMPT = Attempt("runs", "k", answered=True)
THROTTLED = "Error=16500, RetryAfterMs=120, Details='Response status code: TooManyRequests (429)'"


def code(number: int, text: str = "") -> OperationFailure:
    return OperationFailure(text, number, {"code": number, "errmsg": text})


def bulk(*codes: int) -> BulkWriteError:
    failures = [{"index": i, "code": number, "errmsg": ""} for i, number in enumerate(codes)]
    return BulkWriteError({"writeErrors": failures, "writeConcernErrors": []})


def labelled(error: PyMongoError, label: str) -> PyMongoError:
    error._add_error_label(label)
    return error


class Step(int):
    """A number of a derived type."""


class TestUnavailable:
    @pytest.mark.parametrize(
        "error",
        [
            AutoReconnect("connection closed"),
            NetworkTimeout("timed out"),
            NotPrimaryError("not primary", {"code": 10107}),
            WriteConcernError("w", 64, {}),
            WTimeoutError("w", 64, {}),
            code(50),
            code(91),
            code(189),
            code(225),
            code(251),
            code(10107),
            code(11600),
            bulk(16500),
            bulk(),
        ],
        ids=repr,
    )
    def test_nobody_knows_whether_it_was_applied(self, error: Exception) -> None:
        found = translate(error, ATTEMPT)
        assert isinstance(found, Unavailable)
        assert (found.applied, found.retryable) == (None, True)

    @pytest.mark.parametrize(
        "error",
        [
            ServerSelectionTimeoutError("none"),
            WaitQueueTimeoutError("pool"),
            InvalidOperation("closed"),
            labelled(AutoReconnect("refused"), "NoWritesPerformed"),
            code(43),
            code(112),
            code(16500, THROTTLED),
            WriteError(THROTTLED, 16500, {}),
        ],
        ids=repr,
    )
    def test_nothing_was_applied(self, error: Exception) -> None:
        found = translate(error, ATTEMPT)
        assert isinstance(found, Unavailable)
        assert (found.applied, found.retryable) == (False, True)

    def test_a_throttling_server_says_how_long_to_wait(self) -> None:
        found = translate(code(16500, THROTTLED), ATTEMPT)
        assert isinstance(found, Unavailable)
        assert found.retry_after == 0.12

    def test_others_do_not(self) -> None:
        found = translate(code(112), ATTEMPT)
        assert isinstance(found, Unavailable)
        assert found.retry_after is None


class TestUnreachable:
    def test_a_server_that_never_answered(self) -> None:
        cause = AutoReconnect("h:1: [Errno 111] Connection refused (configured timeouts: 1ms)")
        attempt = Attempt("runs", servers=lambda: {"h:1": cause, "i:2": None})
        found = translate(ServerSelectionTimeoutError("No servers found yet"), attempt)
        assert isinstance(found, Unreachable)
        assert not found.retryable
        assert found.facts["reason"] == (
            "no server answers (h:1: [Errno 111] Connection refused; i:2: no answer in time): "
            "check host, port and the tls option"
        )

    @pytest.mark.parametrize(
        ("number", "word"), [(18, "authentication"), (8000, "authentication"), (13, "authorised")]
    )
    def test_a_server_that_refuses_the_user(self, number: int, word: str) -> None:
        found = translate(code(number, "user root@admin"), ATTEMPT)
        assert isinstance(found, Unreachable)
        assert word in found.facts["reason"]
        assert "root" not in str(found)

    def test_a_server_that_the_driver_does_not_support(self) -> None:
        found = translate(ConfigurationError("Server at h:1\nreports wire version 2"), ATTEMPT)
        assert isinstance(found, Unreachable)
        assert found.facts["reason"] == "Server at h:1 reports wire version 2"


class TestRefusals:
    @pytest.mark.parametrize(
        "error",
        [DocumentTooLarge("big"), *map(code, (4568, 10334, 17419, 17420)), bulk(10334)],
    )
    def test_documents_over_the_limit(self, error: Exception) -> None:
        found = translate(error, ATTEMPT)
        assert isinstance(found, LimitExceeded)
        assert (found.kind, found.key, found.facts["limit"]) == ("document", "k", 16 * 2**20)

    def test_the_integer_that_is_too_large_is_named(self) -> None:
        values = {"a": [Step(1), {"b": 2**63 - 1}], "c": ({"d": -(2**63) - 1},)}
        found = translate(OverflowError("8-byte ints"), Attempt("runs", values=values))
        assert isinstance(found, InvalidArgument)
        assert (found.kind, found.key) == ("integer", -(2**63) - 1)

    def test_text_that_is_no_unicode_is_named(self) -> None:
        with pytest.raises(InvalidArgument) as caught, _translated():
            "\ud800".encode()
        assert (caught.value.kind, caught.value.key) == ("text", "\ud800")

    @pytest.mark.parametrize(
        "error", [InvalidDocument("cannot encode"), code(52), code(57), code(51091)], ids=repr
    )
    def test_values_that_cannot_be_held(self, error: Exception) -> None:
        assert isinstance(translate(error, ATTEMPT), InvalidArgument)

    @pytest.mark.parametrize("number", [59, 67, 115, 238, 303, 304])
    def test_what_the_server_lacks(self, number: int) -> None:
        assert isinstance(translate(code(number), ATTEMPT), Unsupported)

    @pytest.mark.parametrize("error", [code(85), code(86), DuplicateKeyError("taken", 11000)])
    def test_what_is_taken(self, error: Exception) -> None:
        assert isinstance(translate(error, ATTEMPT), AlreadyExists)

    def test_a_taken_id_does_not_hide_another_failure_in_a_batch(self) -> None:
        assert isinstance(translate(bulk(11000, 13, 11000), ATTEMPT), Unreachable)

    def test_a_code_that_no_rule_foresees_is_told(self) -> None:
        error = OperationFailure("secret", 4242, {"codeName": "Odd"})
        found = translate(error, ATTEMPT)
        assert type(found) is StoreError
        assert (found.facts["code"], found.facts["reason"]) == (4242, "Odd")
        assert "secret" not in str(found)


def _translated():
    return translated(lambda: ATTEMPT)


class TestTheGuard:
    def test_the_cause_is_kept(self) -> None:
        cause = AutoReconnect("gone")
        with pytest.raises(Unavailable) as caught, _translated():
            raise cause
        assert caught.value.__cause__ is cause

    def test_errors_of_others_pass(self) -> None:
        with pytest.raises(KeyError), _translated():
            raise KeyError("x")


def partly(sent: str, inserted: int, **failures: int) -> StoreError:
    """What becomes of an insert of documents with one-letter ids, of which some failed."""
    errors = [
        {"index": sent.index(key), "code": number, "errmsg": THROTTLED}
        for key, number in failures.items()
    ]
    details = {"nInserted": inserted, "writeErrors": errors, "writeConcernErrors": []}
    attempt = Attempt("runs", values=[{"_id": key} for key in sent])
    return translate(BulkWriteError(details), attempt)


class TestABatchThatFailsInPart:
    def test_who_was_not_refused_is_done(self) -> None:
        found = partly("abcd", 2, b=16500, d=16500)
        assert isinstance(found, PartlyWritten)
        assert (found.done, found.taken) == ({"a", "c"}, set())
        assert (found.applied, found.retryable, found.retry_after) == (None, True, 0.12)

    def test_a_taken_id_is_done_as_well(self) -> None:
        found = partly("abcd", 2, b=11000, d=16500)
        assert isinstance(found, PartlyWritten)
        assert (found.done, found.taken) == ({"a", "b", "c"}, {"b"})

    def test_behind_the_failure_of_an_ordered_one_nothing_is_done(self) -> None:
        found = partly("abcd", 1, b=16500)
        assert isinstance(found, PartlyWritten)
        assert found.done == {"a"}

    def test_what_no_repeat_cures_is_told_as_it_is(self) -> None:
        assert isinstance(partly("ab", 1, b=13), Forbidden)


class TestSizes:
    @pytest.mark.parametrize("number", [2, 16, 10334, 17419, 17420])
    def test_the_limit_is_that_of_the_database(self, number: int) -> None:
        values = [{"_id": "a"}, {"_id": "b", "text": "x" * 1000}]
        attempt = Attempt("runs", "b", values, document_bytes=1000)
        found = translate(code(number), attempt)
        assert isinstance(found, LimitExceeded)
        assert found.facts["limit"] == 1000

    def test_a_bad_request_of_a_small_document_has_another_reason(self) -> None:
        found = translate(code(2), Attempt("runs", "a", {"_id": "a"}))
        assert type(found) is StoreError

    def test_an_index_takes_no_key_that_long(self) -> None:
        found = translate(code(17280), ATTEMPT)
        assert isinstance(found, LimitExceeded)
        assert found.facts["limit"] == "index_key"


def test_a_server_without_retryable_writes_says_what_to_write() -> None:
    found = translate(code(301), ATTEMPT)
    assert isinstance(found, Unreachable)
    assert "retryWrites=false" in found.facts["reason"]
