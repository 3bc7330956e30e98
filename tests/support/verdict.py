"""Run one rule of the policy pack, through the engine's proxies of properties."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import pulumi
from pulumi.runtime import config as pulumi_config
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.proxy import unknown_checking_proxy

from guardrails.rule import Rule, StackRule

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The value of an unknown text in a preview."""


ACCOUNT = "123456789012"
"""The stack's account, unless a test configures another one."""


def options(*, protect: bool = False) -> PolicyResourceOptions:
    return PolicyResourceOptions(protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


def violations(
    rule: Rule,
    props: Mapping[str, Any],
    *,
    token: str | None = None,
    name: str = "it",
    stack: str = "production",
    environment: str | None = None,
) -> list[str]:
    """The violations of a resource rule; the environment is the stack's name by default."""
    token = token or rule.token
    found: list[str] = []
    args = ResourceValidationArgs(
        resource_type=token,
        props=unknown_checking_proxy(dict(props)),
        urn=f"urn:pulumi:{stack}::arbor::{token}::{name}",
        name=name,
        opts=options(),
        provider=None,
    )
    with stack_named(stack, environment or stack):
        rule.policy().validate(args, _into(found))
    return found


def resource(
    token: str, name: str, props: Mapping[str, Any] | None = None, *, protect: bool = False
) -> PolicyResource:
    """One resource of a stack, as a stack rule receives it."""
    return PolicyResource(
        token,
        unknown_checking_proxy(dict(props or {})),
        f"urn:pulumi:production::arbor::{token}::{name}",
        name,
        options(protect=protect),
        None,
        None,
        [],
        {},
    )


def pointing(source: PolicyResource, path: str, *targets: PolicyResource) -> PolicyResource:
    """The resource, with an unknown input that refers to these others."""
    key, *below = path.split(".")
    source.property_dependencies[key] = list(targets)
    if targets and key not in list(source.props):
        value: Any = [UNKNOWN] * len(targets)
        for name in reversed(below):
            value = {name: value}
        proxied = unknown_checking_proxy({key: value})
        source.props[key] = proxied[key]  # type: ignore[index] # the proxy takes it
    return source


def stack_violations(
    rule: StackRule,
    *resources: PolicyResource,
    stack: str = "production",
    environment: str | None = None,
) -> list[str]:
    """The violations of a stack rule in these resources."""
    found: list[str] = []
    with stack_named(stack, environment or stack):
        rule.policy().validate(StackValidationArgs(list(resources)), _into(found))
    return found


@contextmanager
def stack_named(stack: str, environment: str | None) -> Iterator[None]:
    """The engine passes the stack's name and config to the pack."""
    before = dict(pulumi_config.CONFIG.get())
    pulumi.runtime.set_mocks(_NoMocks(), project="arbor", stack=stack, preview=True)
    config = {"arbor:environment": environment} if environment else {}
    others = {key: value for key, value in before.items() if key != "arbor:environment"}
    pulumi.runtime.set_all_config({"arbor:accountId": ACCOUNT, **others, **config})
    try:
        yield
    finally:
        pulumi.runtime.set_all_config(before)


def _into(found: list[str]) -> Callable[[str, str | None], None]:
    def report(message: str, _urn: str | None = None) -> None:
        found.append(message)

    return report


class _NoMocks(pulumi.runtime.Mocks):
    """Rules register nothing and call nothing."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> NoReturn:
        raise AssertionError(args.typ)

    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        raise AssertionError(args.token)
