"""MLflow's fluent functions on the registry, through a server and on the database's own URI."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from .server_process import ServerProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WAYS = ("server", "direct")
DATABASES = [
    "embedded",
    pytest.param("cosmosdb", marks=[pytest.mark.cosmosdb, pytest.mark.exhaustive]),
]

Ways = dict[str, str]


@pytest.fixture(scope="module", params=DATABASES)
def ways(
    request: pytest.FixtureRequest,
    throw_away: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ways]:
    """The URIs of one database."""
    server = ServerProcess(tmp_path_factory.mktemp("clients"), throw_away(request.param))
    with server as address:
        yield {"server": address, "direct": server.database}


def go(uri: str) -> None:
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    yield
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, ways: Ways) -> str:
    go(ways[request.param])
    return str(request.param)


@pytest.fixture
def other(way: str, ways: Ways) -> str:
    """The URI of the other way."""
    return ways["direct" if way == "server" else "server"]


@pytest.fixture
def name() -> str:
    return f"n{uuid4().hex}"


class Doubler(mlflow.pyfunc.PythonModel):
    """Something to load and to predict with."""

    def predict(self, model_input: list[str]) -> list[str]:
        return [text * 2 for text in model_input]


@pytest.mark.usefixtures("way")
class TestPrompts:
    def test_versions_are_loaded_by_number_and_alias_and_formatted(self, name: str) -> None:
        for template in ("Hello {{who}}", "Good day {{who}}"):
            made = mlflow.genai.register_prompt(
                name, template, commit_message="words", tags={"author": "grace"}
            )
        assert made.version == 2
        mlflow.genai.set_prompt_alias(name, "live", 1)
        assert mlflow.genai.load_prompt(f"prompts:/{name}@live").format(who="you") == "Hello you"
        assert mlflow.genai.load_prompt(f"prompts:/{name}@latest").version == 2
        second = mlflow.genai.load_prompt(name, version=2)
        assert (second.template, second.commit_message) == ("Good day {{who}}", "words")
        assert second.tags == {"author": "grace"}

    def test_chat_with_a_response_format_and_a_model_config(self, name: str) -> None:
        chat = [{"role": "user", "content": "Which digit is {{picture}}?"}]
        form = {"type": "object", "properties": {"digit": {"type": "integer"}}}
        config = {"model_name": "m", "temperature": 0.5}
        mlflow.genai.register_prompt(name, chat, response_format=form, model_config=config)
        loaded = mlflow.genai.load_prompt(name, version=1)
        assert loaded.template == chat
        assert loaded.response_format == form
        assert loaded.model_config == config
        assert loaded.format(picture="this")[0]["content"] == "Which digit is this?"

    def test_what_one_way_registered_the_other_loads(self, name: str, other: str) -> None:
        mlflow.genai.register_prompt(name, "Hello {{who}}", tags={"a": "b"})
        mlflow.genai.set_prompt_alias(name, "live", 1)
        go(other)
        assert mlflow.genai.load_prompt(f"prompts:/{name}@live").template == "Hello {{who}}"

    def test_search_finds_prompts_and_no_models(self, name: str) -> None:
        mlflow.genai.register_prompt(name, "Hello")
        MlflowClient().create_registered_model(f"{name}-model")
        found = mlflow.genai.search_prompts(filter_string=f"name LIKE '{name}%'")
        assert [prompt.name for prompt in found] == [name]

    def test_run_is_linked_to_what_it_loads(self, name: str) -> None:
        mlflow.genai.register_prompt(name, "Hello")
        with mlflow.start_run() as run:
            mlflow.genai.load_prompt(name, version=1)
        tags = mlflow.get_run(run.info.run_id).data.tags
        assert json.loads(tags["mlflow.linkedPrompts"]) == [{"name": name, "version": "1"}]

    def test_deleted_versions_and_prompts_are_gone(self, name: str) -> None:
        client = MlflowClient()
        for _ in range(2):
            mlflow.genai.register_prompt(name, "Hello")
        client.delete_prompt_version(name, "2")
        assert mlflow.genai.load_prompt(name, version=2, allow_missing=True) is None
        client.delete_prompt_version(name, "1")
        client.delete_prompt(name)
        assert client.get_prompt(name) is None


@pytest.mark.usefixtures("way")
class TestModels:
    def test_logged_model_is_registered_and_loaded_by_its_alias(
        self, name: str, other: str
    ) -> None:
        with mlflow.start_run() as run:
            logged = mlflow.pyfunc.log_model(
                name="doubler", python_model=Doubler(), pip_requirements=[]
            )
        version = mlflow.register_model(logged.model_uri, name, tags={"k": "v"})
        client = MlflowClient()
        client.set_registered_model_alias(name, "champion", version.version)
        for uri in (mlflow.get_registry_uri(), other):
            go(uri)
            loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
            assert loaded.predict(["ab"]) == ["abab"]
            found = MlflowClient().get_model_version(name, version.version)
            assert found.source == f"models:/{logged.model_id}"
            assert (found.run_id, found.tags) == (run.info.run_id, {"k": "v"})

    def test_promotion_copies_and_searches(self, name: str) -> None:
        client = MlflowClient()
        client.create_registered_model(name)
        for number in ("1", "2"):
            client.create_model_version(name, "s3://bucket/m")
            client.transition_model_version_stage(name, number, "Production", True)
        copied = client.copy_model_version(f"models:/{name}/2", f"{name}-copy")
        assert copied.source == f"models:/{name}/2"
        assert client.get_model_version_download_uri(f"{name}-copy", "1") == "s3://bucket/m"
        found = client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
        assert [one.current_stage for one in found] == ["Archived", "Production"]
        assert [one.name for one in client.search_registered_models(f"name = '{name}'")] == [name]

    @pytest.mark.parametrize(
        ("call", "code", "text"),
        [
            (
                lambda client, name: client.create_registered_model(name),
                "RESOURCE_ALREADY_EXISTS",
                "Registered Model \\(name=.*\\) already exists",
            ),
            (
                lambda client, name: client.get_model_version(name, "7"),
                "RESOURCE_DOES_NOT_EXIST",
                "Model Version \\(name=.*, version=7\\) not found",
            ),
            (
                lambda client, name: client.get_model_version_by_alias(name, "none"),
                "INVALID_PARAMETER_VALUE",
                "Registered model alias none not found.",
            ),
            (
                lambda client, name: client.transition_model_version_stage(name, "7", "nowhere"),
                "INVALID_PARAMETER_VALUE",
                "Invalid Model Version stage: nowhere",
            ),
        ],
        ids=["taken name", "unknown version", "unknown alias", "unknown stage"],
    )
    def test_errors_have_codes_and_texts(self, name: str, call: Any, code: str, text: str) -> None:
        client = MlflowClient()
        client.create_registered_model(name)
        with pytest.raises(MlflowException, match=text) as caught:
            call(client, name)
        assert caught.value.error_code == code
