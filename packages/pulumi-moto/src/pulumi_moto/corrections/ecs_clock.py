"""The account catches up with its clock before it answers anything, one call after the other.

moto's backends are plain dictionaries that no lock guards, and operations ask side by side.
"""

import threading
from typing import Any

from moto.core.responses import BaseResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.ecs.settle import settle

ONE_AT_A_TIME = threading.RLock()
"""A call may make others, as ECS asks for target groups."""


@corrects(
    BaseResponse,
    "call_action",
    call="every call",
    moto="lets no time pass: a deployment, a draining service or a task stays as it is",
    aws="goes on by itself; each call sees, and changes, what is there by then",
)
def call_action(original: Replacement, self: BaseResponse) -> Any:
    with ONE_AT_A_TIME:
        settle()
        return original(self)
