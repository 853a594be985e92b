"""Capabilities are answered for every feature, once."""

from dataclasses import FrozenInstanceError

import pytest

from mlflow_docstore.core.capabilities import Capabilities, Feature, Lack, Limits, Whose

LIMITS = Limits(document_bytes=1, in_terms=1, batch_documents=1)
LACK = Lack(Whose.NOT_YET, "the server has none")
EVERY = frozenset(Feature)


def test_everything_may_be_supported() -> None:
    capabilities = Capabilities(EVERY, {}, LIMITS)
    assert all(map(capabilities.supports, Feature))


def test_everything_may_be_lacking() -> None:
    capabilities = Capabilities(frozenset(), dict.fromkeys(Feature, LACK), LIMITS)
    assert not any(map(capabilities.supports, Feature))


@pytest.mark.parametrize("feature", list(Feature))
def test_each_feature_is_supported_or_lacking(feature: Feature) -> None:
    capabilities = Capabilities(EVERY - {feature}, {feature: LACK}, LIMITS)
    assert not capabilities.supports(feature)
    assert all(map(capabilities.supports, EVERY - {feature}))


@pytest.mark.parametrize("feature", list(Feature))
def test_a_feature_without_an_answer_is_refused(feature: Feature) -> None:
    with pytest.raises(ValueError, match=repr(feature.value)):
        Capabilities(EVERY - {feature}, {}, LIMITS)


@pytest.mark.parametrize("feature", list(Feature))
def test_a_feature_with_two_answers_is_refused(feature: Feature) -> None:
    with pytest.raises(ValueError, match=repr(feature.value)):
        Capabilities(EVERY, {feature: LACK}, LIMITS)


def test_the_refusal_names_all_of_them_and_no_other() -> None:
    first, second, *others = sorted(Feature, key=lambda feature: feature.value)
    with pytest.raises(ValueError, match="not at all") as caught:
        Capabilities(frozenset(others), {}, LIMITS)
    named = [feature for feature in Feature if repr(feature.value) in str(caught.value)]
    assert set(named) == {first, second}


def test_an_answer_stays_as_it_is() -> None:
    capabilities = Capabilities(EVERY, {}, LIMITS)
    with pytest.raises(FrozenInstanceError):
        capabilities.supported = frozenset()
