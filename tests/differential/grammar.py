"""Filters and orders, built from MLflow's grammar: mostly what it takes, sometimes what it refuses.

Names such as ``«run 3»`` may stand in the texts; each side puts its own ids in.
"""

from collections.abc import Sequence

from hypothesis import strategies as st

from .values import KEYS, NUMBERS_KEY, RUN_NAMES, SEARCHED, TEXTS, USERS, seldom

NUMERIC = ("=", "!=", "<", "<=", ">", ">=")
TEXTUAL = ("=", "!=", "LIKE", "ILIKE")
MEMBERSHIP = ("IN", "NOT IN")
PRESENCE = ("IS NULL", "IS NOT NULL")

DATASETS = ("wine", "Wine", "beer")
DIGESTS = ("1", "2")
CONTEXTS = ("train", "test")
MODEL_NAMES = ("model", "Model", "other model")
MODEL_TYPES = ("forest", "Forest", "")

_PATTERNS = ("%", "x%", "%X%", "_", "%é%", "a%b", "r_n", "%un", "", "forest", "w%")

texts = seldom(
    st.sampled_from(["x", "X", "0.5", "é"]),
    st.sampled_from([text for text in TEXTS if '"' not in text and "\n" not in text]),
)
patterns = st.sampled_from(_PATTERNS) | texts
numbers = st.sampled_from(["0", "1", "1.0", "-1.5", "2", "0.1", "1e308", "1e999", "3", "-0.0"])
comparators = st.sampled_from((*NUMERIC, *TEXTUAL, *MEMBERSHIP, *PRESENCE))


def quoted(text: str) -> str:
    """A string literal, in whichever quotes the text leaves free."""
    return f'"{text}"' if "'" in text else f"'{text}'"


def _in_list(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(values.map(quoted), min_size=1, max_size=3)
    return members.map(lambda items: f"({', '.join(items)})")


@st.composite
def clause(
    draw: st.DrawFn,
    subject: st.SearchStrategy[str],
    values: st.SearchStrategy[str],
    allowed: Sequence[str],
) -> str:
    """A comparison of a text field; seldom with a comparator it may not take."""
    comparator = draw(seldom(st.sampled_from(tuple(allowed)), comparators, of=30))
    name = draw(subject)
    if comparator in PRESENCE:
        return f"{name} {comparator}"
    if comparator in MEMBERSHIP:
        return f"{name} {comparator} {draw(_in_list(values))}"
    drawn = patterns if "LIKE" in comparator else values
    spelled = comparator.lower() if draw(st.booleans()) else comparator
    return f"{name} {spelled} {quoted(draw(drawn))}"


@st.composite
def numeric_clause(
    draw: st.DrawFn, subject: st.SearchStrategy[str], values: st.SearchStrategy[str] = numbers
) -> str:
    """A comparison of a number."""
    comparator = draw(seldom(st.sampled_from(NUMERIC), comparators, of=30))
    value = draw(seldom(values, st.sampled_from(["'1'", "abc", "nan"]), of=30))
    return f"{draw(subject)} {comparator} {value}"


def keyed(kind: str, *others: str) -> st.SearchStrategy[str]:
    """A metric, param or tag by its key, quoted wherever that is needed."""
    return seldom(st.sampled_from(SEARCHED), st.sampled_from((*KEYS, *others))).map(
        lambda key: f"{kind}.{key}" if key.isascii() and key.isalpha() else f"{kind}.`{key}`"
    )


def conjunction(*clauses: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """No clause, or a few; seldom something that is no filter at all."""
    joined = st.lists(st.one_of(*clauses), max_size=3).map(" AND ".join)
    wrong = st.sampled_from(["nonsense", "metrics.a =", "a = 'b' OR c = 'd'", "tags.a = x", "= 1"])
    return seldom(
        joined, seldom(joined.map(lambda text: text.replace(" AND ", " and ")), wrong, of=4)
    )


def direction(subject: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """An order clause of runs or experiments."""
    return st.tuples(subject, st.sampled_from(["", " ASC", " DESC", " asc", " desc"])).map("".join)


def run_filters(runs: Sequence[str], experiments: Sequence[str]) -> st.SearchStrategy[str]:
    """Filters of runs, which may name these runs and experiments."""
    ids = st.sampled_from([*runs, "nowhere"])
    prefix = st.sampled_from(["", "attributes.", "attribute.", "run."])

    def attribute(*names: str) -> st.SearchStrategy[str]:
        return st.tuples(prefix, st.sampled_from(names)).map("".join)

    places = ids.map(lambda run: f"%{run}/artifacts")
    return conjunction(
        numeric_clause(keyed("metrics", NUMBERS_KEY)),
        clause(keyed("params"), texts, (*TEXTUAL, *PRESENCE)),
        clause(keyed("tags", "mlflow.runName"), texts, (*TEXTUAL, *PRESENCE)),
        clause(attribute("status"), st.sampled_from(["RUNNING", "FINISHED", "failed"]), TEXTUAL),
        clause(attribute("run_name", "`Run name`"), st.sampled_from(RUN_NAMES), TEXTUAL),
        clause(attribute("user_id"), st.sampled_from(USERS), TEXTUAL),
        clause(attribute("run_id"), ids, ("=", "!=", *MEMBERSHIP)),
        places.map(lambda place: f"artifact_uri LIKE '{place}'"),
        numeric_clause(
            attribute("start_time", "end_time", "Created"), st.sampled_from(["1", "5", "1000"])
        ),
        clause(
            st.sampled_from(["dataset.name", "datasets.name"]),
            st.sampled_from(DATASETS),
            (*TEXTUAL, *MEMBERSHIP),
        ),
        clause(st.just("dataset.digest"), st.sampled_from(DIGESTS), (*TEXTUAL, *MEMBERSHIP)),
        clause(st.just("dataset.context"), st.sampled_from(CONTEXTS), (*TEXTUAL, *MEMBERSHIP)),
        st.sampled_from(experiments).map(lambda one: f"attributes.experiment_id = '{one}'"),
    )


# By neither id nor place: these hold random ids.
_RUN_SORTS = st.one_of(
    keyed("metrics", NUMBERS_KEY),
    keyed("params"),
    keyed("tags"),
    st.sampled_from(
        ["start_time", "attributes.end_time", "status", "run_name", "user_id", "Created"]
    ),
)
run_orders = st.lists(
    direction(seldom(_RUN_SORTS, st.sampled_from(["dataset.name", "x", "metrics"]), of=30)),
    max_size=3,
)


def experiment_filters(prefix: str, experiments: Sequence[str]) -> st.SearchStrategy[str]:
    """Filters of experiments; those of other histories never match."""
    names = st.sampled_from(["x", "X", "é", "name"]).map(lambda name: prefix + name)
    moments = st.sampled_from(experiments).map(lambda one: one.replace("»", " created»"))
    attribute = st.sampled_from(["", "attribute.", "attributes."])

    def of(*fields: str) -> st.SearchStrategy[str]:
        return st.tuples(attribute, st.sampled_from(fields)).map("".join)

    return conjunction(
        clause(of("name"), names, TEXTUAL),
        clause(keyed("tags"), texts, (*TEXTUAL, *PRESENCE)),
        numeric_clause(of("creation_time", "last_update_time"), moments),
        clause(of("experiment_id"), st.sampled_from(experiments), ("=", "!=", *MEMBERSHIP)),
    ).map(lambda text: f"name LIKE '{prefix}%'{' AND ' if text else ''}{text}")


experiment_orders = st.lists(
    direction(
        seldom(
            st.sampled_from(["name", "creation_time", "last_update_time", "experiment_id"]),
            st.sampled_from(["tags.a", "nothing", "attributes.name"]),
            of=30,
        )
    ),
    max_size=2,
)


def model_filters(models: Sequence[str], runs: Sequence[str]) -> st.SearchStrategy[str]:
    """Filters of logged models."""
    words = st.sampled_from(["x", "X", "0.5", "é", "null"])
    moments = st.sampled_from(models).map(lambda one: one.replace("»", " created»"))
    return conjunction(
        numeric_clause(keyed("metrics", NUMBERS_KEY)),
        clause(keyed("params"), words, (*TEXTUAL, *MEMBERSHIP)),
        clause(keyed("tags"), words, (*TEXTUAL, *MEMBERSHIP)),
        clause(
            st.sampled_from(["name", "attributes.name"]),
            st.sampled_from(MODEL_NAMES),
            (*TEXTUAL, *MEMBERSHIP),
        ),
        clause(st.just("model_type"), st.sampled_from(MODEL_TYPES), (*TEXTUAL, *MEMBERSHIP)),
        clause(st.just("model_id"), st.sampled_from(models), ("=", "!=", *MEMBERSHIP)),
        clause(st.just("source_run_id"), st.sampled_from(runs), ("=", "!=", *MEMBERSHIP)),
        clause(
            st.just("status"),
            st.sampled_from(["1", "2", "READY", "PENDING", "FAILED"]),
            ("=", "!=", *MEMBERSHIP),
        ),
        numeric_clause(
            st.sampled_from(["creation_time", "creation_timestamp", "last_updated_timestamp"]),
            moments,
        ),
    )


_MODEL_SORTS = seldom(
    st.sampled_from(["metrics.a", "metrics.A", "metrics.a.b", f"metrics.{NUMBERS_KEY}"])
    | st.sampled_from(["name", "model_type", "status", "creation_time", "last_updated_timestamp"]),
    st.sampled_from(["nothing", "tags.a", "metrics."]),
    of=30,
)
model_orders = st.lists(
    st.fixed_dictionaries(
        {"field_name": _MODEL_SORTS},
        optional={
            "ascending": st.booleans(),
            "dataset_name": st.sampled_from(DATASETS),
            "dataset_digest": st.sampled_from(DIGESTS),
        },
    ),
    max_size=2,
)
model_datasets = st.none() | st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "dataset_name": st.sampled_from(DATASETS),
            "dataset_digest": st.sampled_from(DIGESTS),
        },
    ),
    max_size=2,
)
