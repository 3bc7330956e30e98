"""Policy statements, and the ARNs of the stack's resources by service."""

from collections.abc import Collection, Iterable, Iterator

from access.everywhere import EVERYWHERE
from access.trust import Pipeline, Statement

GLOBAL = {
    "route53": ("arn:aws:route53:::hostedzone/*", "arn:aws:route53:::change/*"),
}
"""Services whose ARNs contain no region and no account."""


def allow(
    actions: Iterable[str], resources: str | Collection[str], **condition: object
) -> Statement:
    """Allow these actions; `condition` is an operator with its keys (`StringEquals={...}`)."""
    return _statement("Allow", actions, resources, condition)


def deny(
    actions: Iterable[str],
    resources: str | Collection[str],
    *,
    not_resource: bool = False,
    **condition: object,
) -> Statement:
    """Deny them on these resources or, with `not_resource`, on all others."""
    return _statement("Deny", actions, resources, condition, not_resource=not_resource)


def scoped(pipeline: Pipeline, actions: Iterable[str]) -> Iterator[Statement]:
    """Allow these actions on resources of the account in the stack's region.

    Actions without resource types get a statement of their own.
    """
    listed = frozenset(actions)
    if nowhere := listed & EVERYWHERE:
        yield allow(nowhere, "*")
    if rest := listed - EVERYWHERE:
        services = sorted({action.partition(":")[0] for action in rest})
        yield allow(
            rest,
            [
                arn
                for service in services
                for arn in GLOBAL.get(service, (f"arn:aws:{service}:{pipeline.location}:*",))
            ],
        )


def of_services(actions: Iterable[str], *services: str) -> frozenset[str]:
    """The actions that belong to these services."""
    return frozenset(action for action in actions if action.partition(":")[0] in services)


def _statement(
    effect: str,
    actions: Iterable[str],
    resources: str | Collection[str],
    condition: dict[str, object],
    *,
    not_resource: bool = False,
) -> Statement:
    arns = [resources] if isinstance(resources, str) else list(resources)
    statement: Statement = {
        "Effect": effect,
        "Action": sorted(set(actions)),
        "NotResource" if not_resource else "Resource": arns[0] if len(arns) == 1 else arns,
    }
    if condition:
        statement["Condition"] = condition
    return statement
