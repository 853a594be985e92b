"""What the model registry takes."""

from mlflow_docstore.compat.releases import RELEASE

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.prompt.registry_utils import handle_resource_already_exist_error, has_prompt_tag
    from mlflow.store.artifact.utils.models import _parse_model_uri as parse_model_uri
    from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils
    from mlflow.utils.validation import _validate_model_name as validate_model_name
    from mlflow.utils.validation import _validate_model_renaming as validate_model_renaming
    from mlflow.utils.validation import _validate_model_version as validate_model_version
    from mlflow.utils.validation import _validate_model_version_tag as validate_model_version_tag
    from mlflow.utils.validation import (
        _validate_registered_model_tag as validate_registered_model_tag,
    )
    from mlflow.utils.validation import _validate_tag_name as validate_tag_name
    from mlflow.utils.validation import _validate_webhook_events as validate_webhook_events
    from mlflow.utils.validation import _validate_webhook_name as validate_webhook_name
    from mlflow.utils.validation import _validate_webhook_url as validate_webhook_url
    from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME

    if RELEASE < (3, 18):
        from mlflow.utils.validation import _validate_model_alias_name as validate_alias_name
        from mlflow.utils.validation import (
            _validate_model_alias_name_reserved as validate_alias_name_reserved,
        )
    else:
        from mlflow.utils.validation import _validate_alias_name as validate_alias_name
        from mlflow.utils.validation import (
            _validate_alias_name_reserved as validate_alias_name_reserved,
        )

__all__ = [
    "DEFAULT_WORKSPACE_NAME",
    "SearchModelUtils",
    "SearchModelVersionUtils",
    "handle_resource_already_exist_error",
    "has_prompt_tag",
    "parse_model_uri",
    "validate_alias_name",
    "validate_alias_name_reserved",
    "validate_model_name",
    "validate_model_renaming",
    "validate_model_version",
    "validate_model_version_tag",
    "validate_registered_model_tag",
    "validate_tag_name",
    "validate_webhook_events",
    "validate_webhook_name",
    "validate_webhook_url",
]
