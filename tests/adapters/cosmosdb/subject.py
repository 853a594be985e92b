"""A subject of the contract: the adapter of Azure Cosmos DB on its stand-in."""

from collections.abc import Iterator

import pytest

from .standin import StandIn, running

NAME = "cosmosdb"

CHOSEN = frozenset(
    {
        *("test_concurrency", "test_delete", "test_distinct", "test_find_fields"),
        *("test_find_filters", "test_find_join", "test_find_like", "test_find_order"),
        *("test_find_paging", "test_get", "test_group", "test_insert", "test_keys"),
        *("test_lifecycle", "test_limits", "test_patch", "test_patch_inserts"),
        *("test_patch_maximum", "test_prepare", "test_put", "test_tuples", "test_values"),
        *("test_batches", "test_inputs", "test_large_inputs", "test_logged_model_metrics"),
        *("test_metric_history", "test_params", "test_search_logged_models_order"),
        *("test_search_runs", "test_search_runs_dataset_filters", "test_search_runs_filters"),
        *("test_search_runs_order", "test_aliases", "test_prompt_links", "test_stages"),
        *("test_search_model_versions", "test_search_registered_models"),
        *("test_delete_traces", "test_log_spans", "test_resent_spans", "test_span_times"),
        *("test_span_totals", "test_start_trace_again", "test_trace_correlation"),
        *("test_trace_links", "test_trace_metrics_buckets"),
    }
)
"""The driver's deck but for scans, and what of the rest goes ways of this adapter's own:
conditional writes, orders and groups made here, joins by several requests, ids and numbers that are
encoded."""

COSTLY = frozenset(
    {
        *("test_there_may_be_very_many", "test_many_documents_are_split_as_needed"),
        *("test_all_of_many", "test_a_scan_brings_them_too", "test_takes_many"),
    }
)
"""Thousands of requests each: what is of no partition together goes one by one."""


@pytest.fixture(scope="session")
def cosmos() -> Iterator[StandIn]:
    """A stand-in for Azure Cosmos DB, which can be told to fail."""
    with running() as server:
        yield server


def uri(request: pytest.FixtureRequest, database: str) -> str:
    """Of an empty database."""
    server: StandIn = request.getfixturevalue("cosmos")
    return server.uri(database)
