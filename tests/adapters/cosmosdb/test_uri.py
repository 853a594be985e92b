"""URIs: what they say, what they leave to us, and what they must not tell."""

import base64

import pytest

from mlflow_docstore.adapters.cosmosdb.uri import Target, hide, parse
from mlflow_docstore.core.errors import InvalidArgument

KEY = base64.b64encode(b"s3cret key: \xfb\xff\xbf\xff").decode()
HOST = "account.documents.azure.com"
STRING = f"AccountEndpoint=https://{HOST}:443/;AccountKey={KEY};"


def parsed(uri: str, **environment: str) -> Target:
    return parse(uri, environment)


def refusal(uri: str, **environment: str) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as caught:
        parse(uri, environment)
    assert caught.value.kind == "uri"
    assert "\n" not in caught.value.facts["reason"]
    return caught.value


class TestWhatIsGiven:
    def test_account_and_database(self) -> None:
        target = parsed(f"cosmos://{HOST}/db")
        assert (target.endpoint, target.database) == (f"https://{HOST}:443/", "db")
        assert target.host == HOST

    def test_defaults(self) -> None:
        target = parsed(f"cosmos://{HOST}/db")
        assert (target.prefix, target.retry_deadline) == ("mlflow", 30.0)
        assert (target.key, target.consistency, target.regions) == (None, None, ())

    def test_options_whatever_the_case_of_their_names(self) -> None:
        query = "consistencylevel=strong&PREFERREDREGIONS=West%20Europe,North Europe"
        target = parsed(f"cosmos://{HOST}/db?{query}&retryDeadlineMS=1500#team")
        assert (target.consistency, target.regions) == ("Strong", ("West Europe", "North Europe"))
        assert (target.retry_deadline, target.prefix) == (1.5, "team")

    @pytest.mark.parametrize("written", [KEY, KEY.replace("+", "%2B").replace("/", "%2F")])
    def test_a_key_as_it_is_or_escaped(self, written: str) -> None:
        assert "+" in KEY
        assert "/" in KEY
        assert parsed(f"cosmos://{HOST}/db?key={written}").key == KEY

    @pytest.mark.parametrize(
        "uri", [f"cosmos:///db?{STRING}", f"cosmos://?{STRING}Database=db", "cosmos:///db"]
    )
    def test_a_connection_string_in_the_uri_or_the_environment(self, uri: str) -> None:
        target = parsed(uri, COSMOS_CONNECTION_STRING=STRING)
        assert (target.endpoint, target.key) == (f"https://{HOST}:443/", KEY)
        assert target.database == "db"

    def test_the_environment_has_the_key(self) -> None:
        assert parsed(f"cosmos://{HOST}/db", COSMOS_KEY=KEY).key == KEY

    def test_the_uri_beats_the_environment(self) -> None:
        others = {"COSMOS_KEY": "b3RoZXI=", "COSMOS_COLLECTION_PREFIX": "other"}
        string = "AccountEndpoint=https://other.documents.azure.com/;AccountKey=b3RoZXI="
        target = parsed(
            f"cosmos://{HOST}/db?key={KEY}#mine", COSMOS_CONNECTION_STRING=string, **others
        )
        assert (target.host, target.key, target.prefix) == (HOST, KEY, "mine")

    def test_a_connection_string_of_the_environment_is_not_for_another_account(self) -> None:
        assert parsed(f"cosmos://{HOST}/db", COSMOS_CONNECTION_STRING=STRING).key is None

    def test_an_emulator_takes_no_tls(self) -> None:
        target = parsed(f"cosmos+http://127.0.0.1:8081/db?key={KEY}")
        assert (target.endpoint, target.is_local) == ("http://127.0.0.1:8081/", True)

    @pytest.mark.parametrize(
        ("host", "local"), [("localhost:8081", True), ("[::1]:8081", True), (HOST, False)]
    )
    def test_an_emulator_on_this_machine_is_known_as_one(self, host: str, local: bool) -> None:
        assert parsed(f"cosmos://{host}/db").is_local is local


class TestRefusals:
    @pytest.mark.parametrize(
        ("uri", "reason"),
        [
            (f"cosmos://{HOST}", f"write cosmos://{HOST}/DATABASE"),
            (f"cosmos://{HOST}/", f"write cosmos://{HOST}/DATABASE"),
            (f"cosmos://{HOST}/db/container", "the database's name"),
            ("cosmos:///db", "names no account"),
            (f"cosmos://{HOST}/db?{STRING}", "twice"),
            ("cosmos:///db?AccountEndpoint=nowhere", "address is none"),
            ("cosmos:///db?AccountEndpoint=http://h:1/", "write cosmos+http://"),
            (f"cosmos://{HOST}/db?nosuch=1", "option 'nosuch'"),
            (f"cosmos://{HOST}/db?key", "option '***'"),
            (f"cosmos://{HOST}/db?key=no-base64!", "the key is no key"),
            (f"cosmos://{HOST}/db?consistencyLevel=Some", "consistencyLevel is one of Strong"),
            (f"cosmos://{HOST}/db?consistencyLevel=Eventual", "what it has just written"),
            (f"cosmos://{HOST}/db?retryDeadlineMS=soon", "retryDeadlineMS"),
            (f"cosmos://{HOST}/db#two words", "prefix"),
            (f"cosmos://user@{HOST}/db", "?key="),
            (f"cosmos://{STRING}", "options stand behind a question mark: cosmos:///DATABASE?"),
            (f"cosmos://{HOST}:many/db", "address is none"),
            ("cosmos+http://127.0.0.1:8081/db", "an emulator asks for a key"),
        ],
    )
    def test_one_line_says_why(self, uri: str, reason: str) -> None:
        assert reason in refusal(uri).facts["reason"]


class TestSecrets:
    @pytest.mark.parametrize(
        "uri",
        [
            f"cosmos://{HOST}/db?key={KEY}&nosuch=1",
            f"cosmos://{HOST}/db?KEY={KEY}&nosuch=1",
            f"cosmos://{HOST}?key={KEY}",
            f"cosmos://{HOST}/db?key={KEY}!",
            f"cosmos://{HOST}/db?{KEY}",
            f"cosmos://:{KEY}@{HOST}/db",
            f"cosmos://?{STRING}",
            f"cosmos://?AccountEndpoint=https://{HOST}:port/;accountkey={KEY};Database=db",
            f"cosmos://AccountEndpoint=https://{HOST}:443/;AccountKey={KEY};Database=db",
            f"cosmos://{HOST}/db;key={KEY}",
            f"cosmos://{HOST}/db#p?key={KEY}",
        ],
    )
    def test_no_refusal_shows_the_key(self, uri: str) -> None:
        error = refusal(uri)
        told = f"{error!r}{error}{error.facts}"
        assert KEY not in told
        # Up to its first slash it would pass for a host.
        assert KEY.partition("/")[0] not in told
        assert error.__cause__ is None

    def test_nor_does_what_was_parsed(self) -> None:
        target = parsed(f"cosmos://{HOST}/db?key={KEY}")
        assert KEY not in f"{target!r}{target}"
        assert target.shown == f"cosmos://{HOST}/db?key=***"

    @pytest.mark.parametrize("uri", ["", "cosmos", f"?key={KEY}", f"cosmos://a:{KEY}@b@c"])
    def test_any_text_can_be_shown(self, uri: str) -> None:
        assert KEY not in hide(uri)
