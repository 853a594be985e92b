"""SQL patterns as regular expressions."""

import re

import pytest

from mlflow_docstore.adapters.document.rules.patterns import regex


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("", r"^(?![\s\S])"),
            ("abc", r"^abc(?![\s\S])"),
            ("abc%", "^abc"),
            ("%abc", r"abc(?![\s\S])"),
            ("%a%%b%", r"a[\s\S]*b"),
            ("a_c", r"^a[\s\S]c(?![\s\S])"),
            ("%%", ""),
            ("a.b%", r"^a\.b"),
            ("\0%", r"^\x00"),
        ],
    )
    def test_the_regular_expression(self, pattern: str, expected: str) -> None:
        assert regex(pattern) == expected

    def test_case_is_folded_for_letters_of_ascii_only(self) -> None:
        assert regex("aÉ1%", ignore_case=True) == "^[aA]É1"

    @pytest.mark.parametrize("text", [".*", "a|b", "[a-z]", "(?i)x", r"\d", "^$", "a{2}", "#x y"])
    def test_what_is_special_in_one_stands_for_itself(self, text: str) -> None:
        assert re.search(regex(text), text)
        assert not re.search(regex(text), f"{text}\n")
        assert not re.search(regex(text), "aa")
