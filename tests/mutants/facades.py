"""MLflow's stores over repositories that work, with one method wrong."""

from typing import Any

from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList

from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

from .faults import FACADE, fault


@fault(FACADE, "store/test_search_runs")
class EndsAtTheFirstPage(DocStoreTrackingStore):
    """A search of runs never has another page."""

    def _search_runs(self, *arguments: Any, **named: Any) -> Any:
        runs, _ = super()._search_runs(*arguments, **named)
        return runs, None


@fault(FACADE, "store/test_search_experiments")
class TakesIlikeForLike(DocStoreTrackingStore):
    """ILIKE is LIKE."""

    def search_experiments(
        self, view_type: int = 1, max_results: Any = 1000, filter_string: Any = None, **named: Any
    ) -> Any:
        if isinstance(filter_string, str):
            filter_string = filter_string.replace("ILIKE", "LIKE")
        return super().search_experiments(view_type, max_results, filter_string, **named)


@fault(FACADE, "store/test_search_runs_refusals")
class TakesMalformedFilters(DocStoreTrackingStore):
    """A filter that nobody understands finds nothing."""

    def _search_runs(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super()._search_runs(*arguments, **named)
        except MlflowException:
            return [], None


@fault(FACADE, "store/test_runs", "store/test_lifecycle")
class BlamesItself(DocStoreTrackingStore):
    """What is not there is an internal error."""

    def get_run(self, run_id: str) -> Run:
        try:
            return super().get_run(run_id)
        except MlflowException as error:
            raise MlflowException(error.message) from error


@fault(FACADE, "store/test_metrics")
class LogsNanAsZero(DocStoreTrackingStore):
    """A metric that is not a number is 0."""

    def log_metric(self, run_id: str, metric: Metric) -> None:
        value = 0.0 if metric.value != metric.value else metric.value
        super().log_metric(run_id, Metric(metric.key, value, metric.timestamp, metric.step))


@fault(FACADE, "store/test_metrics", "store/test_metric_history")
class DropsSteps(DocStoreTrackingStore):
    """A metric is logged at step 0, whatever its step."""

    def log_metric(self, run_id: str, metric: Metric) -> None:
        super().log_metric(run_id, Metric(metric.key, metric.value, metric.timestamp, 0))


@fault(FACADE, "store/test_params")
class StripsParams(DocStoreTrackingStore):
    """White space around the value of a param is lost."""

    def log_param(self, run_id: str, param: Param) -> None:
        value = param.value.strip() if isinstance(param.value, str) else param.value
        super().log_param(run_id, Param(param.key, value))


@fault(FACADE, "store/test_runs", "store/test_tags")
class LeavesTheNameOfARun(DocStoreTrackingStore):
    """The tag with the name of a run does not change it."""

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        if tag.key != "mlflow.runName":
            super().set_tag(run_id, tag)


@fault(FACADE, "store/test_experiments")
class DropsTheTimeZone(DocStoreTrackingStore):
    """An experiment was created some hours from now, as the clock on a wall somewhere has it."""

    def get_experiment(self, experiment_id: str) -> Any:
        found = super().get_experiment(experiment_id)
        found._creation_time += 5 * 3_600_000
        return found


@fault(FACADE, "store/test_experiment_changes")
class SwallowsRefusals(DocStoreTrackingStore):
    """A tag that cannot be set is not, and nobody is told."""

    def set_experiment_tag(self, experiment_id: str, tag: Any) -> None:
        try:
            super().set_experiment_tag(experiment_id, tag)
        except MlflowException:
            return


@fault(FACADE, "store/test_async")
class LosesWhatIsAsynchronous(DocStoreTrackingStore):
    """What is logged by the queue of another thread is logged nowhere."""

    def log_batch_async(self, run_id: str, metrics: Any, params: Any, tags: Any) -> Any:
        del metrics, params, tags
        return super().log_batch_async(run_id, [], [], [])


@fault(FACADE, "store/test_batches")
class TakesAnyBatch(DocStoreTrackingStore):
    """A batch of any size is taken, a hundred of each kind at a time."""

    def log_batch(self, run_id: str, metrics: Any, params: Any, tags: Any) -> None:
        for start in range(0, max(len(metrics), len(params), len(tags), 1), 100):
            part = slice(start, start + 100)
            super().log_batch(run_id, metrics[part], params[part], tags[part])


@fault(FACADE, "store/test_search_logged_models_order", "store/test_search_logged_models")
class IgnoresOrders(DocStoreTrackingStore):
    """Logged models come in the default order."""

    def search_logged_models(self, *arguments: Any, **named: Any) -> Any:
        named.pop("order_by", None)
        return super().search_logged_models(*arguments, **named)


@fault(FACADE, "registry/test_webhooks")
class ForgetsSecrets(DocStoreRegistryStore):
    """A webhook has no secret."""

    def create_webhook(self, *arguments: Any, **named: Any) -> Any:
        return super().create_webhook(*arguments, **named | {"secret": None})


@fault(FACADE, "registry/test_search_model_versions")
class DropsTheFilter(DocStoreRegistryStore):
    """A search of versions finds all of them."""

    def search_model_versions(
        self, filter_string: Any = None, *arguments: Any, **named: Any
    ) -> PagedList[ModelVersion]:
        del filter_string
        return super().search_model_versions(None, *arguments, **named)


@fault(FACADE, "registry/test_aliases")
class FoldsAliases(DocStoreRegistryStore):
    """An alias is kept in lower case."""

    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        super().set_registered_model_alias(name, alias.lower(), version)


@fault(FACADE, "registry/test_model_versions", "registry/test_model_version_sources")
class ForgetsDescriptions(DocStoreRegistryStore):
    """A version is created without its description."""

    def create_model_version(self, *arguments: Any, **named: Any) -> ModelVersion:
        return super().create_model_version(*arguments, **named | {"description": None})


@fault(FACADE, "registry/test_tags")
class SetsTagsOnce(DocStoreRegistryStore):
    """A tag of a model keeps the value that it had first."""

    def set_registered_model_tag(self, name: str, tag: Any) -> None:
        if tag.key not in self.get_registered_model(name).tags:
            super().set_registered_model_tag(name, tag)
