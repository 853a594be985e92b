"""The options that reach the driver, for connection strings as vendors hand them out."""

import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pymongo import MongoClient

from mlflow_docstore.adapters.mongodb import certificates
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.session import Session
from mlflow_docstore.adapters.mongodb.uri import parse
from mlflow_docstore.core.errors import InvalidArgument, Unreachable
from tests.standin import free_port

DDB = "c.cluster-abc.eu-west-1.docdb.amazonaws.com:27017"
ADB = "mongodb+srv://u:p@c.mongocluster.cosmos.azure.com/mlflow"
BUNDLE = "eu-west-1-bundle.pem"
TRUSTING = {"SSL_CERT_FILE": "/etc/bundle.pem"}


def client_of(uri: str) -> MongoClient[dict[str, Any]]:
    """The client that a URI comes to; it is not told to connect."""
    session = Session(parse(uri, TRUSTING))
    return session._acquired(session._held()).client


def options_of(uri: str) -> dict[str, Any]:
    """What the driver makes of a URI and our defaults."""
    client = client_of(uri)
    options, pool = client.options, client.options.pool_options
    client.close()
    return {
        "tls": pool._ssl_context is not None,
        "retryWrites": options.retry_writes,
        "replicaSet": options.replica_set_name,
        "direct": options.direct_connection,
        "idle": pool.max_idle_time_seconds,
        "w": options.write_concern.document.get("w"),
    }


def login_of(uri: str) -> tuple[str, str, str | None]:
    """How the driver would log in: mechanism, source, user."""
    client = client_of(uri)
    found = client.options.pool_options._credentials
    client.close()
    assert found is not None
    return found.mechanism, found.source, found.username


class TestDefaults:
    def test_of_mongodb_there_are_none(self) -> None:
        found = options_of("mongodb://h:1/db")
        assert found == {
            "tls": False,
            "retryWrites": True,
            "replicaSet": None,
            "direct": None,
            "idle": None,
            "w": "majority",
        }

    def test_of_amazon_documentdb(self) -> None:
        found = options_of(f"mongodb://u:p@{DDB}/db")
        assert (found["tls"], found["retryWrites"], found["replicaSet"]) == (True, False, "rs0")
        assert login_of(f"mongodb://u:p@{DDB}/db") == ("DEFAULT", "admin", "u")

    def test_of_an_elastic_cluster(self) -> None:
        found = options_of("mongodb://u:p@c-1.eu-west-1.docdb-elastic.amazonaws.com/db")
        assert (found["tls"], found["retryWrites"], found["replicaSet"]) == (True, False, None)

    def test_of_cosmos_db(self) -> None:
        found = options_of("cosmos-mongodb://a:k==@a.mongo.cosmos.azure.com:10255/db")
        assert found == {
            "tls": True,
            "retryWrites": False,
            "replicaSet": "globaldb",
            "direct": None,
            "idle": 120,
            "w": "majority",
        }

    def test_of_azure_documentdb(self) -> None:
        target = parse(ADB)
        assert target.uri == ADB
        assert target.defaults == {
            "appname": "mlflow-docstore",
            "w": "majority",
            "serverSelectionTimeoutMS": 5000,
            "tls": True,
            "retryWrites": False,
            "authSource": "admin",
            "maxIdleTimeMS": 120_000,
        }

    def test_a_tunnel_is_not_left_for_hosts_behind_it(self) -> None:
        found = options_of("documentdb://u:p@localhost:27017/db")
        assert (found["direct"], found["replicaSet"]) == (True, None)

    def test_several_hosts_of_other_names_are_no_tunnel(self) -> None:
        found = options_of("documentdb://u:p@a,b:27018/db?replicaSet=rs7")
        assert (found["direct"], found["replicaSet"]) == (None, "rs7")

    @pytest.mark.parametrize("option", ["ssl=false", "tls=false"])
    def test_the_uri_beats_them_all(self, option: str) -> None:
        given = "retryWrites=true&replicaSet=mine&maxIdleTimeMS=5000&w=1&authSource=other"
        uri = f"cosmos-mongodb://u:p@a.mongo.cosmos.azure.com:10255/db?{option}&{given}"
        assert options_of(uri) == {
            "tls": False,
            "retryWrites": True,
            "replicaSet": "mine",
            "direct": None,
            "idle": 5,
            "w": 1,
        }
        assert login_of(uri) == ("DEFAULT", "other", "u")

    def test_an_explicit_connection_to_one_server_needs_no_set(self) -> None:
        found = options_of(f"mongodb://u:p@{DDB}/db?directConnection=true")
        assert (found["direct"], found["replicaSet"]) == (True, None)


class TestPortals:
    """Strings as they are copied from a portal, but for the database's name."""

    def test_cosmos_db(self) -> None:
        uri = (
            "mongodb://acc:k3y%2F==@acc.mongo.cosmos.azure.com:10255/DB?ssl=true"
            "&replicaSet=globaldb&retrywrites=false&maxIdleTimeMS=120000&appName=@acc@"
        )
        found = options_of(uri)
        assert (found["tls"], found["retryWrites"], found["replicaSet"]) == (
            True,
            False,
            "globaldb",
        )
        assert login_of(uri)[2] == "acc"
        assert parse(uri).database == "DB"

    def test_amazon_documentdb(self, tmp_path: Path) -> None:
        bundle = tmp_path / "global-bundle.pem"
        bundle.write_text(Path(_any_certificate()).read_text())
        uri = (
            f"mongodb://u:p@{DDB}/db?tls=true&tlsCAFile={bundle}&replicaSet=rs0"
            "&readPreference=secondaryPreferred&retryWrites=false"
        )
        found = options_of(uri)
        assert (found["tls"], found["retryWrites"], found["replicaSet"]) == (True, False, "rs0")

    def test_several_hosts_with_a_user_and_a_set(self) -> None:
        uri = "mongodb://u:p@a:1,b:2,c:3/db?replicaSet=rs&authSource=admin"
        assert parse(uri).given.hosts == ("a", "b", "c")
        assert options_of(uri)["replicaSet"] == "rs"
        assert login_of(uri)[1] == "admin"


class TestLogin:
    @pytest.mark.parametrize("scheme", ["documentdb", "azure-documentdb", "cosmos-mongodb"])
    def test_a_mechanism_without_a_password_keeps_its_source(self, scheme: str) -> None:
        found = login_of(f"{scheme}://h/db?authMechanism=MONGODB-X509")
        assert found == ("MONGODB-X509", "$external", None)

    def test_iam(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # What speaks to Amazon is not installed here, and not asked for before the first login.
        there = ModuleType("pymongo_auth_aws")
        there.__spec__ = ModuleSpec(there.__name__, loader=None)
        monkeypatch.setitem(sys.modules, there.__name__, there)
        uri = f"documentdb://{DDB}/db?authMechanism=MONGODB-AWS&authSource=$external"
        assert login_of(uri) == ("MONGODB-AWS", "$external", None)

    def test_scram_by_name(self) -> None:
        uri = f"documentdb://u:p@{DDB}/db?authMechanism=SCRAM-SHA-1"
        assert login_of(uri) == ("SCRAM-SHA-1", "admin", "u")

    @pytest.mark.parametrize("user", ["", "client-id@"])
    def test_entra_id(self, user: str) -> None:
        uri = f"azure-documentdb://{user}h/db?authMechanism=MONGODB-OIDC"
        mechanism, source, name = login_of(uri)
        assert (mechanism, source) == ("MONGODB-OIDC", "$external")
        assert name == (user.rstrip("@") or None)

    def test_a_token_of_another_issuer_is_the_drivers_own_business(self) -> None:
        properties = "authMechanismProperties=ENVIRONMENT:azure,TOKEN_RESOURCE:api"
        uri = f"azure-documentdb://h/db?authMechanism=MONGODB-OIDC&{properties}"
        assert login_of(uri)[0] == "MONGODB-OIDC"

    def test_who_takes_no_token_of_entra_id_is_sent_none(self) -> None:
        driver = MongoDriver(Session(parse("mongodb://h/db?authMechanism=MONGODB-OIDC")))
        with pytest.raises(Unreachable) as caught:
            driver.get("c", "a")
        assert "callback" in caught.value.facts["reason"]

    @pytest.mark.parametrize(
        ("mechanism", "module", "extra"),
        [("MONGODB-AWS", "pymongo_auth_aws", "aws"), ("MONGODB-OIDC", "azure", "azure")],
    )
    def test_a_missing_extra_is_named(
        self, mechanism: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, module, None)
        reason = refused(f"azure-documentdb://h/db?authMechanism={mechanism}", {})
        assert f'pip install "mlflow-docstore[{extra}]"' in reason


class TestBundles:
    @pytest.fixture(autouse=True)
    def _nowhere_else(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(certificates, "PLACES", (".",))

    @pytest.mark.parametrize("name", [BUNDLE, "global-bundle.pem"])
    def test_one_that_lies_there_is_taken(self, name: str, tmp_path: Path) -> None:
        (tmp_path / name).touch()
        assert parse(f"mongodb://{DDB}/db", {}).defaults["tlsCAFile"] == name

    def test_the_home_is_looked_at_too(self, tmp_path: Path) -> None:
        (tmp_path / ".ssl").mkdir()
        (tmp_path / ".ssl" / BUNDLE).touch()
        found = parse(f"mongodb://{DDB}/db", {"HOME": str(tmp_path)}).defaults["tlsCAFile"]
        assert found == str(tmp_path / ".ssl" / BUNDLE)

    @pytest.mark.parametrize(
        "option", ["tls=false", "tlsInsecure=true", "tlsAllowInvalidCertificates=true"]
    )
    def test_who_wants_none_needs_none(self, option: str) -> None:
        assert "tlsCAFile" not in parse(f"mongodb://{DDB}/db?{option}", {}).defaults

    def test_whom_the_environment_trusts_may_be_enough(self) -> None:
        uri = f"documentdb://127.0.0.1:{free_port()}/db?serverSelectionTimeoutMS=100"
        target = parse(uri, TRUSTING)
        assert "tlsCAFile" not in target.defaults
        with pytest.raises(Unreachable) as caught:
            MongoDriver(Session(target)).get("c", "a")
        assert "curl -O https://truststore" in caught.value.facts["reason"]

    def test_a_bundle_goes_before_it(self, tmp_path: Path) -> None:
        (tmp_path / BUNDLE).touch()
        assert parse(f"mongodb://{DDB}/db", TRUSTING).defaults["tlsCAFile"] == BUNDLE

    @pytest.mark.parametrize("option", ["", "?tlsCAFile=/no/such/bundle.pem"])
    def test_where_it_is_had_is_told(self, option: str) -> None:
        reason = refused(f"mongodb://u:secret@{DDB}/db{option}", {})
        assert f"curl -O https://truststore.pki.rds.amazonaws.com/eu-west-1/{BUNDLE}" in reason
        assert f"tlsCAFile={BUNDLE}" in reason
        assert "secret" not in reason

    @pytest.mark.parametrize(
        ("host", "address"),
        [
            ("h", "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"),
            (
                "c.us-gov-west-1.docdb.amazonaws.com",
                "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-west-1/",
            ),
            (
                "c.cn-north-1.docdb.amazonaws.com.cn",
                "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-north-1/",
            ),
        ],
    )
    def test_each_partition_has_its_own_address(self, host: str, address: str) -> None:
        assert address in refused(f"documentdb://{host}/db", {})


def refused(uri: str, environment: Mapping[str, str]) -> str:
    with pytest.raises(InvalidArgument) as caught:
        parse(uri, environment)
    reason = str(caught.value.facts["reason"])
    assert "\n" not in reason
    return reason


def _any_certificate() -> str:
    import certifi  # noqa: PLC0415 - for one test

    return certifi.where()
