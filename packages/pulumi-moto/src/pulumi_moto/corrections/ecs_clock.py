"""Each call first brings the account up to its clock; calls run one at a time.

moto's backends are dictionaries without locks, and callers use threads.
"""

import threading

from moto.core.responses import BaseResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.ecs.settle import settle

ONE_AT_A_TIME = threading.RLock()
"""Reentrant: a call may make others, as ECS reads target groups."""


@corrects(
    BaseResponse,
    call="every call",
    moto="has no clock: a deployment, a draining service or a task stays as it is",
    aws="deployments, services and tasks progress with time",
)
def call_action(original: Replacement, self: BaseResponse) -> object:
    with ONE_AT_A_TIME:
        settle()
        return original(self)
