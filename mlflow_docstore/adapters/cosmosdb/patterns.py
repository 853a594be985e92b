"""SQL patterns: by a function that an index serves, and where it takes one by an expression.

The service's own LIKE gives brackets a meaning that ours have not, and its functions that ignore
case ignore that of other alphabets too.
"""

import re
from collections.abc import Callable

from mlflow_docstore.adapters.document.rules.patterns import regex
from mlflow_docstore.adapters.document.rules.values import accepted
from mlflow_docstore.core.query import Like

_WILD = re.compile("[%_]")


def like_test(field: str, node: Like, bound: Callable[[str], str]) -> str:
    """The test of a pattern.

    Args:
        field: What is to match.
        node: The pattern.
        bound: Makes a parameter of a value.
    """
    pattern = re.sub("%+", "%", accepted(node.pattern))
    if pattern == "%":
        return f"IS_STRING({field})"
    begin, end = pattern.startswith("%"), pattern.endswith("%")
    inner = pattern[begin : len(pattern) - end]
    if not node.ignore_case and not _WILD.search(inner):
        return _plain_test(field, bound(inner), begin=begin, end=end)
    test = f"RegexMatch({field}, {bound(regex(pattern, ignore_case=node.ignore_case))})"
    prefix = _WILD.split(pattern)[0]
    if node.ignore_case or not prefix:
        return test
    return f"(STARTSWITH({field}, {bound(prefix)}) AND {test})"


def _plain_test(field: str, value: str, *, begin: bool, end: bool) -> str:
    if begin and end:
        return f"CONTAINS({field}, {value})"
    if begin or end:
        return f"{'STARTSWITH' if end else 'ENDSWITH'}({field}, {value})"
    return f"{field} = {value}"
