"""The errors of a state that the engine refuses, and whether `pulumi state repair` fixes them.

Repair sorts the resources by their dependencies and drops references to missing resources. It
leaves a valid state unchanged, and one that it can't make valid: https://www.pulumi.com/docs/iac/cli/commands/pulumi_state_repair/
A resource whose parent is missing gets another URN
(https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/snapshot.go, Prune): the next `up`
would create the program's resource and delete this one. So such a repair is refused.
"""

from collections.abc import Iterator, Sequence

from pipeline.operate.state import Resource
from pipeline.report.report import name_of


def orphans(resources: Sequence[Resource]) -> list[str]:
    """A sentence for each resource that a repair would rename, or can't fix."""
    urns = {one["urn"] for one in resources}
    providers = {f"{one['urn']}::{one.get('id', '')}" for one in resources}
    found = []
    for one in resources:
        parent, provider = one.get("parent"), one.get("provider")
        if parent and parent not in urns:
            found.append(
                f"{name_of(one['urn'])} lost its parent {name_of(parent)}: a repair would "
                "change its URN, and the next `up` would replace it."
            )
        if provider and provider not in providers:
            found.append(
                f"{name_of(one['urn'])} lost its provider {name_of(provider.rpartition('::')[0])}, "
                "which a repair can't restore."
            )
    return found


def repairable(resources: Sequence[Resource]) -> list[str]:
    """A sentence for each error that a repair fixes."""
    urns = {one["urn"] for one in resources}
    seen: set[str] = set()
    found = []
    for one in resources:
        name = name_of(one["urn"])
        wanted = set(_references(one))
        found += [
            f"{name} refers to {name_of(urn)}, which is not in the state: the reference is dropped."
            for urn in sorted(wanted - urns)
        ]
        if late := sorted(name_of(urn) for urn in (wanted & urns) - seen - {one["urn"]}):
            found.append(f"{name} is listed before {', '.join(late)}: the order is corrected.")
        seen.add(one["urn"])
    return found


def _references(one: Resource) -> Iterator[str]:
    """URNs that must be listed before a resource, except a missing parent or provider."""
    yield from one.get("dependencies") or ()
    for urns in (one.get("propertyDependencies") or {}).values():
        yield from urns or ()
    if deleted_with := one.get("deletedWith"):
        yield deleted_with
    if parent := one.get("parent"):
        yield parent
    if provider := one.get("provider"):
        yield provider.rpartition("::")[0]
