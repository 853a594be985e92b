"""Rules of experiments."""

_DIGITS = 20


def number(experiment_id: str) -> str:
    """The id as a text that sorts as the number does. Ids are of at most 64 bits."""
    return experiment_id.zfill(_DIGITS)
