"""Filters and orders of the registry, built from MLflow's grammar."""

from hypothesis import strategies as st

from .grammar import (
    MEMBERSHIP,
    TEXTUAL,
    clause,
    conjunction,
    direction,
    keyed,
    numeric_clause,
    quoted,
    texts,
)
from .registry_history import NAMES, RUN_IDS, SOURCES
from .rules_prompts import EXPERIMENTS
from .values import seldom

IS_PROMPT = "tags.`mlflow.prompt.is_prompt`"

_attribute = st.sampled_from(["", "attribute."])


def _of(*fields: str) -> st.SearchStrategy[str]:
    return st.tuples(_attribute, st.sampled_from(fields)).map("".join)


def _names(prefix: str) -> st.SearchStrategy[str]:
    """Names of this history, and patterns that match some."""
    return st.sampled_from([prefix + name for name in (*NAMES, "%", "_", "nobody")])


prompt_marks = st.tuples(
    st.sampled_from(["=", "!="]), st.sampled_from(["true", "false", "True", "no"])
).map(lambda drawn: f"{IS_PROMPT} {drawn[0]} '{drawn[1]}'")

_tags = clause(seldom(keyed("tags"), keyed("tag")), texts, TEXTUAL)


def model_filters(prefix: str) -> st.SearchStrategy[str]:
    """Filters of registered models; those of other histories never match."""
    return conjunction(
        clause(_of("name"), _names(prefix), (*TEXTUAL, *MEMBERSHIP)),
        _tags,
        _tags,
        prompt_marks,
    ).map(lambda text: within(prefix, text))


def version_filters(prefix: str) -> st.SearchStrategy[str]:
    """Filters of model versions; those of other histories never match."""
    return conjunction(
        clause(_of("name"), _names(prefix), (*TEXTUAL, *MEMBERSHIP)),
        clause(_of("run_id"), st.sampled_from(RUN_IDS), (*TEXTUAL, *MEMBERSHIP)),
        clause(_of("source_path"), st.sampled_from(SOURCES), TEXTUAL),
        numeric_clause(
            _of("version_number"), seldom(st.sampled_from("123"), st.sampled_from(["1.0", "'2'"]))
        ),
        _tags,
        prompt_marks,
    ).map(lambda text: within(prefix, text))


def prompt_filters(prefix: str) -> st.SearchStrategy[str]:
    """Filters of prompts; those of other histories never match."""
    experiments = st.sampled_from([*EXPERIMENTS, "x"])
    return conjunction(
        clause(_of("name"), _names(prefix), (*TEXTUAL, *MEMBERSHIP)),
        _tags,
        experiments.map(lambda one: f"experiment_id = '{one}'"),
    ).map(lambda text: within(prefix, text))


def within(prefix: str, text: str) -> str:
    """The filter, of this history alone."""
    return f"name LIKE {quoted(prefix + '%')}{' AND ' if text else ''}{text}"


def _orders(*fields: str) -> st.SearchStrategy[list[str]]:
    wrong = st.sampled_from(["tags.a", "nothing", "version", "", "name SIDEWAYS"])
    return st.lists(direction(seldom(st.sampled_from(fields), wrong, of=30)), max_size=2)


registered_model_orders = _orders("name", "timestamp", "last_updated_timestamp")
version_orders = _orders("name", "version_number", "creation_timestamp", "last_updated_timestamp")
