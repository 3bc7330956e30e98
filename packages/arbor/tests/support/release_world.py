"""What the tests of releases, rollbacks and restarts share beside `operations_world`."""

from collections.abc import Callable

from arbor.release import release
from ecs_world import client
from operations_world import CLUSTER, NEW, World, push

NEWER = "v1.2.0"


def when(world: World, line: str, do: Callable[[], object]) -> None:
    """Let something happen once a procedure has said a line."""

    class Said(list[str]):
        def append(self, said: str) -> None:
            super().append(said)
            if line in said and not self.done:
                self.done = True
                do()

        done = False

    world.said = Said()


def deployed(world: World, *versions: str) -> None:
    """Both services, one version after the other."""
    for version in versions or (NEW,):
        if version == NEWER:
            push("backend", NEWER)
            push("frontend", NEWER)
        release.plan(world.account, version, migrates=False, opener=None).execute(world.run())


def runs(name: str) -> set[str]:
    """The revisions of a service's tasks, as `family:number`."""
    ecs = client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=name)["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    return {task["taskDefinitionArn"].rsplit("/", 1)[-1] for task in tasks}
