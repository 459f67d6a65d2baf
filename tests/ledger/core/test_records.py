"""The record: one text for the same facts, and others' values as bands only."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.records import OrderedValues, bands, canonical, explanation, interval

texts = st.lists(st.integers(-50, 50).map(str), min_size=1, max_size=30)


@given(texts, st.data())
def test_the_others_are_all_but_ones_own(values, data):
    own = data.draw(st.lists(st.sampled_from(range(len(values))), unique=True, max_size=3))
    others = OrderedValues.of(values).without([values[index] for index in own])
    expected = sorted(Decimal(value) for index, value in enumerate(values) if index not in own)
    assert [others.at(index) for index in range(others.count)] == expected
    for value in map(Decimal, values):
        assert others.below(value) == sum(each < value for each in expected)


def test_fewer_than_five_others_are_never_shown():
    assert bands(OrderedValues.of(["1", "2", "3", "4", "5"]).without(["5"])) is None
    assert bands(OrderedValues.of(["1", "2", "3", "4", "5"]).without([]))["count"] == 5


def test_the_same_facts_give_the_same_text_whatever_their_order():
    assert canonical({"b": [1], "a": "ä"}) == canonical({"a": "ä", "b": [1]}) == '{"a":"ä","b":[1]}'


def test_a_value_is_explained_in_a_sentence_made_from_its_numbers():
    low, high = interval("0.0142", "0.00107")
    value = {"value": "0.0142", "low": low, "high": high}
    others = OrderedValues.of(["0.0142", "0.01", "0.02", "0.001"]).without(["0.0142"])
    assert explanation(values=[value], others=others, evaluations=1024, exact=False) == [
        "This data raised the score by 0.0142 on average over 1,024 coalitions (95 % interval "
        "0.0121028 to 0.0162972); 2 of the 3 other players added less."
    ]
