"""The emulated awsx provider: registers the planned children in the engine."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import InputPropertiesError, provider

from pulumi_moto.awsx.plan import OUTPUTS, Planned, Ref, RefusedError, outputs, plan
from pulumi_moto.row import Props
from pulumi_moto.versions import AWS_VERSION, AWSX_VERSION, sdk_version

VPC = "awsx:ec2:Vpc"
VERSION = sdk_version("pulumi_awsx", otherwise=AWSX_VERSION)


class Child(pulumi.CustomResource):
    """A resource of any type, by token."""

    def __init__(self, planned: Planned, inputs: Props, opts: pulumi.ResourceOptions) -> None:
        wanted = {"allocationId": None} if planned.token.endswith(":Eip") else {}
        super().__init__(planned.token, planned.name, {**inputs, **wanted}, opts)


class Vpc(pulumi.ComponentResource):
    """The component as the engine sees it."""

    def __init__(
        self, name: str, children: list[Planned], opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(VPC, name, {}, opts)
        made: dict[str, Child] = {}

        def resolve(value: object) -> Any:
            if isinstance(value, Ref):
                target = made[value.key]
                return target.id if value.output == "id" else getattr(target, value.output)
            if isinstance(value, Mapping):
                return {key: resolve(item) for key, item in value.items()}
            return [resolve(item) for item in value] if isinstance(value, list) else value

        for child in children:
            parent: pulumi.Resource = made[child.parent] if child.parent else self
            depends = [parent] if child.parent else []
            options = pulumi.ResourceOptions(parent=parent, depends_on=depends, version=AWS_VERSION)
            made[child.key] = Child(child, resolve(child.inputs), options)
        # As in awsx: every output comes from one `pulumi.output(getData())`, and so depends on
        # everything that the data depends on (pulumi-awsx, awsx/ec2/vpc.ts).
        data = pulumi.Output.from_input(resolve(outputs(name, children)))
        self.state = {key: data[key] for key in OUTPUTS}
        self.register_outputs(self.state)


class Awsx(provider.Provider):
    """Implements `construct`, for awsx.ec2.Vpc alone."""

    def __init__(self) -> None:
        super().__init__(VERSION, "{}")

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> provider.ConstructResult:
        if resource_type != VPC:
            raise _refusal("Only awsx.ec2.Vpc is emulated; see pulumi_moto/awsx/plan.py.")
        try:
            children = plan(name, inputs)
        except RefusedError as refused:
            raise _refusal(str(refused)) from refused
        vpc = Vpc(name, children, options)
        return provider.ConstructResult(urn=vpc.urn, state=vpc.state)


def _refusal(sentence: str) -> InputPropertiesError:
    """Return the kind of error that the engine shows without this process's stack trace."""
    return InputPropertiesError(sentence, [])
