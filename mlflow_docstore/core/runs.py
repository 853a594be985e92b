"""Rules of runs and of what is ordered like them."""

RUN_NAME_TAG = "mlflow.runName"
"""The tag that always says the same as the run's name."""

FINAL_STATUSES = frozenset({"FINISHED", "FAILED", "KILLED"})
"""Statuses after which a run is not expected to log any more, though it may."""

_INT64_MAX = 2**63 - 1


def recency(time: int, key: str) -> str:
    """A text that sorts ascending as ``time`` descending, then ``key`` ascending.

    One field that never changes stands for the default order of runs, experiments and models, so
    that a page of it is one range of one index on every database.

    Args:
        time: Of 64 bits, signed.
        key: The tie-break.
    """
    return f"{_INT64_MAX - time:016x}{key}"


def recency_bound(time: int) -> str:
    """What the ``recency`` of this time and of all before it is no less than, and none after it is.

    Args:
        time: Of 64 bits, signed.
    """
    return f"{_INT64_MAX - time:016x}"
