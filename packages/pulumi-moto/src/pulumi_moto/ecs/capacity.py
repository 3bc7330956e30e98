"""The capacity provider of the next task, and whether it is Fargate's."""

from collections.abc import Mapping, Sequence

from pulumi_moto.shapes import Params

FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})


def next_provider(strategy: Sequence[Params], running: Mapping[str, int]) -> str:
    """Return the provider of the next task: fill the bases first, then keep the weights' ratio.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-capacity-providers.html
    `running` is the number of tasks by provider. A weight of 0 gets tasks by its base only.
    """
    for item in strategy:
        if running.get(item["capacityProvider"], 0) < int(item.get("base") or 0):
            return str(item["capacityProvider"])

    def load(item: Params) -> float:
        beyond = running.get(item["capacityProvider"], 0) - int(item.get("base") or 0)
        weight = int(item.get("weight") or 0)
        return (beyond + 1) / weight if weight else float("inf")

    return str(min(strategy, key=load)["capacityProvider"])


def is_fargate(strategy: Sequence[Params], launch_type: str | None) -> bool:
    """Return whether Fargate runs the task; container instances are not emulated."""
    names = {item["capacityProvider"] for item in strategy}
    return names <= FARGATE if names else launch_type == "FARGATE"
