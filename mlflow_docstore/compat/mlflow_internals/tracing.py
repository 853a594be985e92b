"""What traces and spans take. It imports MLflow's tracing, and with it OpenTelemetry."""

import json
from typing import Any

from mlflow_docstore.compat.releases import RELEASE

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.tracing.otel.translation import translate_loaded_span, translate_span_when_storing
    from mlflow.tracing.utils import (
        TraceJSONEncoder,
        generate_assessment_id,
        generate_request_id_v2,
        try_json_loads,
    )
    from mlflow.utils.validation import _validate_length_limit as validate_length
    from mlflow.utils.validation import _validate_trace_tag as validate_trace_tag

    if RELEASE >= (3, 18):
        from mlflow.store.tracking.file_store import (
            _validate_new_trace_id as validate_new_trace_id,
        )
    else:

        def validate_new_trace_id(trace_id: str) -> None:
            """Any was taken."""

    if RELEASE >= (3, 17):
        from mlflow.entities.span import LazySpan
    else:
        from mlflow.entities.span import Span


def stored_span(content: str) -> Any:
    """The span of its stored JSON, taken apart no earlier than someone looks at it."""
    if RELEASE >= (3, 17):
        return LazySpan.from_stored_content(content)
    return Span.from_dict(translate_loaded_span(json.loads(content)))


__all__ = [
    "TraceJSONEncoder",
    "generate_assessment_id",
    "generate_request_id_v2",
    "stored_span",
    "translate_span_when_storing",
    "try_json_loads",
    "validate_length",
    "validate_new_trace_id",
    "validate_trace_tag",
]
