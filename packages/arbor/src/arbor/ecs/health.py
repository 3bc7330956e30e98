"""Health of a service: its tasks, the targets with production traffic, its public URL."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from arbor.account import Account
from arbor.ecs import report, services
from arbor.ecs.services import Service
from arbor.procedure import Failed, Step
from arbor.words import counted

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import RuleConditionOutputTypeDef, RuleTypeDef

GREEN = "green."
ATTEMPTS = 6
SECONDS = 10.0
Opener = report.Opener


@dataclass(kw_only=True)
class Health:
    """The health of a service that should run one revision."""

    service: Service
    revision: Callable[[], str]
    found: str = ""

    def step(self) -> Step:
        return Step(
            action=f"wait until all tasks of {self.service.name} run the revision and all targets "
            "are healthy",
            took_effect=self._is_healthy,
            shows=lambda: self.found,
        )

    def _is_healthy(self) -> bool:
        desired, running = self._tasks()
        healthy, targets = healthy_targets(self.service.account, live_groups(self.service))
        self.found = (
            f"{self.service.name}: {running} of {counted(desired, 'task')} running the revision, "
            f"{healthy} of {counted(targets, 'target')} healthy"
        )
        return running == desired and healthy == targets >= desired

    def _tasks(self) -> tuple[int, int]:
        """The desired count, and the number of tasks that run the revision."""
        account = self.service.account
        ecs, cluster = account.client("ecs"), account.cluster
        desired = services.read(account, self.service.app).desired
        arns = ecs.list_tasks(cluster=cluster, serviceName=self.service.name)["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        running = [
            task
            for task in tasks
            if task["lastStatus"] == "RUNNING" and task["taskDefinitionArn"] == self.revision()
        ]
        return desired, len(running)


def healthy_targets(account: Account, groups: Iterable[str]) -> tuple[int, int]:
    """The number of healthy targets in the groups, and of all that aren't draining."""
    elb = account.client("elbv2")
    states = [
        target["TargetHealth"]["State"]
        for group in groups
        for target in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    ]
    staying = [state for state in states if state != "draining"]
    return staying.count("healthy"), len(staying)


def live_groups(service: Service) -> list[str]:
    """The target groups with production traffic, by the weights of the production rule."""
    rule = production_rule(service)
    (forward,) = [action for action in rule["Actions"] if action["Type"] == "forward"]
    groups = forward["ForwardConfig"]["TargetGroups"]
    return [group["TargetGroupArn"] for group in groups if group["Weight"] > 0]


def production_rule(service: Service) -> "RuleTypeDef":
    """The listener rule that sends users to the service."""
    elb = service.account.client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[service.production_rule])["Rules"]
    return rule


def host(service: Service) -> str:
    """The service's public domain. Raises Failed if its production rule has none."""
    return host_of(production_rule(service), service.name)


def host_of(rule: "RuleTypeDef", name: str) -> str:
    """The host of a production rule. Raises Failed if it has none."""
    if hosts := values(rule, "host-header"):
        return hosts[0]
    raise Failed(f"The production rule of {name} has no host; `pulumi up` restores it.")


def check_path(service: Service) -> str:
    """The path that the load balancer requests from each task: its target group's health check."""
    elb = service.account.client("elbv2")
    arn = service.balancers[0]["targetGroupArn"]
    (group,) = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    return str(group.get("HealthCheckPath") or report.PAGE)


def address(service: Service, rule: "RuleTypeDef", *, green: bool = False) -> str | None:
    """The public URL of the service's health check; None if its rule doesn't forward that path.

    A path pattern may contain `*` and `?`:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
    """
    path, patterns = check_path(service), values(rule, "path-pattern")
    if patterns and not any(_matches(pattern, path) for pattern in patterns):
        return None
    return f"https://{GREEN if green else ''}{host_of(rule, service.name)}{path}"


def values(rule: "RuleTypeDef", field: Literal["host-header", "path-pattern"]) -> list[str]:
    """The values of a rule's condition on hosts or paths; empty if it has none."""

    def of(condition: "RuleConditionOutputTypeDef") -> list[str]:
        if field == "host-header":
            return condition.get("HostHeaderConfig", condition)["Values"]
        return condition.get("PathPatternConfig", condition)["Values"]

    return [
        value
        for condition in rule["Conditions"]
        if condition["Field"] == field
        for value in of(condition)
    ]


def _matches(pattern: str, path: str) -> bool:
    wildcards = {"*": ".*", "?": "."}
    return re.fullmatch("".join(wildcards.get(c, re.escape(c)) for c in pattern), path) is not None


def url_steps(
    released: Sequence[Service], opener: Opener, sleep: Callable[[float], None]
) -> Iterator[Step]:
    """A step for each service with a public URL; for the others, the targets suffice."""
    for service in released:
        if (url := address(service, production_rule(service))) is not None:
            yield Step(action=f"check {url}", took_effect=partial(check_url, url, opener, sleep))


def check_url(url: str, opener: Opener, sleep: Callable[[float], None]) -> bool:
    """Retry until the URL answers 200 and reports healthy, stores included. Raises Failed."""
    import tenacity  # noqa: PLC0415 - slow, and --help is fast

    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(max=SECONDS),
        retry=tenacity.retry_if_exception_type(Failed),
        sleep=sleep,
        reraise=True,
    )
    attempts(_check_once, url, opener)
    return True


def _check_once(url: str, opener: Opener) -> None:
    if why := report.request(url, opener).summary:
        raise Failed(f"{url} {why}.")


def get(address: str) -> tuple[int, str]:
    """Over HTTPS, following redirects; an error status is an answer."""
    request = urllib.request.Request(address, headers={"User-Agent": "arbor-operations"})  # noqa: S310 - https
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - https
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
