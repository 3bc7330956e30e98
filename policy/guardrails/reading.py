"""Readers of properties.

The engine wraps properties in proxies that raise as soon as an unknown value is read; `in` reads
the value too. A rule that reads an unknown is skipped in that preview.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

Props = Mapping[str, Any]


def given(props: Props, key: str) -> bool:
    """Whether the program sets the property, even to an unknown value."""
    if not any(name == key for name in props):
        return False
    try:
        return props[key] is not None
    except UnknownValueError:
        return True


def items(props: Props, key: str) -> Sequence[Any]:
    """A list property; empty when unset."""
    return props[key] if given(props, key) else ()


def nested(props: Props, key: str) -> Props:
    """A nested object; empty when unset."""
    return props[key] if given(props, key) else {}


def document(props: Props, key: str) -> dict[str, Any]:
    """A JSON property, such as an IAM policy."""
    found: dict[str, Any] = json.loads(props[key])
    return found


def statements(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of an IAM policy document, which has one or a list."""
    found = policy.get("Statement", [])
    return found if isinstance(found, list) else [found]


def texts(value: str | Sequence[str] | None) -> list[str]:
    """A list from `Action`, `Resource` and other elements that are one text or a list."""
    return [value] if isinstance(value, str) else list(value or [])


def containers(props: Props) -> list[dict[str, Any]]:
    """The containers of a task definition."""
    found: list[dict[str, Any]] = json.loads(props["containerDefinitions"])
    return found


def hosts(listener_rule: Props) -> list[str]:
    """The host headers of a listener rule."""
    conditions = items(listener_rule, "conditions")
    return [host for one in conditions for host in items(nested(one, "hostHeader"), "values")]


def of_type(resources: Sequence[PolicyResource], token: str) -> list[PolicyResource]:
    """The resources of one type."""
    return [found for found in resources if found.resource_type == token]
