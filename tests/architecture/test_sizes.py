"""Files, functions and classes stay small enough to be read."""

import ast
from collections.abc import Iterator

from .tree import Source, sources

FILE_LINES = 500
FUNCTION_LINES = 40
CLASS_METHODS = 25

EVERYTHING = sources("mlflow_docstore", "tests", "benchmarks", "examples")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: Source) -> Iterator[Function]:
    for node in ast.walk(source.syntax):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines from ``def`` on, without those of the docstring, which may be as long as it must."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_there_is_something_to_measure() -> None:
    assert len(EVERYTHING) > 100
    assert max(length(one) for source in EVERYTHING for one in functions(source)) > 10


def test_files_are_short() -> None:
    lengths = {str(source): len(source.text.splitlines()) for source in EVERYTHING}
    assert {name: lines for name, lines in lengths.items() if lines >= FILE_LINES} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{source}:{one.lineno} {one.name}": length(one)
        for source in EVERYTHING
        for one in functions(source)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_classes_have_few_methods() -> None:
    counts = {
        f"{source}:{node.lineno} {node.name}": sum(isinstance(one, Function) for one in node.body)
        for source in sources("mlflow_docstore")
        for node in ast.walk(source.syntax)
        if isinstance(node, ast.ClassDef)
    }
    assert {name: count for name, count in counts.items() if count > CLASS_METHODS} == {}
