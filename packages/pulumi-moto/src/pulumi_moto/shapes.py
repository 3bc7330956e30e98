"""Conversions between Pulumi's and AWS's spelling of values, and equalities of them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Members = dict[str, Any]
"""A structure of an AWS API as boto3 and moto pass it: values by the names of its members."""
Params = Mapping[str, Any]
"""The parameters of an AWS call, or another structure that is only read."""


def to_aws(value: Any) -> Any:
    """Capitalise the first letter of every key, at any depth: `hostHeader` to `HostHeader`."""
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: to_aws(item) for key, item in value.items()}
    return [to_aws(item) for item in value] if isinstance(value, list | tuple) else value


def capitalized(listed: str, **differing: str) -> dict[str, str]:
    """Return AWS's name of each name in a text: with a capital letter, unless it differs."""
    return {name: name[:1].upper() + name[1:] for name in listed.split()} | differing


def from_aws(value: Any) -> Any:
    """The reverse of `to_aws`."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: from_aws(item) for key, item in value.items()}
    return [from_aws(item) for item in value] if isinstance(value, list | tuple) else value


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """`{"a": "b"}` as `[{"Key": "a", "Value": "b"}]`."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def tag_dict(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """The reverse of `tag_list`, without the tags that AWS itself sets."""
    return {tag["Key"]: tag["Value"] for tag in tags or [] if not tag["Key"].startswith("aws:")}


def same_json(old: Any, new: Any) -> bool:
    """Return whether two JSON documents are equal; text that is not JSON is compared as text."""
    try:
        return bool(json.loads(old) == json.loads(new))
    except (TypeError, ValueError):
        return bool(old == new)


def same_set(old: Iterable[object], new: Iterable[object]) -> bool:
    """Return whether two lists have the same items in any order."""
    return sorted(map(_key, old)) == sorted(map(_key, new))


def _key(item: object) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def without_empty(values: Params) -> Members:
    """Drop None, empty text and empty collections; keep False and 0."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
