from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_moto.shapes import (
    from_aws,
    same_json,
    same_set,
    tag_dict,
    tag_list,
    to_aws,
    without_empty,
)

KEYS = st.from_regex(r"[a-z][A-Za-z0-9]{0,8}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_conversions_to_aws_are_reversible(value: Any) -> None:
    assert from_aws(to_aws(value)) == value


def test_keys_are_capitalised_at_any_depth() -> None:
    assert to_aws({"fieldToMatch": [{"uriPath": {}}]}) == {"FieldToMatch": [{"UriPath": {}}]}


def test_tags_convert_both_ways_without_those_of_aws() -> None:
    tags = {"Project": "shop", "Stack": "test"}
    listed = [*tag_list(tags), {"Key": "aws:cloudformation:stack", "Value": "x"}]
    assert tag_dict(listed) == tags


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ("no json", "no json", True),
        ("no json", "{}", False),
    ],
)
def test_documents_are_the_same_when_they_say_the_same(old: str, new: str, same: bool) -> None:
    assert same_json(old, new) is same


def test_order_does_not_matter_but_numbers_of_items_do() -> None:
    assert same_set([{"a": 1}, "b"], ["b", {"a": 1}])
    assert not same_set(["a"], ["a", "a"])


def test_false_and_zero_say_something() -> None:
    assert without_empty({"a": False, "b": 0, "c": None, "d": "", "e": [], "f": {}}) == {
        "a": False,
        "b": 0,
    }
