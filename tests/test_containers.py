"""The table of containers, which needs none to be judged."""

from pathlib import Path

import pytest
import yaml

from mlflow_docstore.testing.subjects import is_uri

from .containers import IMAGES
from .contract.driver.subjects import connect

WORKFLOW = Path(__file__).parents[1] / ".github" / "workflows" / "containers.yml"


@pytest.mark.parametrize("name", IMAGES)
def test_an_adapter_takes_the_uri(name: str) -> None:
    uri = IMAGES[name].uri.format(address="127.0.0.1:1", database="none")
    connect(uri).driver.close()
    assert not is_uri(name)


def test_the_workflow_runs_them_all() -> None:
    job = yaml.safe_load(WORKFLOW.read_text())["jobs"]["contract"]
    assert job["strategy"]["matrix"]["subject"] == list(IMAGES)
