"""One server a directory: there while somebody uses it, whatever becomes of its users."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.embedded.connection import connect
from mlflow_docstore.core.errors import Unreachable

from .conftest import Place, alive, eventually, leave, parent_of

WRITE = "driver.insert('c', {'_id': 'a'})"


def opened(place: Place) -> Driver:
    connection = connect(place.uri)
    return RetryingDriver(connection.driver, connection.retry_deadline)


class TestSharing:
    def test_a_second_process_joins_the_server_and_sees_the_data(self, place: Place) -> None:
        place.user(WRITE)
        before = place.address
        driver = opened(place)
        assert driver.get("c", "a") == {"_id": "a"}
        assert place.address == before
        driver.close()

    def test_processes_that_begin_together_start_one_server(self, place: Place) -> None:
        processes = [place.start(f"driver.insert('c', {{'_id': '{i}'}})") for i in range(3)]
        lines = [process.stdout.readline() for process in processes if process.stdout]
        assert lines == ["ready\n"] * 3
        driver = opened(place)
        assert [driver.get("c", str(i)) for i in range(3)] == [{"_id": str(i)} for i in range(3)]
        driver.close()

    def test_drivers_of_one_process_share_it(self, place: Place) -> None:
        drivers = [opened(place) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            inserted = list(pool.map(lambda driver: driver.insert("c", {"_id": "a"}), drivers))
        assert sorted(inserted) == [False, False, False, True]
        for driver in drivers:
            driver.close()

    def test_prefixes_keep_apart(self, place: Place) -> None:
        one, other = connect(f"{place.uri}#one").driver, connect(f"{place.uri}#other").driver
        one.insert("c", {"_id": "a"})
        assert other.get("c", "a") is None
        one.close()
        other.close()


class TestTheEnd:
    def test_the_last_one_out_stops_the_server(self, place: Place) -> None:
        first, second = opened(place), place.user()
        first.get("c", "a")
        server = place.address.pid
        first.close()
        assert place.files.server_is_there()
        leave(second)
        assert eventually(lambda: not alive(server))
        assert place.files.read_address() is None

    def test_a_user_that_is_killed_counts_no_longer(self, place: Place) -> None:
        user = place.user(WRITE)
        server = place.address.pid
        user.send_signal(signal.SIGKILL)
        assert eventually(lambda: not alive(server))
        assert eventually(place.is_empty)

    def test_the_terminals_interrupt_does_not_reach_the_server(self, place: Place) -> None:
        place.user()
        assert os.getsid(place.address.pid) != os.getsid(0)

    def test_data_outlives_the_server(self, place: Place) -> None:
        driver = opened(place)
        driver.insert("c", {"_id": "a", "x": 1})
        before = place.address
        driver.close()
        assert eventually(place.is_empty)
        assert driver.get("c", "a") == {"_id": "a", "x": 1}
        assert place.address != before
        driver.close()

    def test_who_comes_while_it_stops_gets_the_next_one(self, place: Place) -> None:
        driver = opened(place)
        driver.insert("c", {"_id": "a"})
        driver.close()
        assert eventually(lambda: place.files.read_address() is None)
        assert driver.get("c", "a") == {"_id": "a"}
        driver.close()


class TestCrashes:
    def test_a_server_that_was_killed_is_started_again_with_all_that_it_acknowledged(
        self, place: Place
    ) -> None:
        driver = opened(place)
        for number in range(200):
            driver.insert("c", {"_id": str(number)})
        os.kill(place.address.pid, signal.SIGKILL)
        assert [driver.get("c", str(number)) for number in (0, 199)] == [
            {"_id": "0"},
            {"_id": "199"},
        ]
        driver.close()

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with parents")
    def test_a_supervisor_that_was_killed_takes_the_server_along(self, place: Place) -> None:
        driver = opened(place)
        driver.insert("c", {"_id": "a"})
        server = place.address.pid
        os.kill(parent_of(server), signal.SIGKILL)
        assert eventually(lambda: not alive(server))
        assert driver.get("c", "a") == {"_id": "a"}
        driver.close()

    def test_a_server_that_cannot_start_leaves_its_last_words(self, place: Place) -> None:
        place.directory.mkdir(parents=True)
        place.files.settings.write_text("[server]\nnonsense = 1\n")
        driver = connect(place.uri).driver
        with pytest.raises(Unreachable) as caught:
            driver.get("c", "a")
        assert "nonsense" in caught.value.facts["reason"]
        assert "\n" not in caught.value.facts["reason"]
        driver.close()

    def test_a_directory_that_cannot_be_used(self, place: Place) -> None:
        place.directory.parent.mkdir()
        place.directory.write_text("a file")
        with pytest.raises(Unreachable) as caught:
            connect(place.uri).driver.get("c", "a")
        assert str(place.directory) in caught.value.facts["reason"]
        place.directory.unlink()
        place.directory.mkdir()


class TestForks:
    def test_a_child_uses_the_same_server_and_outlives_its_parent(self, place: Place) -> None:
        fork = f"""
{WRITE}
import os
if os.fork() == 0:
    assert driver.get('c', 'a')
    driver.insert('c', {{'_id': 'child'}})
    print('child', flush=True)
    sys.stdin.read()
    os._exit(0)
"""
        user = place.start(fork)
        assert user.stdout is not None
        assert {user.stdout.readline() for _ in range(2)} == {"ready\n", "child\n"}
        driver = opened(place)
        assert driver.get("c", "child") == {"_id": "child"}
        driver.close()
        leave(user)
