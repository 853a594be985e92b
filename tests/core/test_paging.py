"""Page tokens: what went in comes out, and nothing else is taken for one."""

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.paging import (
    Page,
    PageRequest,
    Start,
    decode_token,
    encode_token,
    offset_of,
    offset_token,
)

SHAPE = "by start time, by id"

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)


def token_of(content: Any) -> str:
    """What a client may have made up."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.b64encode(text).decode()


def problem(token: Any, shape: str = SHAPE) -> str:
    with pytest.raises(InvalidArgument) as caught:
        decode_token(token, shape=shape)
    assert caught.value.kind == "page_token"
    assert caught.value.key == token
    return caught.value.facts["problem"]


class TestRoundTrip:
    @given(st.lists(scalars, max_size=4).map(tuple), st.text(max_size=20))
    def test_values_come_back_exactly_and_of_the_same_type(
        self, after: tuple[Any, ...], shape: str
    ) -> None:
        found = decode_token(encode_token(after, shape=shape), shape=shape).after
        assert repr(found) == repr(after)

    @pytest.mark.parametrize(
        "value",
        [0.1, 0.30000000000000004, 5e-324, 1.7976931348623157e308, -0.0, 2**63 - 1, -(2**63), 1.0],
    )
    def test_numbers_keep_their_last_bit(self, value: float) -> None:
        (found,) = decode_token(encode_token((value,), shape=SHAPE), shape=SHAPE).after
        assert (repr(found), type(found)) == (repr(value), type(value))
        assert math.copysign(1, found) == math.copysign(1, value)

    def test_a_token_may_come_as_bytes(self) -> None:
        token = encode_token(("a", 1), shape=SHAPE).encode()
        assert decode_token(token, shape=SHAPE).after == ("a", 1)

    def test_a_token_is_of_letters_that_any_transport_keeps(self) -> None:
        token = encode_token(("größe \U0001f600 \x00", None), shape=SHAPE)
        assert token.isascii()
        assert token.isprintable()


class TestMalformed:
    @pytest.mark.parametrize("token", ["a", "abc", "=", "ключ", "====a", b"\xff", 5, 1.5, ["a"]])
    def test_no_base64(self, token: Any) -> None:
        assert problem(token) in {"base64", "json"}

    @pytest.mark.parametrize("text", [b"", b"{", b"after", b"\xff\xfe\x00", b"{'after': []}"])
    def test_no_json(self, text: bytes) -> None:
        assert problem(token_of(text)) == "json"

    @pytest.mark.parametrize(
        "content", [[], 5, "after", None, {}, {"after": 5}, {"after": {}}, {"shape": "x"}], ids=str
    )
    def test_other_content(self, content: Any) -> None:
        assert problem(token_of(content)) == "content"

    @pytest.mark.parametrize("value", [[], {}, [1], {"$gt": ""}], ids=str)
    def test_values_that_are_no_scalars(self, value: Any) -> None:
        genuine = json.loads(base64.b64decode(encode_token((1,), shape=SHAPE)))
        assert problem(token_of({**genuine, "after": [value]})) == "content"

    def test_nesting_without_end(self) -> None:
        assert problem(token_of(b"[" * 200_000)) in {"json", "content"}


class TestShape:
    def test_a_token_of_another_order_is_refused(self) -> None:
        assert problem(encode_token((1,), shape="by name"), shape="by time") == "shape"

    @pytest.mark.parametrize("content", [{"after": []}, {"after": [1], "shape": "forged"}], ids=str)
    def test_a_token_of_no_order_is_refused(self, content: Any) -> None:
        assert problem(token_of(content)) == "shape"

    @given(st.text(max_size=30), st.text(max_size=30))
    def test_only_the_same_order_takes_it(self, one: str, other: str) -> None:
        token = encode_token(("x",), shape=one)
        if one == other:
            assert decode_token(token, shape=other).after == ("x",)
        else:
            assert problem(token, shape=other) == "shape"


def test_a_page_is_the_last_unless_told_otherwise() -> None:
    assert Page() == Page(items=[], token=None)
    assert Page().items is not Page().items


def test_a_request_is_of_the_first_page_unless_told_otherwise() -> None:
    assert PageRequest(10) == PageRequest(limit=10, token=None)


class TestOffsets:
    """MLflow's access control reads the offset of a token, and makes a token of another."""

    def test_ours_hold_one(self) -> None:
        assert offset_of(encode_token(("x",), shape=SHAPE, offset=7)) == 7

    def test_is_enough_of_a_token(self) -> None:
        assert decode_token(offset_token(7), shape=SHAPE) == Start(offset=7)

    @pytest.mark.parametrize("offset", [0, -1, 2**31, "7", 1.5, None])
    def test_that_are_none(self, offset: Any) -> None:
        assert problem(token_of({"offset": offset})) == "content"
