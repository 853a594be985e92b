"""A live database gives what memory gives: the same rows in the same order, for any query."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlflow_docstore.adapters.document.driver import Document, Driver, Find, Join, Patch, Row
from mlflow_docstore.adapters.document.groups import Group, GroupKey, Reducer, Reduction
from mlflow_docstore.adapters.document.layout import Collection, Layout, Measures
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    BestElement,
    Compare,
    Exists,
    Filter,
    In,
    Like,
    MissingOr,
    Operator,
    Or,
    Order,
    SortKey,
    path,
)
from mlflow_docstore.testing.subjects import is_uri
from tests.contract.driver.deck import BY_ID, by, requires, unique
from tests.contract.driver.subjects import connect, label, subjects

INT64 = {"min_value": -(2**63), "max_value": 2**63 - 1}

integers = st.integers(-3, 3) | st.sampled_from([2**53 + 1, INT64["min_value"], 2**63 - 1])
floats = st.sampled_from([0.0, -0.5, 0.5, 1.0, 2.0, 1e300, 5e-324, 0.1])
texts = st.one_of(
    st.text(alphabet="aA%_\n", max_size=3),
    st.text(alphabet="aAbB.%_*$^\\\n\x00é\U0001f600", max_size=4),
)
scalars = integers | floats | texts | st.booleans()
nullable = scalars | st.none()

elements = st.fixed_dictionaries(
    {"k": st.sampled_from("ab"), "r": st.integers(0, 2)},
    optional={"v": floats | st.none(), "t": texts | st.none()},
)
ids = st.lists(st.sampled_from(["d0", "d1", "d2", "d7", "gone"]), max_size=4)
# One type a field where documents are sorted by it: types have no order among each other.
bodies = st.fixed_dictionaries(
    {},
    optional={
        "n": integers | floats | st.none(),
        "c": st.integers(-9, 9) | floats | st.none(),
        "s": texts | st.none(),
        "b": st.booleans() | st.none(),
        "x": nullable,
        "p": st.fixed_dictionaries({}, optional={"q": nullable, "n": floats, "ids": ids})
        | st.none(),
        "list": st.lists(elements, max_size=3),
        "ids": ids,
    },
)

JOINED = "joined"
SORTABLE = ("n", "s", "b", "p.n")
FIELDS = (*SORTABLE, "x", "p.q", "p", "nowhere")


def numbered(body: dict[str, Any]) -> dict[str, Any]:
    """Elements get a number each, so that ranks are never tied."""
    if "list" not in body:
        return body
    return {**body, "list": [{**one, "i": place} for place, one in enumerate(body["list"])]}


@st.composite
def collections(draw: st.DrawFn) -> list[Document]:
    found = draw(st.lists(bodies.map(numbered), min_size=1, max_size=9))
    return [{"_id": f"d{place}", **body} for place, body in enumerate(found)]


def leaves(names: tuple[str, ...]) -> st.SearchStrategy[Filter]:
    fields = st.sampled_from(names).map(path)
    members = st.lists(integers | floats | texts, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Compare, fields, st.sampled_from(Operator), scalars),
        st.builds(In, fields, members, st.booleans()),
        st.builds(Like, fields, texts, st.booleans()),
        st.builds(Exists, fields, st.booleans()),
    )


within = st.lists(leaves(("k", "v", "t", "r")), min_size=1, max_size=3).map(tuple)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves(FIELDS)
    | st.builds(MissingOr, st.sampled_from(FIELDS).map(path), scalars)
    | st.builds(AnyElement, st.sampled_from(["list", "x"]).map(path), within),
    lambda nodes: st.builds(
        lambda kind, parts: kind(tuple(parts)),
        st.sampled_from([And, Or]),
        st.lists(nodes, max_size=3),
    ),
    max_leaves=6,
)

orders = st.builds(
    Order, st.sampled_from(SORTABLE).map(path), st.booleans(), optional=st.just(True)
)
bests = st.builds(
    lambda key, up, value, descending: BestElement(
        path("list"),
        (Compare(path("k"), Operator.EQ, key),),
        (by("r", descending=up), by("i", descending=not up)),
        path(value),
        descending,
    ),
    st.sampled_from("abc"),
    st.booleans(),
    st.sampled_from("vtr"),
    st.booleans(),
)
last_keys = st.booleans().map(lambda descending: by("_id", descending=descending))


@st.composite
def sort_orders(draw: st.DrawFn) -> tuple[SortKey, ...]:
    keys = draw(st.lists(orders | bests, max_size=2, unique=True))
    return (*keys, draw(last_keys))


MEASURES = (Measures(("s", "c", "n", "p.n")),)
"""What holds texts and numbers alone."""

GROUPED = ("c", "n", "s", "b", "x", "p.n", "p.q", "list", "_id")
INNER = ("list.k", "list.r", "list.v", "list.t", "list.i")
leaves_of_elements = st.lists(leaves(("k", "v", "t", "r")), max_size=2).map(tuple)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    each = draw(st.none() | st.just("list"))
    places = st.sampled_from([*GROUPED, *INNER] if each else GROUPED)
    keys = st.builds(GroupKey, places, st.none() | st.integers(1, 5))
    # Sums of the greatest integers are not the same everywhere.
    summed = places.filter(lambda place: place not in {"n", "x", "p.q"})
    single = draw(places)
    reductions = st.one_of(
        st.just(Reduction(Reducer.COUNT)),
        st.builds(Reduction, st.sampled_from([Reducer.SUM, Reducer.AVERAGE]), summed),
        st.builds(
            Reduction,
            st.sampled_from([Reducer.COUNT, Reducer.MINIMUM, Reducer.MAXIMUM]),
            places,
        ),
        st.builds(
            Reduction,
            st.just(Reducer.PERCENTILE),
            places,
            st.sampled_from([0, 37.5, 95, 100]),
        ),
        st.just(Reduction(Reducer.DISTINCT, single)),
    )
    return Group(
        draw(st.just(And()) | filters),
        tuple(draw(st.lists(keys, max_size=2))),
        tuple(draw(st.lists(reductions, max_size=3))),
        each,
        draw(leaves_of_elements) if each else (),
        draw(st.none() | st.integers(0, 3)),
    )


projections = st.none() | st.lists(
    st.sampled_from(["n", "s", "p.q", "list", "nowhere"]), max_size=3, unique=True
).map(tuple)

latest = st.builds(
    # Always in this order of fields: it decides which one is the greater.
    lambda step, value: {"step": step, "value": value},
    st.integers(-2, 2),
    floats | st.none(),
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "set": st.dictionaries(st.sampled_from(["n", "x", "new.deep"]), nullable, max_size=3),
        "unset": st.lists(st.sampled_from(["s", "b", "gone.deep"]), unique=True),
        "maximum": st.dictionaries(st.sampled_from(["m.one", "m.two"]), latest, max_size=2),
        "push": st.dictionaries(st.just("pushed"), st.lists(nullable, min_size=1, max_size=3)),
        "add": st.dictionaries(
            st.just("added"), st.lists(texts | st.integers(0, 3), min_size=1, max_size=3)
        ),
    },
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "subject" in metafunc.fixturenames:
        live = [subject for subject in subjects(metafunc.config) if label(subject) != "memory"]
        ids = [label(subject) for subject in live]
        metafunc.parametrize("subject", live, ids=ids, scope="module")


def told(answer: Any) -> str:
    """An answer in words, to the type of each value; the fields of a document have no order."""
    if isinstance(answer, list):
        return repr([told(one) for one in answer])
    if isinstance(answer, Row):
        return repr((told(answer.document), answer.position))
    return repr(sorted(answer.items())) if isinstance(answer, dict) else repr(answer)


class Pair:
    """One collection in memory and one in a live database, held equal."""

    def __init__(self, live: Driver, collection: str) -> None:
        self._drivers = (connect(f"memory://{collection}").driver, live)
        self._collection = collection
        for driver in self._drivers:
            driver.prepare(Layout(1, (Collection(collection, measures=MEASURES),)))

    def hold(self, documents: list[Document]) -> None:
        for driver in self._drivers:
            driver.delete_many(self._collection, And())
            assert driver.insert_many(self._collection, documents) == frozenset()

    def same(self, verb: str, *arguments: Any, **options: Any) -> Any:
        """What both answer, if it is the same to the type of each value."""
        expected, found = self._answers(verb, *arguments, **options)
        assert told(found) == told(expected)
        return found

    def same_set(self, verb: str, *arguments: Any, **options: Any) -> None:
        """Both answer the same, in whatever order."""
        expected, found = self._answers(verb, *arguments, **options)
        assert sorted(map(told, found)) == sorted(map(told, expected))

    def requires(self, feature: Feature) -> None:
        """Skip the test where the database declares that it lacks the feature."""
        requires(self._drivers[1], feature)

    def same_groups(self, query: Group) -> None:
        """Both find the same groups; sums of fractions depend on who is added first."""
        expected, found = self._answers("group", query)
        assert [row.keys for row in found] == [row.keys for row in expected]
        for row, other in zip(found, expected, strict=True):
            assert row.values == pytest.approx(other.values)

    def same_joined(self, query: Find, field: str) -> None:
        """Both answer the same to a join of the collection with itself, its lists in any order."""
        join = Join(self._collection, field, JOINED)
        expected, found = self._answers("find", replace(query, join=join))
        for row in (*expected, *found):
            row.document[JOINED].sort(key=itemgetter("_id"))
        assert told(found) == told(expected)

    def _answers(self, verb: str, *arguments: Any, **options: Any) -> list[Any]:
        return [
            getattr(driver, verb)(self._collection, *arguments, **options)
            for driver in self._drivers
        ]

    def drop(self) -> None:
        for driver in self._drivers:
            driver.drop([self._collection])


@pytest.fixture(scope="module")
def pair(subject: str, throw_away: Callable[[str], str]) -> Iterator[Pair]:
    live = connect(subject if is_uri(subject) else throw_away(subject)).driver
    lacking = set(live.capabilities.lacking) & {
        Feature.COMPUTED_SORT,
        Feature.SORT_UNINDEXED,
        Feature.CASE_INSENSITIVE_MATCH,
        Feature.PATCH_MAX,
        Feature.JOIN,
    }
    if lacking:
        pytest.skip(f"not every query can be asked: it lacks {sorted(lacking)}")
    held = Pair(live, unique("pair"))
    yield held
    held.drop()
    live.close()


seeded = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@seeded
@given(documents=collections(), where=filters, order=sort_orders(), fields=projections)
def test_the_same_rows_in_the_same_order(
    pair: Pair,
    documents: list[Document],
    where: Filter,
    order: tuple[SortKey, ...],
    fields: tuple[str, ...] | None,
) -> None:
    pair.hold(documents)
    pair.same("find", Find(where, (BY_ID,)))
    pair.same("find", Find(where, order, fields=fields))


@seeded
@given(
    documents=collections(),
    where=st.just(And()) | filters,
    order=sort_orders(),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=5),
)
def test_the_same_rows_in_pages_of_any_size(
    pair: Pair,
    documents: list[Document],
    where: Filter,
    order: tuple[SortKey, ...],
    sizes: list[int],
) -> None:
    pair.hold(documents)
    whole = pair.same("find", Find(where, order))
    rows: list[Any] = []
    while len(rows) < len(whole):
        after = rows[-1].position if rows else None
        size = sizes[len(rows) % len(sizes)]
        page = pair.same("find", Find(where, order, after, size))
        assert page
        rows += page
    assert rows == whole


@seeded
@given(
    documents=collections(),
    query=st.builds(
        Find, filters, sort_orders(), limit=st.none() | st.integers(1, 5), fields=projections
    ),
    field=st.sampled_from(["ids", "p.ids"]),
)
def test_the_same_documents_joined(
    pair: Pair, documents: list[Document], query: Find, field: str
) -> None:
    pair.hold(documents)
    pair.same_joined(query, field)


@seeded
@given(
    documents=collections(),
    where=filters,
    fields=st.lists(st.sampled_from(["s", "b", "nowhere"]), min_size=1, unique=True),
)
def test_the_same_combinations(
    pair: Pair, documents: list[Document], where: Filter, fields: list[str]
) -> None:
    pair.hold(documents)
    pair.same_set("distinct", where, tuple(fields), limit=100)


@seeded
@given(documents=collections(), query=groups())
def test_the_same_groups(pair: Pair, documents: list[Document], query: Group) -> None:
    pair.requires(Feature.GROUP)
    pair.hold(documents)
    pair.same_groups(query)


@seeded
@given(
    documents=collections(),
    where=filters,
    fields=st.lists(st.sampled_from([*GROUPED, *INNER]), unique=True),
    each=st.none() | st.just("list"),
    of_each=leaves_of_elements,
)
def test_the_same_values(
    pair: Pair,
    documents: list[Document],
    where: Filter,
    fields: list[str],
    each: str | None,
    of_each: tuple[Any, ...],
) -> None:
    pair.hold(documents)
    pair.same_set("tuples", where, fields, each=each, of_each=of_each if each else ())


@seeded
@given(
    documents=collections(),
    steps=st.lists(
        st.tuples(st.sampled_from(["d0", "d1", "d9"]), changes, st.none() | filters),
        min_size=1,
        max_size=5,
    ),
)
def test_the_same_documents_after_patches(
    pair: Pair, documents: list[Document], steps: list[tuple[str, dict[str, Any], Filter | None]]
) -> None:
    pair.hold(documents)
    for key, change, when in steps:
        pair.same("patch", key, Patch(**change), when=when)
        pair.same("get", key)
    pair.same("find", Find(order=(BY_ID,)))


@seeded
@given(before=collections(), documents=st.lists(collections(), max_size=3))
def test_the_same_documents_after_puts(
    pair: Pair, before: list[Document], documents: list[list[Document]]
) -> None:
    pair.hold(before)
    pair.same("put_many", [one for some in documents for one in some])
    pair.same("find", Find(order=(BY_ID,)))


@seeded
@given(documents=collections(), where=filters, change=changes)
def test_the_same_documents_after_changes_to_many(
    pair: Pair, documents: list[Document], where: Filter, change: dict[str, Any]
) -> None:
    pair.hold(documents)
    pair.same("patch_many", where, Patch(**change))
    pair.same("find", Find(order=(BY_ID,)))
    pair.same("delete_many", where)
    pair.same("find", Find(order=(BY_ID,)))
