"""What the contract suite can be asked to judge. Needs no pytest: the command's help names them."""

import re

THROW_AWAY_STORES = ("sqlite", "memory", "embedded")
"""Names that stand for a store made for this run and dropped with it."""


def without_credentials(uri: str) -> str:
    """The URI as it may be printed: a password or a key stands before the host or in the query."""
    return re.sub(r"//.*@", "//", uri).partition("?")[0]
