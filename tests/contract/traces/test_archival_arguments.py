"""What a pass of archival is told, and what the store says of archival as a whole."""

from collections.abc import Mapping
from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import refused
from .archival_scenarios import Archival

pytestmark = pytest.mark.area("traces")

DURATION = (
    "Expected a duration in the form `<int><unit>`, where unit is one of 'm', 'h', or 'd' (for"
    " example '30d' or '12h')."
)
LOCATION = "Invalid value for 'resolved_trace_archival_location'."


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"max_traces_per_pass": 0},
            "`max_traces_per_pass` must be a positive integer, received 0.",
        ),
        (
            {"max_traces_per_pass": -3},
            "`max_traces_per_pass` must be a positive integer, received -3.",
        ),
        (
            {"resolved_trace_archival_location": ""},
            "`resolved_trace_archival_location` must be provided.",
        ),
        (
            {"resolved_trace_archival_location": None},
            "`resolved_trace_archival_location` must be provided.",
        ),
        (
            {"resolved_trace_archival_location": "/no/scheme"},
            f"{LOCATION} Expected a URI string.",
        ),
        ({"resolved_trace_archival_location": 7}, f"{LOCATION} Expected a URI string."),
        (
            {"resolved_trace_archival_location": "mlflow-artifacts:/traces"},
            f"{LOCATION} Trace archival location cannot use the proxy-only `mlflow-artifacts:`",
        ),
        ({"broader_retention": ""}, "`broader_retention` must be provided."),
        ({"broader_retention": None}, "`broader_retention` must be provided."),
        *(
            ({"broader_retention": value}, f"Invalid value for 'broader_retention'. {DURATION}")
            for value in ("30", "d", "0d", "1.5d", "-1d", "30 d", "30s", "01d", "30D", 30)
        ),
        (
            {"broader_retention": "1" * 32 + "d"},
            "Invalid value for 'broader_retention'. Maximum length is 32 characters.",
        ),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(
    archival: Archival, arguments: Mapping[str, Any], text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        archival.run(**arguments)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"max_traces_per_pass": 0, "resolved_trace_archival_location": ""},
            "`max_traces_per_pass` must be",
        ),
        (
            {"resolved_trace_archival_location": "", "broader_retention": ""},
            "`resolved_trace_archival_location` must be",
        ),
        ({"resolved_trace_archival_location": "x", "broader_retention": ""}, LOCATION),
    ],
)
def test_of_several_mistakes_the_first_is_told(
    archival: Archival, arguments: Mapping[str, Any], text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        archival.run(**arguments)


def test_a_refused_pass_archives_nothing(archival: Archival) -> None:
    trace_id = archival.trace()
    with refused("INVALID_PARAMETER_VALUE"):
        archival.run(broader_retention="soon")
    assert not archival.is_archived(trace_id)


@pytest.mark.parametrize("value", [" 99999d", "99999d\n"])
def test_spaces_around_a_retention_are_left_out(archival: Archival, value: str) -> None:
    archival.trace()
    assert archival.run(broader_retention=value) == 1


def test_spaces_around_a_location_are_left_out(archival: Archival) -> None:
    trace_id = archival.trace()
    assert archival.run(resolved_trace_archival_location=f" {archival.location} ") == 1
    assert archival.file(trace_id).exists()


def test_a_place_that_nobody_knows_is_tried_again_later(archival: Archival) -> None:
    trace_id = archival.trace()
    assert archival.run(resolved_trace_archival_location="nowhere://bucket") == 0
    assert not archival.is_archived(trace_id)
    assert archival.run() == 1


def test_the_store_says_that_it_can(store: AbstractStore) -> None:
    assert store.supports_trace_archival is True


@pytest.mark.parametrize(
    ("location", "retention"), [("file:///archive", "30d"), ("s3://bucket/path", "12h"), ("", "")]
)
def test_configuration_is_that_of_the_server(
    store: AbstractStore, location: str, retention: str
) -> None:
    resolved = store.resolve_trace_archival_config(
        default_trace_archival_location=location, default_retention=retention
    )
    assert (resolved.config.location, resolved.config.retention) == (location, retention)
    assert resolved.append_workspace_prefix is False
