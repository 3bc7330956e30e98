"""The resources that an input refers to.

Pulumi records the resources that an input's value depends on. A dependency is not a reference:
each output of awsx's Vpc depends on the VPC and on all of its subnets, because its provider derives
them from one `pulumi.output(getData())` (pulumi-awsx, awsx/ec2/vpc.ts). So known ids decide. In the
preview of a create the ids are unknown, and each stands for one dependency of the right type; if
there are more such dependencies than unknown ids, the rule is skipped in that preview, as for any
other unknown (docs/decisions/rules-that-wait-for-the-first-up.md).

An input is a path such as `networkConfiguration.securityGroups`, which covers every item of a list.
"""

from collections.abc import Iterator, Mapping, Sequence

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from guardrails.reading import of_type

NAMES = ("id", "arn", "name", "bucket")
"""Outputs by which another resource's input can refer to this one."""
Resources = Sequence[PolicyResource]


def named(resources: Resources, source: PolicyResource, path: str, token: str) -> set[str]:
    """References of an input: URNs of the stack's resources of that type, and other ids.

    Raises UnknownValueError if it is undecided which of several resources is meant.
    """
    texts, unknown = _values(source, path)
    possible = depended_on(source, path, token)
    by_name = {name: one.urn for one in of_type(resources, token) for name in _names(one)}
    found = {by_name.get(text, text) for text in texts}
    if unknown and len(possible - found) > unknown:
        raise UnknownValueError(UNKNOWN_STRING_VALUE, path.split("."))
    return found | possible if unknown else found


def names(resources: Resources, source: PolicyResource, path: str, target: PolicyResource) -> bool:
    """Whether an input refers to that resource. Raises UnknownValueError as `named` does."""
    texts, unknown = _values(source, path)
    possible = depended_on(source, path, target.resource_type)
    if texts & _names(target):
        return True
    if not unknown or target.urn not in possible:
        return False
    return target.urn in named(resources, source, path, target.resource_type)


def elsewhere(resources: Resources, source: PolicyResource, path: str, token: str) -> set[str]:
    """Ids and ARNs in an input that belong to no resource of that type in the stack."""
    own = {name for found in of_type(resources, token) for name in _names(found)}
    return known(source, path) - own


def known(source: PolicyResource, path: str) -> set[str]:
    """The known texts of an input."""
    return _values(source, path)[0]


def depended_on(source: PolicyResource, path: str, token: str) -> set[str]:
    """URNs of the resources of that type that an input's value depends on."""
    sources = source.property_dependencies.get(path.split(".", 1)[0], [])
    return {one.urn for one in sources if one.resource_type == token}


def _names(resource: PolicyResource) -> set[str]:
    return {text for key in NAMES for text in known(resource, key)}


def _values(resource: PolicyResource, path: str) -> tuple[set[str], int]:
    """The known texts at a path, and the number of unknown values."""
    found = list(_reached(resource.props, path.split(".")))
    return {text for text in found if text is not None}, found.count(None)


def _reached(value: object, path: Sequence[str]) -> Iterator[str | None]:
    """Every text at the end of a path; None for each unknown value."""
    if isinstance(value, str):
        if not path:
            yield value
    elif isinstance(value, Sequence):
        for index in range(len(value)):
            yield from _item(value, index, path)
    elif isinstance(value, Mapping) and path and path[0] in list(value):
        yield from _item(value, path[0], path[1:])


def _item(
    holder: Sequence[object] | Mapping[str, object], key: int | str, path: Sequence[str]
) -> Iterator[str | None]:
    try:
        value = holder[key]  # type: ignore[index] # the key fits its holder
    except UnknownValueError:
        yield None
    else:
        yield from _reached(value, path)
