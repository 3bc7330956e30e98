"""Helpers of the tests of releases, rollbacks and restarts."""

from collections.abc import Callable

from arbor.release import release
from ecs_world import client
from staging_fixtures import CLUSTER, NEW, Staging, push

NEWER = "v1.2.0"


def when(staging: Staging, line: str, do: Callable[[], object]) -> None:
    """Call `then` once a procedure prints a line with this text."""

    class Output(list[str]):
        def append(self, text: str) -> None:
            super().append(text)
            if line in text and not self.done:
                self.done = True
                do()

        done = False

    staging.output = Output()


def deployed(staging: Staging, *versions: str) -> None:
    """Deploy versions to both services in sequence."""
    for version in versions or (NEW,):
        if version == NEWER:
            push("backend", NEWER)
            push("frontend", NEWER)
        release.plan(staging.account, version, migrates=False, opener=None).execute(staging.run())


def runs(name: str) -> set[str]:
    """The revisions of a service's tasks, as `family:number`."""
    ecs = client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=name)["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    return {task["taskDefinitionArn"].rsplit("/", 1)[-1] for task in tasks}
