"""The documents that the bare drivers write. The benchmarks refuse to run if ours differ."""

import uuid
from array import array
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from struct import Struct
from typing import Any

from mlflow.entities import Metric

from benchmarks.data import EPOCH
from mlflow_docstore.adapters.document.layout import SCHEMA_VERSION

Document = dict[str, Any]

STAMP = {"workspace": "default", "schema": SCHEMA_VERSION}
LIVE = {"workspace": "default", "lifecycle": "active"}

SEVERAL = ""
"""What the metric of a chunk of several is called."""

_INT64_MAX = 2**63 - 1
_SIGN = 2**63
_FLOAT, _BITS = Struct(">d"), Struct(">Q")


def experiment(name: str) -> tuple[Document, Document]:
    """The document that claims a name, as uniqueness rests on primary ids, and the experiment."""
    number, now = uuid.uuid4().int % 10**18, EPOCH
    owner = {
        "_id": str(number),
        "name": name,
        "lifecycle": "active",
        "artifact_location": f"/tmp/artifacts/{number}",  # noqa: S108
        "creation_time": now,
        "last_update_time": now,
        "number": f"{number:020d}",
        "recent": f"{_INT64_MAX - now:016x}{number:020d}",
        "tags": {},
    }
    return claimed(owner)


def claimed(owner: Document) -> tuple[Document, Document]:
    """The document that claims an owner's name, and the owner."""
    token = uuid.uuid4().hex
    claim = {"_id": f"name-{owner['name']}", "owner": owner["_id"], "token": token, **STAMP}
    return claim, {**owner, "name_rev": 0, "birth": uuid.uuid4().hex, "claim": token, **STAMP}


def run(within: Document) -> Document:
    """A run of an experiment, as ours makes it."""
    run_id = uuid.uuid4().hex
    return {
        "_id": run_id,
        "experiment_id": within["_id"],
        "lifecycle": "active",
        "recent": f"{_INT64_MAX - EPOCH:016x}{run_id}",
        "name": "bench",
        "user_id": "bench",
        "status": "RUNNING",
        "start_time": EPOCH,
        "end_time": None,
        "artifact_uri": f"{within['artifact_location']}/{run_id}/artifacts",
        "tags": {"mlflow%2Euser": "bench", "mlflow%2ErunName": "bench"},
        "params": {},
        "metrics": {},
        "datasets": [],
        "model_inputs": [],
        "model_outputs": [],
        "measured": [],
        "links": 0,
        **STAMP,
    }


def by_key(metrics: Sequence[Metric]) -> dict[str, list[Metric]]:
    """The points of each metric."""
    key = attrgetter("key")
    return {name: list(found) for name, found in groupby(sorted(metrics, key=key), key)}


def latest(metrics: Sequence[Metric]) -> Document:
    """What a run says of its metric's last point."""
    # First a text that decides which of two is later; good for the positive values used here.
    metric = max(metrics, key=attrgetter("step"))
    (bits,) = _BITS.unpack(_FLOAT.pack(metric.value))
    order = f"{metric.step + _SIGN:016x}{metric.timestamp + _SIGN:016x}{bits | _SIGN:016x}1"
    return {"o": order, "s": metric.step, "t": metric.timestamp, "r": 1, "v": metric.value}


def chunk(run_id: str, points: Mapping[str, Sequence[Metric]]) -> Document:
    """Points in columns: of one metric as fields, of several as a value a metric."""
    every = [metric for these in points.values() for metric in these]
    head = {
        "_id": f"{run_id}-{uuid.uuid4().hex}",
        "run_id": run_id,
        "level": 0,
        "first": min(metric.timestamp for metric in every),
        "last": max(metric.timestamp for metric in every),
        "count": len(every),
        **STAMP,
    }
    if len(points) > 1:
        columns = {
            key: b"".join((len(these).to_bytes(8, "little"), *_columns(these).values()))
            for key, these in points.items()
        }
        return {**head, "key": SEVERAL, "metrics": len(points), "columns": columns}
    ((key, these),) = points.items()
    return {**head, "key": key, **_columns(these)}


def points_in(chunk: Document, key: str) -> int:
    """How many points of a metric a chunk has."""
    if chunk["key"] == key:
        return int(chunk["count"])
    return int.from_bytes(chunk["columns"][key][:8], "little")


def _columns(metrics: Sequence[Metric]) -> dict[str, bytes]:
    return {
        "timestamps": array("q", [metric.timestamp for metric in metrics]).tobytes(),
        "steps": array("q", [metric.step for metric in metrics]).tobytes(),
        "values": array("d", [metric.value for metric in metrics]).tobytes(),
    }


def model(name: str) -> tuple[Document, Document]:
    """The document that claims a name, and the registered model."""
    owner = {
        "_id": uuid.uuid4().hex,
        "name": name,
        "listing": "model",
        "creation_time": EPOCH,
        "last_updated_time": EPOCH,
        "description": "words",
        "tags": {"team": "bench"},
        "aliases": {},
        "version_count": 0,
        "pending": [],
        "stages": {},
        "latest": [],
        "has_prompt_versions": False,
        "revision": 0,
        "writer": None,
        "renamed": None,
        "unspread": False,
    }
    return claimed(owner)


def next_version(head: Document) -> tuple[Document, Document]:
    """How a model changes that gets another version, and the version."""
    number, revision = head["version_count"] + 1, head["revision"] + 1
    key, writer = f"{head['_id']}-{number}", uuid.uuid4().hex
    # The newest was of no stage, as the one before it was.
    others = [one for one in head["latest"] if one != f"{head['_id']}-{number - 1}"]
    changes = {
        "version_count": number,
        "pending": [number],
        "last_updated_time": EPOCH,
        "latest": [*others, key],
        "revision": revision,
        "writer": writer,
    }
    own = {"_id": key, "model_id": head["_id"], "number": number, "name": head["name"]}
    copied = {"writer": writer, "staged": revision, "named": revision}
    return changes, {**own, **copied, **_VERSION}


_VERSION: Mapping[str, Any] = {
    "creation_time": EPOCH,
    "last_updated_time": EPOCH,
    "description": None,
    "source": "s3://models/bench",
    "storage_location": "s3://models/bench",
    "run_id": None,
    "run_link": None,
    "tags": {"validated": "no"},
    "stage": "None",
    "listing": "model",
    **STAMP,
}


def prompt_text(version: Document) -> str:
    """The text of a prompt's version."""
    text: str = version["tags"]["mlflow%2Eprompt%2Etext"]
    return text
