"""The source tree as the rules see it: files, their syntax trees, and what they import."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mlflow_docstore"


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def module(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def syntax(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    def imports(self) -> Iterator[tuple[str, int]]:
        """Every absolute module that is imported anywhere in the file, late imports too."""
        for node in ast.walk(self.syntax):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                # Of ``from mlflow import entities`` the name says which module it is.
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@cache
def sources(*roots: str) -> list[Source]:
    """The Python files below these folders of the project."""
    return [Source(path) for root in roots for path in sorted((ROOT / root).rglob("*.py"))]


def is_within(module: str, *packages: str) -> bool:
    """Whether a module is one of the packages, or in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)
