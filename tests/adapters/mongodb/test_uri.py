"""URIs: what they say, what they leave to us, and what they must not tell."""

import pytest

from mlflow_docstore.adapters.mongodb.connection import connect
from mlflow_docstore.adapters.mongodb.uri import Target, hide, parse
from mlflow_docstore.core.errors import InvalidArgument

SECRET = "s3cret"  # noqa: S105 - what it is about


def parsed(uri: str, **environment: str) -> Target:
    return parse(uri, environment)


def refusal(uri: str, **environment: str) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as caught:
        parse(uri, environment)
    assert caught.value.kind == "uri"
    assert "\n" not in caught.value.facts["reason"]
    return caught.value


class TestWhatIsGiven:
    def test_database_prefix_and_deadline(self) -> None:
        target = parsed("mongodb://h:1/db?retryDeadlineMS=1500&tls=true#team")
        assert (target.database, target.prefix, target.retry_deadline) == ("db", "team", 1.5)
        assert target.uri == "mongodb://h:1/db?tls=true"

    @pytest.mark.parametrize("query", ["retryDeadlineMS=1", "RETRYDEADLINEMS=1"])
    def test_our_own_option_alone_leaves_no_query(self, query: str) -> None:
        target = parsed(f"mongodb://h/db?{query}")
        assert (target.uri, target.retry_deadline) == ("mongodb://h/db", 0.001)

    def test_defaults(self) -> None:
        target = parsed("mongodb://h/db")
        assert (target.prefix, target.retry_deadline) == ("mlflow", 30.0)
        assert target.defaults == {
            "appname": "mlflow-docstore",
            "w": "majority",
            "serverSelectionTimeoutMS": 5000,
        }

    def test_what_the_user_writes_beats_defaults_and_environment(self) -> None:
        uri = "mongodb://h/db?appName=mine&w=1&maxPoolSize=7&serverselectiontimeoutms=9#mine"
        target = parsed(
            uri,
            MONGODB_COLLECTION_PREFIX="other",
            MONGODB_MAX_POOL_SIZE="1",
            MONGODB_SERVER_SELECTION_TIMEOUT="1",
        )
        assert dict(target.defaults) == {}
        assert target.prefix == "mine"

    def test_the_environment_beats_defaults(self) -> None:
        target = parsed(
            "mongodb://h/db",
            MONGODB_COLLECTION_PREFIX="other",
            MONGODB_MAX_POOL_SIZE="12",
            MONGODB_SERVER_SELECTION_TIMEOUT="750",
        )
        assert target.prefix == "other"
        assert target.defaults["maxPoolSize"] == 12
        assert target.defaults["serverSelectionTimeoutMS"] == 750

    def test_srv_names_are_not_looked_up(self) -> None:
        uri = "mongodb+srv://u:p@cluster.invalid/db?srvServiceName=mongo&tls=true"
        assert parsed(uri).uri == uri

    def test_nothing_is_connected_to(self) -> None:
        assert connect("mongodb://nowhere.invalid:1/db").retry_deadline == 30.0


class TestRefusals:
    @pytest.mark.parametrize(
        ("uri", "reason"),
        [
            ("mongodb://h", "the URI names no database: write mongodb://h/DATABASE"),
            ("mongodb://h/", "write mongodb://h/DATABASE"),
            ("mongodb://u:p@a,b:2/?tls=true#x", "write mongodb://u:***@a,b:2/DATABASE"),
            ("mongodb://h/db.coll", "dot"),
            ("mongodb://h/db?nosuch=1", "option 'nosuch'"),
            ("mongodb://h/db?w=1&foo=1&tls=true#x", "option 'foo'"),
            ("mongodb+srv://h/db?foo=1", "option 'foo'"),
            ("mongodb://h:abc/db", "Port"),
            ("mongodb://h:70000/db", "Port"),
            ("mongodb://h/db?maxPoolSize=many", "option 'maxPoolSize'"),
            ("mongodb://h/db?tlsCAFile=/no/such/file", "option 'tlsCAFile'"),
            ("mongodb://h/db?retryDeadlineMS=soon", "retryDeadlineMS"),
            ("mongodb://h/db?retryDeadlineMS=-1", "retryDeadlineMS"),
            ("mongodb://h/db?tls", "option 'tls'"),
            ("mongodb:///db", "host"),
            ("mongodb+srv://a,b/db", "one host name"),
            ("mongodb+srv://a:1/db", "no port"),
            ("mongodb://h/db#two words", "prefix"),
            ("mongodb://x.documents.azure.com:10255/db", "too old"),
            ("mysql://h/db", "scheme"),
        ],
    )
    def test_one_line_says_why(self, uri: str, reason: str) -> None:
        assert reason in refusal(uri).facts["reason"]

    @pytest.mark.parametrize("name", ["MONGODB_MAX_POOL_SIZE", "MONGODB_SERVER_SELECTION_TIMEOUT"])
    def test_the_environment_is_checked_too(self, name: str) -> None:
        assert name in refusal("mongodb://h/db", **{name: "many"}).facts["reason"]


class TestSecrets:
    @pytest.mark.parametrize(
        "uri",
        [
            f"mongodb://user:{SECRET}@h/db?nosuch=1",
            f"mongodb://user:{SECRET}@h",
            f"mongodb://user:{SECRET}@h:port/db",
            f"mongodb://user:a@{SECRET}@h:port/db",
            f"mongodb://user:a/{SECRET}@h/db",
            f"mongodb://user:{SECRET}/a@h/db",
            f"mongodb://user:{SECRET}?a=b@h/db",
            f"mongodb://user:a#{SECRET}@h/db",
            f"mongodb://user:{SECRET}#a@h/db",
            f"mongodb://user:{SECRET}%@h/db",
            f"mongodb://user:1:{SECRET}@h/db",
            f"mongodb+srv://user:{SECRET}@h:1/db",
            f"mongodb://user:p@h/db?authMechanismProperties=BAD:{SECRET}",
            f"mongodb://user:p@h/db?nosuch=1&TLSCertificateKeyFilePassword={SECRET}",
        ],
    )
    def test_no_error_shows_them(self, uri: str) -> None:
        error = refusal(uri)
        shown = f"{error} {error!r} {error.args} {error.facts['reason']}"
        assert SECRET not in shown
        assert error.__cause__ is None
        assert error.__context__ is None

    def test_no_representation_shows_them(self) -> None:
        target = parsed(f"mongodb://user:{SECRET}@h:1/db?tls=true")
        assert SECRET not in repr(target)
        assert target.shown == "mongodb://user:***@h:1/db?tls=true"

    @pytest.mark.parametrize(
        ("uri", "shown"),
        [
            ("mongodb://h/db", "mongodb://h/db"),
            ("mongodb://user@h/db", "mongodb://user@h/db"),
            ("mongodb://a:p@h:1/db?appName=@a@#x", "mongodb://a:***@h:1/db?appName=@a@#x"),
            ("mongodb://h/db?appName=a", "mongodb://h/db?appName=a"),
        ],
    )
    def test_the_rest_stays_readable(self, uri: str, shown: str) -> None:
        assert hide(uri) == shown
