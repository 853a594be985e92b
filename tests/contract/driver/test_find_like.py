"""find: patterns as in SQL, not as in regular expressions."""

import pytest

from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import And, AnyElement, Like, Operator, path

from .deck import Table, compare


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("abc", ["abc"], ["abcd", "xabc", "ABC", "ab", "abc\n", "\nabc", ""]),
        ("a%", ["a", "ab", "a\nb", "a\n", "a%"], ["ba", "A", ""]),
        ("%b", ["b", "ab", "a\nb", "\nb"], ["ba", "b\n", "B"]),
        ("%b%", ["b", "abc", "\nb\n", "b\r\n"], ["", "aB"]),
        ("%", ["", "a", "\n", "a\r\nb\n", "%"], []),
        ("%%", ["", "ab"], []),
        ("_", ["a", "é", "\U0001f600", "\n", "_", "%", " "], ["", "ab", "a\n", "\r\n"]),
        ("a_c", ["abc", "a.c", "a\nc", "aéc", "a\U0001f600c"], ["ac", "abbc", "abc\n"]),
        ("_%_", ["ab", "abc", "\n\n"], ["", "a"]),
        ("%_%", ["a", "\n"], [""]),
        ("", [""], ["a", "\n", " "]),
        ("é", ["é"], ["e", "É", "e\u0301"]),
        ("ключ%", ["ключ", "ключи"], ["клю", "Ключ"]),
        ("\n", ["\n"], ["", "n", "\n\n", "\r\n"]),
        ("a\x00b", ["a\x00b"], ["ab", "a"]),
    ],
    ids=ascii,
)
def test_a_pattern_matches_whole_texts(
    table: Table, pattern: str, matching: list[str], other: list[str]
) -> None:
    table.put(
        **{f"yes{number}": {"x": text} for number, text in enumerate(matching)},
        **{f"no{number}": {"x": text} for number, text in enumerate(other)},
    )
    expected = sorted(f"yes{number}" for number in range(len(matching)))
    assert table.ids(Like(path("x"), pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "trap"),
    [
        ("a.c", "abc"),
        ("a*", "aa"),
        ("a+", "aa"),
        ("a?", "a"),
        ("[abc]", "a"),
        ("(a)", "a"),
        ("a|b", "a"),
        ("^a$", "a"),
        ("a{2}", "aa"),
        ("\\d", "1"),
        ("\\", ""),
        ("\\%", "%"),
        ("a\\_", "a_"),
        ("\\Qa.c\\E", "a.c"),
        ("(?i)a", "A"),
        ("# a", ""),
        ("$x", "x"),
        ("/a/", "a"),
        ("a-b", "a"),
        ("'\"`", "'"),
    ],
)
def test_no_other_character_is_special(table: Table, pattern: str, trap: str) -> None:
    text = pattern.replace("%", "any").replace("_", "1")
    table.put(itself={"x": text}, trap={"x": trap})
    assert table.ids(Like(path("x"), pattern)) == ["itself"]
    assert table.ids(Like(path("x"), f"%{pattern}%")) == ["itself"]


def test_nothing_but_strings_matches(table: Table) -> None:
    table.put(
        text={"x": "1"},
        number={"x": 1},
        true={"x": True},
        null={"x": None},
        document={"x": {"y": "1"}},
        data={"x": b"1"},
        gone={},
    )
    assert table.ids(Like(path("x"), "%")) == ["text"]
    assert table.ids(Like(path("x"), "1")) == ["text"]


def test_several_patterns_on_one_field_all_hold(table: Table) -> None:
    table.put(a={"x": "abc"}, b={"x": "ab"}, c={"x": "bc"})
    both = (Like(path("x"), "a%"), Like(path("x"), "%c"))
    assert table.ids(And(both)) == ["a"]
    table.put(d={"list": [{"x": "abc"}]}, e={"list": [{"x": "ab"}, {"x": "bc"}]})
    assert table.ids(AnyElement(path("list"), both)) == ["d"]


def test_within_an_element(table: Table) -> None:
    table.put(a={"list": [{"k": "one", "v": "x.y"}]}, b={"list": [{"k": "two", "v": "x.y"}]})
    where = (compare("k", Operator.EQ, "one"), Like(path("v"), "%.%"))
    assert table.ids(AnyElement(path("list"), where)) == ["a"]


class TestIgnoreCase:
    def test_letters_of_ascii_are_folded(self, table: Table) -> None:
        table.requires(Feature.CASE_INSENSITIVE_MATCH)
        table.put(a={"x": "Adam"}, b={"x": "ADAM"}, c={"x": "adam"}, d={"x": "eve"})
        assert table.ids(Like(path("x"), "aDaM", ignore_case=True)) == ["a", "b", "c"]
        assert table.ids(Like(path("x"), "A%", ignore_case=True)) == ["a", "b", "c"]
        assert table.ids(Like(path("x"), "_D_m", ignore_case=True)) == ["a", "b", "c"]

    def test_what_is_no_letter_is_not(self, table: Table) -> None:
        table.requires(Feature.CASE_INSENSITIVE_MATCH)
        table.put(a={"x": "a[1]"}, b={"x": "a{1}"}, c={"x": "A[1]\n"})
        assert table.ids(Like(path("x"), "A[1]", ignore_case=True)) == ["a"]

    def test_the_case_counts_otherwise(self, table: Table) -> None:
        table.put(a={"x": "Adam"}, b={"x": "ADAM"}, c={"x": "adam"})
        assert table.ids(Like(path("x"), "adam")) == ["c"]

    def test_it_is_refused_where_it_is_lacking(self, table: Table) -> None:
        table.lacks(Feature.CASE_INSENSITIVE_MATCH)
        with pytest.raises(Unsupported):
            table.ids(Like(path("x"), "a", ignore_case=True))
