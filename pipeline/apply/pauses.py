"""Lifecycle hooks that the program no longer has: deleted from ECS before `up`.

The provider sends no emptied list of hooks, so ECS would keep them, and `up` would wait for a
deployment that pauses. https://github.com/hashicorp/terraform-provider-aws/pull/47096
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.bluegreen import hooks
from arbor.ecs import services
from arbor.procedure import Refused
from arbor.procedure import Step as Action
from pipeline.report.steps import Step, of_type

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentLifecycleHookOutputTypeDef as Hook

ECS_SERVICE = "aws:ecs/service:Service"
LOGICAL = "-service"
"""The suffix of an ECS service's logical name."""


def without_pause(steps: list[Step]) -> list[str]:
    """The services whose deployments pause until this `up` removes their hook."""
    return [
        step.name.removesuffix(LOGICAL)
        for step in of_type(steps, ECS_SERVICE, "update")
        if _hooks(step.old) and not _hooks(step.new)
    ]


def actions(account: Account, steps: list[Step]) -> Iterator[Action]:
    """Delete the hooks that ECS has. Raises Refused during a deployment."""
    for app in without_pause(steps):
        service = services.read(account, app)
        held = list(service.configuration.get("lifecycleHooks") or [])
        if not held:
            continue
        if busy := list(service.busy()):
            raise Refused("\n".join(busy))
        yield Action(
            action=f"delete the PAUSE hook of {service.name}, which the provider keeps",
            do=partial(_take_out, service, held),
            took_effect=partial(_is_out, account, app),
        )


def _is_out(account: Account, app: str) -> bool:
    return not services.read(account, app).configuration.get("lifecycleHooks")


def _take_out(service: services.Service, held: "list[Hook]") -> None:
    service.account.client("ecs").update_service(
        cluster=service.account.cluster,
        service=service.name,
        deploymentConfiguration=hooks.replaced(service.configuration, out=held, into=[]),
    )


def _hooks(inputs: object) -> bool:
    configured = inputs.get("deploymentConfiguration") if isinstance(inputs, dict) else None
    return bool((configured or {}).get("lifecycleHooks"))
