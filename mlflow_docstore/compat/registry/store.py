"""MLflow's model registry while there is none: nothing is in it, and nothing can be put in.

MLflow's page of a run asks which model versions came of the run, and shows nothing at all where
the answer is an error. So the two searches judge their arguments as MLflow does and then tell the
truth, which is that nothing is registered; everything else is refused.
"""

from collections.abc import Mapping, Sequence

from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
)
from mlflow.store.model_registry.abstract_store import AbstractStore

from mlflow_docstore.compat.filters import model_versions, registered_models
from mlflow_docstore.compat.tracking.declined import declined_method
from mlflow_docstore.core.areas import Area

DECLINED: Mapping[Area, tuple[str, ...]] = {
    Area.REGISTERED_MODELS: (
        "create_registered_model",
        "update_registered_model",
        "rename_registered_model",
        "delete_registered_model",
        "get_registered_model",
        "set_registered_model_tag",
        "delete_registered_model_tag",
        "set_registered_model_alias",
        "delete_registered_model_alias",
    ),
    Area.MODEL_VERSIONS: (
        "get_latest_versions",
        "create_model_version",
        "update_model_version",
        "transition_model_version_stage",
        "delete_model_version",
        "get_model_version",
        "get_model_version_download_uri",
        "set_model_version_tag",
        "delete_model_version_tag",
        "get_model_version_by_alias",
        "copy_model_version",
    ),
    Area.PROMPTS: ("get_prompt", "link_prompts_to_trace"),
    Area.WEBHOOKS: (
        "create_webhook",
        "get_webhook",
        "list_webhooks",
        "list_webhooks_by_event",
        "update_webhook",
        "delete_webhook",
        "test_webhook",
    ),
}


class DeclinedRegistryMixin:
    """Every method that would have to read or write something registered."""

    locals().update(
        {name: declined_method(name, area) for area, names in DECLINED.items() for name in names}
    )


class DocStoreRegistryStore(DeclinedRegistryMixin, AbstractStore):
    """A model registry with nothing in it."""

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        registered_models.check_search(filter_string, max_results, order_by, page_token)
        return PagedList([], None)

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        model_versions.check_search(filter_string, max_results, order_by, page_token)
        return PagedList([], None)
