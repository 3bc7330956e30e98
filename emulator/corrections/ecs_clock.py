"""The account catches up with its clock before it answers anything."""

from typing import Any

from moto.core.responses import BaseResponse

from emulator.correction import Replacement, corrects
from emulator.ecs.settle import settle


@corrects(
    BaseResponse,
    "call_action",
    call="every call",
    moto="lets no time pass: a deployment, a draining service or a task stays as it is",
    aws="goes on by itself; each call sees, and changes, what is there by then",
)
def call_action(original: Replacement, self: BaseResponse) -> Any:
    settle()
    return original(self)
