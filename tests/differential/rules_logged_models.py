"""Rules of logged models."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import LoggedModelParameter, LoggedModelStatus, LoggedModelTag

from .grammar import MODEL_NAMES, MODEL_TYPES
from .history import ALL_MODELS, History, experiments, made, models, runs
from .sides import Side, pairs
from .values import keys, labels, seldom

names = seldom(st.sampled_from(MODEL_NAMES), st.sampled_from(["", "a/b", "a:b", 5]))


class LoggedModelRules(History):
    """Operations on logged models."""

    @rule(
        target=ALL_MODELS,
        experiment=experiments,
        name=names,
        run=st.none() | runs,
        kind=st.sampled_from([None, *MODEL_TYPES]),
        params=labels(),
        tags=labels(),
    )
    def create_logged_model(
        self,
        experiment: str,
        name: Any,
        run: str | None,
        kind: str | None,
        params: dict[str, Any],
        tags: dict[str, Any],
    ) -> Any:
        options = {
            "name": name,
            "source_run_id": run,
            "model_type": kind,
            "params": pairs(LoggedModelParameter, params),
            "tags": pairs(LoggedModelTag, tags),
        }
        return made(self.made_model(experiment, options))

    @rule(model=models, allow=st.booleans())
    def get_logged_model(self, model: str, allow: bool) -> None:
        self.same(lambda side: side.store.get_logged_model(side.local(model), allow_deleted=allow))

    @rule(model=models, status=st.sampled_from(list(LoggedModelStatus)))
    def finalize_logged_model(self, model: str, status: LoggedModelStatus) -> None:
        self.same(lambda side: side.store.finalize_logged_model(side.local(model), status))
        self.look_at_model(model)

    @rule(model=models, tags=labels())
    def set_logged_model_tags(self, model: str, tags: dict[str, Any]) -> None:
        given = pairs(LoggedModelTag, tags)
        self.same(lambda side: side.store.set_logged_model_tags(side.local(model), given))
        self.look_at_model(model)

    @rule(model=models, key=keys)
    def delete_logged_model_tag(self, model: str, key: Any) -> None:
        self.same(lambda side: side.store.delete_logged_model_tag(side.local(model), key))
        self.look_at_model(model)

    @rule(model=models, params=labels())
    def log_logged_model_params(self, model: str, params: dict[str, Any]) -> None:
        given = pairs(LoggedModelParameter, params)
        self.same(lambda side: side.store.log_logged_model_params(side.local(model), given))
        self.look_at_model(model)

    @rule(model=models)
    def delete_logged_model(self, model: str) -> None:
        self.same(lambda side: side.store.delete_logged_model(side.local(model)))
        self.look_at_model(model)

    @rule(model=models, really=st.integers(0, 3))
    def purge_logged_model(self, model: str, really: int) -> None:
        if really != 3:
            return
        self.same(lambda side: side.store._hard_delete_logged_model(side.local(model)))
        self.look_at_model(model)

    @rule()
    def list_deleted_models(self) -> None:
        def deleted(side: Side) -> list[str]:
            found = side.store._get_deleted_logged_models()
            return self.known_ids(side, found, self.known_models)

        self.same(deleted)
