"""Checks each broken store, and tells which case saw it: ``python -m tests.mutants [NAME ...]``.

``--whole`` runs the whole suite on each, up to the first failure.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from .packaging import install


def main() -> int:
    """Tell what became of each; 1 where one was not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these faults alone")
    parser.add_argument("--layer", action="append", help="those of this layer (repeatable)")
    parser.add_argument("--whole", action="store_true", help="the whole suite on each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to tell it to programs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        # Before the stores are imported, which look for entry points once.
        install(Path(directory) / "site")
        sys.path.append(f"{directory}/site")
        from .hunt import hunt  # noqa: PLC0415

        catches = []
        for catch in hunt(options.names, options.layer, Path(directory), whole=options.whole):
            catches.append(catch)
            told = catch.by if catch.expected else f"UNEXPECTED: {catch.by}"
            sys.stdout.write(f"{catch.seconds:5.1f} s  {catch.layer:<11}{catch.name:<32}{told}\n")
            sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps([catch._asdict() for catch in catches]))
    return 0 if all(catch.expected for catch in catches) else 1


sys.exit(main())
