"""The record of what `start` changed in a service, so that `switch` and `abort` undo that.

A pause hook has no name: only the record distinguishes an added hook from one in the service's own
configuration (docs/decisions/bluegreen.md).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.bluegreen import hooks
from arbor.ecs import services
from arbor.ecs.services import Service
from arbor.procedure import Step
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        DeploymentConfigurationOutputTypeDef as Configuration,
    )
    from mypy_boto3_ecs.type_defs import (
        DeploymentLifecycleHookOutputTypeDef as Hook,
    )

AT_ONCE = 10
"""Parameters in one call of get_parameters."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A version under test in one service; kept in Systems Manager as JSON."""

    version: str
    revision: str
    """The task definition's ARN."""
    added: "list[Hook]"
    """Pauses that `start` may have added to the service's configuration."""
    by: str
    """The ARN of the caller."""


def read(account: Account, apps: Sequence[str]) -> dict[str, Record]:
    """The records by application; a service without a test has none."""
    names = {naming.under_test(account.stack, app): app for app in apps}
    ssm, each = account.client("ssm"), list(names)
    found = [
        one
        for begin in range(0, len(each), AT_ONCE)
        for one in ssm.get_parameters(Names=each[begin : begin + AT_ONCE])["Parameters"]
    ]
    return {names[one["Name"]]: Record(**json.loads(one["Value"])) for one in found}


def write(service: Service, record: Record) -> None:
    """Write the record; it replaces an older one."""
    service.account.client("ssm").put_parameter(
        Name=naming.under_test(service.account.stack, service.app),
        Value=json.dumps(asdict(record)),
        Type="String",
        Overwrite=True,
    )


def undo(service: Service, record: Record) -> Iterator[Step]:
    """Remove the added pause, then the record; this starts no deployment.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
    """

    def configuration() -> "Configuration":
        return services.read(service.account, service.app).configuration

    def remove() -> None:
        service.account.client("ecs").update_service(
            cluster=service.account.cluster,
            service=service.name,
            deploymentConfiguration=hooks.replaced(configuration(), out=record.added, into=[]),
        )

    if hooks.held(configuration(), record.added):
        yield Step(
            action=f"remove the added pause from {service.name}",
            do=remove,
            took_effect=lambda: not hooks.held(configuration(), record.added),
        )
    yield Step(
        action=f"delete the record of the test of {record.version} on {service.name}",
        do=lambda: _delete(service),
        took_effect=lambda: not read(service.account, [service.app]),
    )


def _delete(service: Service) -> None:
    ssm = service.account.client("ssm")
    try:
        ssm.delete_parameter(Name=naming.under_test(service.account.stack, service.app))
    except ssm.exceptions.ParameterNotFound:
        return  # a repeated call
