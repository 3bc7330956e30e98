"""Reading properties without touching more than is needed.

The engine wraps them in proxies that raise on an unknown value as soon as it is read, and `in`
reads the value too. A rule that touches an unknown is skipped in that preview.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

Props = Mapping[str, Any]


def given(props: Props, key: str) -> bool:
    """Whether the program sets it, even to a value that isn't known yet."""
    if not any(name == key for name in props):
        return False
    try:
        return props[key] is not None
    except UnknownValueError:
        return True


def items(props: Props, key: str) -> Sequence[Any]:
    """A list property; empty when it isn't set."""
    return props[key] if given(props, key) else ()


def part(props: Props, key: str) -> Props:
    """A nested object; empty when it isn't set."""
    return props[key] if given(props, key) else {}


def document(props: Props, key: str) -> dict[str, Any]:
    """A property that holds JSON, such as an IAM policy."""
    found: dict[str, Any] = json.loads(props[key])
    return found


def statements(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of an IAM policy document, which may be one or a list."""
    found = policy.get("Statement", [])
    return found if isinstance(found, list) else [found]


def texts(value: str | Sequence[str] | None) -> list[str]:
    """`Action`, `Resource` and the like are one text or a list of them."""
    return [value] if isinstance(value, str) else list(value or [])


def containers(props: Props) -> list[dict[str, Any]]:
    """The containers of a task definition."""
    found: list[dict[str, Any]] = json.loads(props["containerDefinitions"])
    return found


def hosts(listener_rule: Props) -> list[str]:
    """For which a listener rule answers."""
    conditions = items(listener_rule, "conditions")
    return [host for one in conditions for host in items(part(one, "hostHeader"), "values")]


def of_type(resources: Sequence[PolicyResource], token: str) -> list[PolicyResource]:
    """The resources of one type."""
    return [found for found in resources if found.resource_type == token]


def pointing_at(resource: PolicyResource, key: str, target: PolicyResource) -> bool:
    """Whether this input comes from that resource; as Pulumi recorded it, as ids may be unknown."""
    sources = resource.property_dependencies.get(key, [])
    return any(source.urn == target.urn for source in sources)


def references(resource: PolicyResource, key: str, token: str) -> set[str]:
    """What this input names: URNs of the resources of that type that it comes from, and ids.

    Ids that aren't known yet are left out, so that a first preview is judged by the URNs.
    """
    sources = resource.property_dependencies.get(key, [])
    urns = {source.urn for source in sources if source.resource_type == token}
    return urns | _known(resource.props, key)


def elsewhere(
    resources: Sequence[PolicyResource], source: PolicyResource, key: str, token: str
) -> set[str]:
    """Ids and ARNs that this input names and that no resource of that type in the stack has."""
    own = {name for found in of_type(resources, token) for name in _names(found)}
    return _known(source.props, key) - own


def _names(resource: PolicyResource) -> set[str]:
    return _known(resource.props, "id") | _known(resource.props, "arn")


def _known(props: Props, key: str) -> set[str]:
    """The texts of an input that are known: the one, or those of the list."""
    found = set[str]()
    with suppress(UnknownValueError):
        value = props[key] if given(props, key) else ()
        if isinstance(value, str):
            return {value}
        for index in range(len(value)):
            with suppress(UnknownValueError):
                found.add(value[index])
    return found
