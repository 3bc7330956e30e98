"""The program with every value known, for rules that a first preview skips."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.runtime import MockResourceArgs, get_root_resource
from pulumi_policy import PolicyResource

import stack_config
from harness import VPC, Recorder, as_sent, declare
from proof.mutation import Mutation, program
from pulumi_moto.awsx.plan import Ref, outputs, plan
from verdict import resource

NOT_KNOWN_BEFORE_THE_FIRST_UP = frozenset(
    {
        # Documents with ARNs: they are known during the `up`, which runs these rules.
        # in that same `up`.
        "contract-migrations-container",
        "ecs-infrastructure-role",
        "iam-actions",
        "iam-bucket-principal",
        "iam-resources",
        "s3-tls-only",
        "task-log-mode",
        "task-logs",
        "task-no-plain-secret",
        "task-not-privileged",
        "task-not-root",
        "task-pinned-image",
        "task-read-only-root",
        # Which of awsx's subnets contain the data.
        "network-isolated-data",
    }
)
"""Rules that the first preview of a stack skips."""


class _Known(Recorder):
    """Gives each resource an id, and awsx's Vpc its children."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, Any]]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == VPC:
            return f"{args.name}-id", self._vpc(args.name, as_sent(args.inputs))
        physical_id, state = super().new_resource(args)
        self.found.append((args.typ, args.name, {**as_sent(state), "id": physical_id}))
        return physical_id, state

    def _vpc(self, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        children = plan(name, inputs)
        for child in children:
            state = {**_resolved(child.inputs), "id": _id(child.key)}
            self.found.append((child.token, child.name, state))
        found: dict[str, Any] = _resolved(outputs(name, children))
        return found


def resources(stack: str, mutations: Sequence[Mutation] = ()) -> list[PolicyResource]:
    """The program's resources, as a policy receives them after an `up`; without dependencies."""
    recorder = _Known()

    def deploy() -> None:
        stack_config.use(stack)
        before = list(_root()._transformations)  # noqa: SLF001 - the SDK keeps them for all tests
        try:
            program(mutations)()
        finally:
            _root()._transformations = before  # noqa: SLF001 - as above

    declare(deploy, stack=stack, recorder=recorder)
    return [
        _judged(token, name, props, recorder.options.get((token, name)))
        for token, name, props in recorder.found
    ]


def _id(key: str) -> str:
    return f"{key}-id"


def _resolved(value: object) -> Any:
    if isinstance(value, Ref):
        return _id(value.key)
    if isinstance(value, Mapping):
        return {key: _resolved(item) for key, item in value.items()}
    return [_resolved(item) for item in value] if isinstance(value, list) else value


def _root() -> pulumi.Resource:
    root = get_root_resource()
    assert root is not None
    return root


def _judged(
    token: str, name: str, props: dict[str, Any], options: pulumi.ResourceOptions | None
) -> PolicyResource:
    made = resource(token, name, props, protect=bool(options and options.protect))
    if options is not None:
        made.opts.ignore_changes = list(options.ignore_changes or ())
    return made
