"""The pause in a service's deployment configuration: add one, and remove exactly that one.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        DeploymentConfigurationOutputTypeDef as Configuration,
    )
    from mypy_boto3_ecs.type_defs import (
        DeploymentLifecycleHookOutputTypeDef as Hook,
    )

PAUSE: Final = "PAUSE"
STAGE: Final = "POST_TEST_TRAFFIC_SHIFT"
BEFORE_PRODUCTION = frozenset({STAGE, "PRE_PRODUCTION_TRAFFIC_SHIFT"})
"""In both stages the green host serves the new colour, and users get the old one."""
SHORTEST_MINUTES, LONGEST_MINUTES = 1, 20160
"""AWS's limits of timeoutInMinutes: two weeks at most."""


def pausing(minutes: int) -> "Hook":
    """A pause of at most `minutes`; without an answer ECS rolls the deployment back."""
    return {
        "targetType": PAUSE,
        "lifecycleStages": [STAGE],
        "timeoutConfiguration": {"timeoutInMinutes": minutes, "action": "ROLLBACK"},
    }


def pauses(configuration: "Configuration") -> bool:
    """Whether deployments pause before production traffic shifts."""
    return any(
        hook.get("targetType") == PAUSE and BEFORE_PRODUCTION & set(hook["lifecycleStages"])
        for hook in _of(configuration)
    )


def held(
    configuration: "Configuration",
    hooks: Iterable["Hook"],
) -> "list[Hook]":
    """Those of `hooks` that the configuration has."""
    return [hook for hook in hooks if any(_same(hook, one) for one in _of(configuration))]


def replaced(
    configuration: "Configuration",
    *,
    out: Iterable["Hook"],
    into: Iterable["Hook"],
) -> "Configuration":
    """The configuration with the hooks `into` instead of `out`.

    An empty list is sent, too: if it is absent, ECS keeps the old hooks.
    """
    out = list(out)
    left = [one for one in _of(configuration) if not any(_same(hook, one) for hook in out)]
    return {**configuration, "lifecycleHooks": [*left, *into]}


def _of(
    configuration: "Configuration",
) -> "list[Hook]":
    return list(configuration.get("lifecycleHooks") or [])


def _same(ours: "Hook", theirs: "Hook") -> bool:
    """Whether their common keys agree: ECS may describe further ones."""
    return all(theirs.get(key) == value for key, value in ours.items())
