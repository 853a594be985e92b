"""What tracing clients of MLflow 2 send: two calls a trace, with its spans as an artifact."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import TraceState
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

BEGUN = 1_700_000_000_000
SPAN = {
    "name": "answer",
    "context": {"span_id": "0x1", "trace_id": "0x2"},
    "parent_id": None,
    "start_time": BEGUN * 10**6,
    "end_time": (BEGUN + 250) * 10**6,
    "status_code": "OK",
    "status_message": "",
    "attributes": {"mlflow.traceRequestId": '"r"', "mlflow.spanInputs": '{"a": 1}'},
    "events": [],
}


@dataclass(frozen=True)
class OldClient:
    """One of MLflow 2: the routes that it knows.

    Args:
        address: Of the server.
        experiment_id: Where it traces.
    """

    address: str
    experiment_id: str

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """What it is answered."""
        answer = self.answer(method, path, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def answer(self, method: str, path: str, **body: Any) -> requests.Response:
        url = f"{self.address}/api/2.0/mlflow/traces{path}"
        sent: dict[str, Any] = {"params": body} if method == "GET" else {"json": body}
        return requests.request(method, url, timeout=60, **sent)

    def start(self, **tags: str) -> dict[str, Any]:
        info = self.call(
            "POST",
            "",
            experiment_id=self.experiment_id,
            timestamp_ms=BEGUN,
            request_metadata=pairs({"mlflow.traceInputs": '{"a": 1}'}),
            tags=pairs({"mlflow.traceName": "answer", **tags}),
        )["trace_info"]
        return dict(info)

    def end(self, request_id: str, status: str = "OK", **tags: str) -> dict[str, Any]:
        info = self.call(
            "PATCH",
            f"/{request_id}",
            request_id=request_id,
            timestamp_ms=BEGUN + 250,
            status=status,
            request_metadata=pairs({"mlflow.traceOutputs": '"hot"'}),
            tags=pairs(tags),
        )["trace_info"]
        return dict(info)

    def found(self, text: str = "") -> list[str]:
        ids = self.call("GET", "", experiment_ids=[self.experiment_id], filter=text)
        return [trace["request_id"] for trace in ids.get("traces", [])]


def pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping as the protocol has it."""
    return [{"key": key, "value": value} for key, value in values.items()]


def mapping(values: list[dict[str, str]]) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in values}


@pytest.fixture
def old(server_alone: str) -> OldClient:
    experiment_id = MlflowClient(server_alone).create_experiment(f"e{uuid4().hex}")
    return OldClient(server_alone, experiment_id)


class TestLife:
    def test_what_is_started_is_in_progress(self, old: OldClient) -> None:
        info = old.start(drink="tea")
        assert (info["experiment_id"], info["status"]) == (old.experiment_id, "IN_PROGRESS")
        assert info["timestamp_ms"] == BEGUN
        assert mapping(info["tags"])["drink"] == "tea"
        assert "mlflow.artifactLocation" in mapping(info["tags"])

    def test_what_is_ended_has_its_time_its_state_and_all_it_was_given(
        self, old: OldClient
    ) -> None:
        started = old.start(drink="tea", cups="1")
        info = old.end(started["request_id"], status="ERROR", cups="2")
        assert (info["status"], info["execution_time_ms"]) == ("ERROR", 250)
        assert {"drink": "tea", "cups": "2"}.items() <= mapping(info["tags"]).items()
        metadata = mapping(info["request_metadata"])
        assert (metadata["mlflow.traceInputs"], metadata["mlflow.traceOutputs"]) == (
            '{"a": 1}',
            '"hot"',
        )
        assert old.call("GET", f"/{info['request_id']}/info")["trace_info"] == info

    def test_searches_find_it(self, old: OldClient) -> None:
        ids = [old.start(number=str(number))["request_id"] for number in range(2)]
        old.end(ids[0])
        assert set(old.found()) == set(ids)
        assert old.found("tags.number = '1'") == [ids[1]]
        assert old.found("attributes.status = 'OK'") == [ids[0]]

    def test_tags_are_set_and_deleted(self, old: OldClient) -> None:
        request_id = old.start()["request_id"]
        for key in ("a", "b"):
            old.call("PATCH", f"/{request_id}/tags", request_id=request_id, key=key, value="v")
        old.call("DELETE", f"/{request_id}/tags", request_id=request_id, key="b")
        tags = mapping(old.call("GET", f"/{request_id}/info")["trace_info"]["tags"])
        assert tags["a"] == "v"
        assert "b" not in tags

    def test_what_is_deleted_is_gone(self, old: OldClient) -> None:
        request_id = old.start()["request_id"]
        deleted = old.call(
            "POST", "/delete-traces", experiment_id=old.experiment_id, request_ids=[request_id]
        )
        assert deleted == {"traces_deleted": 1}
        assert old.answer("GET", f"/{request_id}/info").status_code == 404

    def test_what_was_never_started_cannot_be_ended(self, old: OldClient) -> None:
        answer = old.answer("PATCH", "/tr-none", request_id="tr-none", timestamp_ms=1, status="OK")
        assert answer.status_code == 404


class TestWithClientsOfToday:
    def test_they_read_its_spans_from_its_artifacts(self, old: OldClient) -> None:
        info = old.start()
        location = mapping(info["tags"])["mlflow.artifactLocation"]
        get_artifact_repository(location).upload_trace_data(json.dumps({"spans": [SPAN]}))
        old.end(info["request_id"])
        trace = MlflowClient(old.address).get_trace(info["request_id"])
        assert (trace.info.state, trace.info.execution_duration) == (TraceState.OK, 250)
        assert [span.name for span in trace.data.spans] == ["answer"]
