"""The broken ones as a package of somebody else's brings its own: by entry points."""

from pathlib import Path

SCHEME = "broken"

_ENTRY_POINTS = f"""
[mlflow_docstore.adapters]
{SCHEME} = tests.mutants.adapters:ADAPTER
[mlflow.tracking_store]
{SCHEME} = tests.mutants.adapters:create_tracking_store
[mlflow.model_registry_store]
{SCHEME} = tests.mutants.adapters:create_registry_store
"""


def install(directory: Path) -> None:
    """Make a distribution in a directory, which is to become one of ``sys.path``."""
    about = directory / "broken_stores-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-stores\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(_ENTRY_POINTS)
