"""What searches of logged models take. It imports SQLAlchemy, which takes longer than a store."""

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.utils.search_logged_model_utils import Comparison, EntityType, parse_filter_string

__all__ = ["Comparison", "EntityType", "parse_filter_string"]
