"""The rows behind `pulumi.runtime.Mocks`: a program deploys into moto without the engine."""

from collections.abc import Callable
from typing import Any, NoReturn

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc

from emulator import lifecycle
from emulator.awsx.plan import Planned, Ref, outputs, plan
from emulator.registry import row_for
from emulator.row import Client

VPC = "awsx:ec2:Vpc"
SEED = b"mocks"
"""Names are the same in every run, so that a test can say them."""


class InputRefusedError(Exception):
    """The rows don't carry an input; the message says where to add it."""


class AccountMocks(Mocks):
    """Creates what is registered, through the same rows as the real engine's provider.

    `client_of` gives a boto3 client by service name; `created` keeps each resource's state.
    """

    def __init__(self, client_of: Callable[[str], Client]) -> None:
        self._client_of = client_of
        self.created: dict[str, dict[str, Any]] = {}
        """State by logical name and type: `vpc::aws:ec2/vpc:Vpc`."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = as_sent(args.inputs)
        if args.typ == VPC:
            return args.name, self._vpc(args.name, inputs)
        if args.custom is False:
            return "", inputs
        return self._create(args.typ, args.name, inputs)

    def call(self, args: MockCallArgs) -> NoReturn:
        raise NotImplementedError(f"{args.token}: the program makes no look-ups.")

    def _create(self, token: str, name: str, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        row = row_for(token)
        inputs, failures = lifecycle.check(row, name, {}, given, SEED)
        if failures:
            raise InputRefusedError(" ".join(failures))
        client = None if row.client is None else self._client_of(row.client)
        physical_id, state = lifecycle.create(row, client, inputs)
        self.created[f"{name}::{token}"] = {**state, "id": physical_id}
        return physical_id, state

    def _vpc(self, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """What awsx would register, created in the order of its references."""
        children: list[Planned] = plan(name, inputs)
        made: dict[str, dict[str, Any]] = {}

        def resolve(value: object) -> Any:
            if isinstance(value, Ref):
                return made[value.key][value.output]
            if isinstance(value, dict):
                return {key: resolve(item) for key, item in value.items()}
            return [resolve(item) for item in value] if isinstance(value, list) else value

        for child in children:
            physical_id, state = self._create(child.token, child.name, resolve(child.inputs))
            made[child.key] = {**state, "id": physical_id}
        resolved: dict[str, Any] = resolve(outputs(name, children))
        return resolved


def as_sent(value: Any) -> Any:
    """What a program wrote, of what mocks receive.

    A secret comes in Pulumi's signed envelope and every number as a float; the account needs what
    is inside, and whole numbers as boto3 wants them.
    """
    if rpc.is_rpc_secret(value):
        return as_sent(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: as_sent(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [as_sent(item) for item in value] if isinstance(value, list) else value
