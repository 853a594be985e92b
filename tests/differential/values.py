"""What the machines draw from: small pools, so that histories meet themselves again."""

import math
from typing import Any

from hypothesis import strategies as st

LARGEST, SMALLEST = 2**63 - 1, -(2**63)

NUMBERS_KEY = "zero"
"""The one key that 0.0 is logged under: with NaN at the same place the stores differ by design."""

KEYS = ("a", "A", "a.b", "a/b", "é", "_id", "損 失", "k" * 250)
BAD_KEYS = ("a$b", "../a", "", "k" * 251, None)
TEXTS = ("", "x", "X", "xy", "0.5", "é", "É", "a%b", "_", 'q"', "null", "two\nlines", " ")
LONG_TEXTS = ("y" * 6001, "y" * 8001, "y" * 20001)

RUN_NAMES = ("run", "Run", "other run", "é", "a'b")
USERS = ("ann", "Bob", "")
STATUSES = (1, 2, 3, 4, 5)


def seldom(
    usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], *, of: int = 8
) -> st.SearchStrategy[Any]:
    """Mostly the one, and the other in about one of so many draws."""
    return st.integers(1, of).flatmap(lambda die: odd if die == of else usual)


keys = seldom(st.sampled_from(KEYS), st.sampled_from(BAD_KEYS))
texts = seldom(st.sampled_from(TEXTS), st.sampled_from(LONG_TEXTS) | st.none())
good_texts = st.sampled_from(TEXTS)

near_steps = seldom(st.integers(-1, 3), st.sampled_from([LARGEST, SMALLEST, 2**53 + 1]))
near_times = seldom(st.integers(0, 4), st.sampled_from([LARGEST, -1, 1_700_000_000_000]))
# Past 64 bits only in calls of one point: a batch of SqlAlchemyStore's keeps its params then.
steps = seldom(near_steps, st.sampled_from([LARGEST + 1, SMALLEST - 1]))
times = seldom(near_times, st.just(LARGEST + 1))
zeros = st.sampled_from([0.0, -0.0, 1.0, -1.0])
numbers = seldom(
    st.sampled_from([math.nan, 1.0, 2.0, -1.5, 0.1, 3, float(2**53)]),
    st.sampled_from([math.inf, -math.inf, 1.7976931348623157e308, 5e-324, -1e300, True, "1", None]),
)


SEARCHED = ("a", "A", "a.b")
"""Keys that what is searched has, and that most filters and orders name."""

searched_labels = st.dictionaries(
    st.sampled_from(SEARCHED), st.sampled_from(("x", "X", "xy", "0.5", "é", "")), max_size=3
)
searched_points = st.fixed_dictionaries(
    {
        "key": st.sampled_from(SEARCHED),
        "value": st.sampled_from([1.0, 2.0, -1.5, 0.1, math.nan, math.inf, -math.inf]),
        "timestamp": st.integers(0, 2),
        "step": st.integers(0, 2),
    }
)


@st.composite
def points(
    draw: st.DrawFn,
    steps: st.SearchStrategy[int] = steps,
    times: st.SearchStrategy[int] = times,
) -> dict[str, Any]:
    """The fields of a metric point."""
    key = draw(st.just(NUMBERS_KEY) | keys)
    value = draw(zeros if key == NUMBERS_KEY else numbers)
    return {"key": key, "value": value, "timestamp": draw(times), "step": draw(steps)}


def labels(values: st.SearchStrategy[Any] = texts) -> st.SearchStrategy[dict[str, Any]]:
    """A few keys with values: params or tags."""
    return st.dictionaries(keys, values, max_size=3)
