"""Pages as MLflow's basic-auth application fetches them for those who may not read everything.

``mlflow.server.auth`` reads the offset out of a token with MLflow's own parser, drops rows that the
user may not see, and goes on with a token of its own that holds a larger offset.
"""

from mlflow.entities import ViewType
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.utils.search_utils import SearchLoggedModelsPaginationToken, SearchUtils


def test_experiments_go_on_behind_an_offset(store: AbstractStore) -> None:
    for name in "abcde":
        store.create_experiment(f"paged-{name}")
    search = {"filter_string": "name LIKE 'paged-%'", "order_by": ["name ASC"], "max_results": 2}
    first = store.search_experiments(ViewType.ALL, **search)
    offset = SearchUtils.parse_start_offset_from_page_token(first.token)
    assert offset == 2
    moved = SearchUtils.create_page_token(offset + 1)
    second = store.search_experiments(ViewType.ALL, **search, page_token=moved)
    assert [experiment.name for experiment in second] == ["paged-d", "paged-e"]
    assert second.token is None


def test_a_page_behind_an_offset_is_followed_by_the_rest(store: AbstractStore) -> None:
    for name in "abcdef":
        store.create_experiment(f"rest-{name}")
    search = {"filter_string": "name LIKE 'rest-%'", "order_by": ["name ASC"], "max_results": 2}
    moved = SearchUtils.create_page_token(1)
    page = store.search_experiments(ViewType.ALL, **search, page_token=moved)
    assert SearchUtils.parse_start_offset_from_page_token(page.token) == 3
    last = store.search_experiments(ViewType.ALL, **search, page_token=page.token)
    assert [experiment.name for experiment in last] == ["rest-d", "rest-e"]


def test_logged_models_go_on_behind_an_offset(store: AbstractStore) -> None:
    experiment_id = store.create_experiment("models-paged")
    for name in "abcd":
        store.create_logged_model(experiment_id, name=name)
    order = [{"field_name": "name"}]
    first = store.search_logged_models([experiment_id], max_results=1, order_by=order)
    offset = SearchLoggedModelsPaginationToken.decode(first.token).offset
    assert offset == 1
    moved = SearchLoggedModelsPaginationToken([experiment_id], None, order, offset + 1).encode()
    second = store.search_logged_models([experiment_id], order_by=order, page_token=moved)
    assert [model.name for model in second] == ["c", "d"]
