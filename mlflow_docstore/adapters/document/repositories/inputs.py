"""Inputs and outputs: elements of a run's arrays; datasets are documents of their experiment."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence

from mlflow.entities import Dataset, DatasetInput, LoggedModelInput, LoggedModelOutput

from mlflow_docstore.adapters.document.codecs import inputs as codec
from mlflow_docstore.adapters.document.codecs import runs as run_codec
from mlflow_docstore.adapters.document.codecs.inputs import (
    dataset_id,
    encode_dataset,
    encode_dataset_input,
    encode_model_output,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.layout import DATASETS, EXPERIMENTS, RUNS
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.texts.parts import Holder, root_of
from mlflow_docstore.core.errors import AlreadyExists, NotFound
from mlflow_docstore.core.query import In, equals, path
from mlflow_docstore.ports.inputs import DatasetSummary, InputRepository

from .runs import IS_ACTIVE, require_active


class DocumentInputs(InputRepository):
    """See the port.

    Args:
        driver: The database.
        texts: Where large contents of datasets are.
    """

    def __init__(self, driver: Driver, texts: LargeTexts) -> None:
        self._texts = texts
        self._runs = Documents(driver, RUNS)
        self._datasets = Documents(driver, DATASETS)

    def log_inputs(
        self, run_id: str, datasets: Sequence[DatasetInput], models: Sequence[LoggedModelInput]
    ) -> None:
        for _ in rounds("run", run_id):
            run = self._active(run_id)
            given = _by_id(run[run_codec.EXPERIMENT], datasets)
            linked = [link for link in run[codec.DATASETS] if link[codec.ID] in given]
            known = {link[codec.ID] for link in run[codec.MODEL_INPUTS]}
            new_models = [
                {codec.ID: model_id}
                for model_id in dict.fromkeys(model.model_id for model in models)
                if model_id not in known
            ]
            links = self._links(run[run_codec.EXPERIMENT], given, linked)
            pushed = {codec.DATASETS: links, codec.MODEL_INPUTS: new_models}
            pushed = {name: items for name, items in pushed.items() if items}
            if not pushed or self._push(run, pushed):
                # Last, as the run may have no room for the links; a repeat ends what was left.
                self._note_contexts([*linked, *links])
                return

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        token = secrets.token_hex(8)
        outputs = [encode_model_output(model, token) for model in models]
        for _ in rounds("run", run_id):
            run = self._active(run_id)
            stored = run[codec.MODEL_OUTPUTS]
            if not outputs or any(link["token"] == token for link in stored):
                return
            uses = Counter(link[codec.ID] for link in (*stored, *outputs))
            twice = [link[codec.ID] for link in outputs if uses[link[codec.ID]] > 1]
            if twice:
                raise AlreadyExists("model_output", twice[0], run_id=run_id)
            if self._push(run, {codec.MODEL_OUTPUTS: outputs}):
                return

    def dataset_summaries(
        self, experiment_ids: Sequence[str], *, limit: int
    ) -> list[DatasetSummary]:
        if not experiment_ids:
            return []
        where = [one_of(codec.EXPERIMENT, tuple(experiment_ids))]
        fields = (codec.EXPERIMENT, codec.NAME, codec.DIGEST, codec.CONTEXTS)
        summaries = [
            DatasetSummary(
                dataset[codec.EXPERIMENT], dataset[codec.NAME], dataset[codec.DIGEST], context
            )
            for dataset in self._datasets.find(where, fields=fields, limit=limit)
            for context in dataset[codec.CONTEXTS]
        ]
        return summaries[:limit]

    def _links(
        self, experiment_id: str, given: Mapping[str, DatasetInput], linked: Sequence[Document]
    ) -> list[Document]:
        """Links of the datasets that are new to the run, to content that is stored by then."""
        known = {link[codec.ID] for link in linked}
        new = {key: item for key, item in given.items() if key not in known}
        contents: dict[str, Document] = {}
        for _ in rounds("experiment", experiment_id):
            absent = {key: item for key, item in new.items() if key not in contents}
            if not absent:
                break
            stored = self._datasets.find([In(path("_id"), tuple(absent))])
            contents |= {content["_id"]: content for content in stored}
            contents |= self._added(
                experiment_id,
                [item.dataset for key, item in absent.items() if key not in contents],
            )
        return [encode_dataset_input(contents[key], item.tags) for key, item in new.items()]

    def _added(self, experiment_id: str, datasets: Sequence[Dataset]) -> dict[str, Document]:
        """Those of the datasets that nobody else stored at the same time, as they are stored."""
        if not datasets:
            return {}
        contents, parts = {}, []
        for dataset in datasets:
            content = encode_dataset(experiment_id, dataset)
            key = content["_id"]
            holder = Holder(DATASETS, key, root_of(EXPERIMENTS, experiment_id))
            contents[key], pieces = self._texts.moved(holder, content, codec.TEXTS)
            parts += pieces
        with self._texts.stored(parts):
            taken = self._datasets.insert_many(list(contents.values()))
        return {key: content for key, content in contents.items() if key not in taken}

    def _note_contexts(self, links: Sequence[Document]) -> None:
        """Have the summaries of datasets tell what the links say."""
        for link in links:
            self._datasets.patch(link[codec.ID], Patch(add={codec.CONTEXTS: [link[codec.CONTEXT]]}))

    def _push(self, run: Document, pushed: dict[str, list[Document]]) -> bool:
        """Append to a run's arrays unless they changed since it was read; whether it did.

        A repeat after a lost reply does not match, and whoever reads again sees that it is done.
        """
        links = run[run_codec.LINKS]
        patch = Patch(set={run_codec.LINKS: links + 1}, push=pushed)
        unchanged = equals(run_codec.LINKS, links)
        return self._runs.patch(run["_id"], patch, when=(IS_ACTIVE, unchanged)).matched

    def _active(self, run_id: str) -> Document:
        run = self._runs.get(run_id)
        if run is None:
            raise NotFound("run", run_id)
        return require_active(run)


def _by_id(experiment_id: str, datasets: Sequence[DatasetInput]) -> dict[str, DatasetInput]:
    """The datasets by the ids of their documents; of those that share one, the first."""
    found: dict[str, DatasetInput] = {}
    for item in datasets:
        found.setdefault(dataset_id(experiment_id, item.dataset), item)
    return found
