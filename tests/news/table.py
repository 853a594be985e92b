"""The table of docs/mlflow-versions.md: a row a release, written by the run that judged it."""

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import Version

BEGIN = "<!-- written by make mlflow-news -->"
END = "<!-- end of what it writes -->"


@dataclass(frozen=True)
class Verdict:
    """How many cases passed, and which did not."""

    passed: int
    failures: tuple[str, ...] = ()

    def __str__(self) -> str:
        failed = f", {len(self.failures)} fail" if self.failures else ""
        return f"{self.passed} pass{failed}"


def with_row(page: str, release: str, base: str, verdicts: Mapping[str, Verdict]) -> str:
    """The page with what a run found out about a release, in the place of what was known.

    Args:
        page: Which has a generated part.
        release: That was judged.
        base: The release whose dependencies it ran on.
        verdicts: By the title of what was judged.
    """
    before, begin, rest = page.partition(BEGIN)
    written, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} with {END} behind it")
    rows = {_cells(row)[0]: row for row in written.strip().splitlines()[2:]}
    rows[release] = _row(release, base, *map(str, verdicts.values()))
    lines = [
        _row("MLflow", "on the dependencies of", *verdicts),
        _row(*["---"] * (len(verdicts) + 2)),
        *(rows[known] for known in sorted(rows, key=Version, reverse=True)),
    ]
    return "\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]
