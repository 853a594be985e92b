"""What both stores take."""

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.utils.search_utils import SearchUtils
    from mlflow.utils.time import get_current_time_millis

__all__ = ["SearchUtils", "get_current_time_millis"]
