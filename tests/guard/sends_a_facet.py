"""A test that passes, and that sends what some dialects refuse: run by those of the watch alone."""

from typing import Any

from pymongo import MongoClient

from tests.dialects import APPLICATION
from tests.standin import StandIn


def test_it(standin: StandIn) -> None:
    with MongoClient[dict[str, Any]](standin.uri("facets"), appname=APPLICATION) as client:
        assert client["facets"]["things"].aggregate([{"$facet": {"all": []}}]).to_list()
