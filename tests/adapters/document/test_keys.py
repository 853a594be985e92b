"""User text as field names: reversible, free of collisions, safe everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_docstore.adapters.document import keys

UNSAFE = set(".$/~\\?#\"'`[]*") | {chr(code) for code in (*range(32), 127)}

texts = st.one_of(
    st.text(),
    st.text(alphabet=".$%/~\\?#\"'`[]*\x00\n\x7f25EFa2é", max_size=8),
)


class TestEscape:
    @given(texts)
    def test_it_can_be_undone(self, text: str) -> None:
        assert keys.unescape(keys.escape(text)) == text

    @given(texts, texts)
    def test_different_texts_have_different_names(self, one: str, other: str) -> None:
        assert (keys.escape(one) == keys.escape(other)) is (one == other)

    @given(texts)
    def test_no_database_dislikes_the_name(self, text: str) -> None:
        name = keys.escape(text)
        assert name
        assert UNSAFE.isdisjoint(name)

    @given(st.text(alphabet=st.characters(exclude_characters=UNSAFE | {"%"}), min_size=1))
    def test_a_plain_name_stays_as_it_is(self, text: str) -> None:
        assert keys.escape(text) == text

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("", "%"),
            ("%", "%25"),
            ("%2E", "%252E"),
            ("a.b", "a%2Eb"),
            ("$x", "%24x"),
            ("\x00", "%00"),
            ("a/b", "a%2Fb"),
            ("größe", "größe"),
        ],
    )
    def test_names_stay_what_stored_data_has(self, text: str, name: str) -> None:
        assert keys.escape(text) == name

    @pytest.mark.parametrize("text", ["%", "%%", "%25", "%4", "100%", "% ", "%zz", "é%C3%A9"])
    def test_what_looks_like_an_escape_is_none(self, text: str) -> None:
        assert keys.unescape(keys.escape(text)) == text
        assert keys.escape(text) != text


class TestPath:
    @given(st.lists(texts, min_size=1, max_size=4))
    def test_segments_can_be_told_apart_again(self, segments: list[str]) -> None:
        parts = keys.path(*segments).split(".")
        assert [keys.unescape(part) for part in parts] == segments


class TestDigest:
    @given(st.lists(st.text() | st.binary(), max_size=4))
    def test_equal_parts_have_equal_digests_of_plain_letters(
        self, parts: list[str | bytes]
    ) -> None:
        digest = keys.digest(*parts)
        assert digest == keys.digest(*parts)
        assert len(digest) == 40
        assert set(digest) <= set("0123456789abcdef")

    @given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
    def test_other_parts_have_other_digests(self, one: list[str], other: list[str]) -> None:
        assert (keys.digest(*one) == keys.digest(*other)) is (one == other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [(("ab", "c"), ("a", "bc")), (("a",), ("a", "")), ((), ("",)), (("", "a"), ("a", ""))],
    )
    def test_parts_do_not_run_into_each_other(
        self, one: tuple[str, ...], other: tuple[str, ...]
    ) -> None:
        assert keys.digest(*one) != keys.digest(*other)

    def test_any_text_has_one(self) -> None:
        assert keys.digest("\ud800") != keys.digest("\ud801")

    def test_it_stays_what_stored_data_has(self) -> None:
        assert keys.digest("default", "name") == keys.digest(b"default", b"name")
