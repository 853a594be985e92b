"""MLflow's own commands, where a store has to know which one opened it."""

import click

_UPKEEP = frozenset({"gc"})


def is_upkeep() -> bool:
    """Whether a command of MLflow that only maintains a store is what runs here.

    It opens the store as a server does, which makes a database where there is none. Of upkeep
    nobody expects that: a mistyped URI would be an empty database, and a success.
    """
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name in _UPKEEP
