"""Areas: their names, and which of them every backend must pass."""

from mlflow_docstore.core.areas import BASE, EXTENDED, Area


def test_an_area_is_base_or_extended() -> None:
    assert set(Area) == BASE | EXTENDED
    assert BASE.isdisjoint(EXTENDED)


def test_the_base_is_what_every_backend_must_pass() -> None:
    assert {area.value for area in BASE} == {
        "experiments",
        "runs",
        "metrics",
        "registered_models",
        "model_versions",
        "prompts",
        "traces",
    }


def test_a_name_is_a_file_stem() -> None:
    assert all(area.value.isidentifier() and area.value.islower() for area in Area)
    assert [area.name for area in Area] == [area.value.upper() for area in Area]
