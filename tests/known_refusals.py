"""What the adapter of MongoDB sends that a dialect refuses, and what a flavour must lack for it."""

from mlflow_docstore.testing.guard.guard import Finding


def is_known(finding: Finding) -> bool:
    return finding.name == "lsid"
