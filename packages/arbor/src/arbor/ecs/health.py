"""Whether what was released serves: its tasks, the targets of the live colour, the public URL."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from arbor.ecs import report
from arbor.ecs.services import Service
from arbor.procedure import Failed, Step
from arbor.words import counted

PATHS = {"backend": "/api/v1/health", "frontend": report.PAGE}
ATTEMPTS = 6
SECONDS = 10.0
Opener = report.Opener


@dataclass(kw_only=True)
class Health:
    """Of one service, which is to run one revision."""

    service: Service
    revision: Callable[[], str]
    found: str = ""

    def step(self) -> Step:
        return Step(
            says=f"see that all tasks of {self.service.name} run it and all targets are healthy",
            took_effect=self._is_healthy,
            shows=lambda: self.found,
        )

    def _is_healthy(self) -> bool:
        desired, running = self._tasks()
        healthy, targets = self._targets()
        self.found = (
            f"{self.service.name}: {running} of {counted(desired, 'task')} running it, "
            f"{healthy} of {counted(targets, 'target')} healthy"
        )
        return running == desired and healthy == targets >= desired

    def _tasks(self) -> tuple[int, int]:
        """How many there should be, and how many run the revision."""
        account = self.service.account
        ecs, cluster = account.client("ecs"), account.cluster
        (now,) = ecs.describe_services(cluster=cluster, services=[self.service.name])["services"]
        arns = ecs.list_tasks(cluster=cluster, serviceName=self.service.name)["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        running = [
            task
            for task in tasks
            if task["lastStatus"] == "RUNNING" and task["taskDefinitionArn"] == self.revision()
        ]
        return int(now["desiredCount"]), len(running)

    def _targets(self) -> tuple[int, int]:
        """Healthy ones, and all but those that are leaving."""
        elb = self.service.account.client("elbv2")
        states = [
            target["TargetHealth"]["State"]
            for group in live_groups(self.service)
            for target in elb.describe_target_health(TargetGroupArn=group)[
                "TargetHealthDescriptions"
            ]
        ]
        staying = [state for state in states if state != "draining"]
        return staying.count("healthy"), len(staying)


def live_groups(service: Service) -> list[str]:
    """The target groups with production traffic: the rule's weights say which colour is live."""
    elb = service.account.client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[service.production_rule])["Rules"]
    (forward,) = [action for action in rule["Actions"] if action["Type"] == "forward"]
    groups = forward["ForwardConfig"]["TargetGroups"]
    return [group["TargetGroupArn"] for group in groups if group["Weight"] > 0]


def host(service: Service) -> str:
    """The domain under which users reach it, as its production rule says."""
    elb = service.account.client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[service.production_rule])["Rules"]
    for condition in rule["Conditions"]:
        if condition["Field"] == "host-header":
            values = condition.get("HostHeaderConfig", condition)["Values"]
            return str(values[0])
    raise Failed(f"The production rule of {service.name} has no host; pulumi up puts it back.")


def url_steps(
    services: list[Service], opener: Opener, sleep: Callable[[float], None]
) -> Iterator[Step]:
    """Ask each service as a user would."""
    for service in services:
        address = f"https://{host(service)}{PATHS[service.app]}"
        yield Step(
            says=f"get {address}",
            took_effect=partial(ask, address, opener, sleep),
        )


def ask(address: str, opener: Opener, sleep: Callable[[float], None]) -> bool:
    """Whether it answers 200 and reports itself healthy, its stores included; raises Failed."""
    import tenacity  # noqa: PLC0415 - slow, and --help is fast

    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(max=SECONDS),
        retry=tenacity.retry_if_exception_type(Failed),
        sleep=sleep,
        reraise=True,
    )
    attempts(_ask_once, address, opener)
    return True


def _ask_once(address: str, opener: Opener) -> None:
    if why := report.ask(address, opener).why:
        raise Failed(f"{address} {why}.")


def get(address: str) -> tuple[int, str]:
    """Over HTTPS, following redirects; an error status is an answer."""
    request = urllib.request.Request(address, headers={"User-Agent": "arbor-operations"})  # noqa: S310 - https
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - https
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
