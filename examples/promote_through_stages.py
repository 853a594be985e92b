"""Promote versions of a model through its stages.

Two more versions of the model "digits" go the way of a release: first into Staging, then into
Production, which archives whatever is there. MLflow has deprecated stages, and says so here: for
new models use aliases, as `register_best_run.py` does. Existing ones go on working.

    python examples/promote_through_stages.py --tracking-uri http://127.0.0.1:5000
"""

import mlflow
from command_line import connect, parser
from register_best_run import MODEL, best_runs_or_exit, register

SHOWN = 6


def show(title: str) -> None:
    """Print the newest versions, each with its stage and description."""
    versions = mlflow.search_model_versions(
        filter_string=f"name = '{MODEL}'", order_by=["version_number DESC"], max_results=SHOWN
    )
    print(f"\n{title}")
    for version in versions:
        print(f"  {version.version:>4}  {version.current_stage:<11} {version.description or ''}")


def promote(version: str, stage: str) -> None:
    """Move a version into a stage, alone."""
    mlflow.MlflowClient().transition_model_version_stage(
        MODEL, version, stage, archive_existing_versions=True
    )


def main() -> None:
    """Read the command line, register and promote."""
    arguments = parser(__doc__).parse_args()
    connect(arguments)

    # The better one comes last, and stays.
    for run in reversed(best_runs_or_exit(arguments.experiment, 2)):
        version = register(run).version
        for stage in ("Staging", "Production"):
            promote(version, stage)
            show(f"Version {version} went into {stage}:")

    print("\nThe newest version of each stage:")
    for version in mlflow.MlflowClient().get_latest_versions(MODEL):
        print(f"  {version.current_stage:<11} version {version.version}")


if __name__ == "__main__":
    main()
