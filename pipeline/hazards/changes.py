"""Changes that a live stack can't take in one `up`, refused before the engine starts.

Each refusal is one sentence with the procedure of docs/runbook.md that makes the change.
docs/decisions/refused-changes.md has the reasons.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from arbor.account import Account
from pipeline.hazards import present, roles, stores
from pipeline.report.steps import UNKNOWN, Step, of_type

ECS_SERVICE: Final = "aws:ecs/service:Service"
CLUSTER: Final = "aws:ecs/cluster:Cluster"
LISTENER_RULE: Final = "aws:lb/listenerRule:ListenerRule"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
REPOSITORY: Final = "aws:ecr/repository:Repository"
SUBNET: Final = "aws:ec2/subnet:Subnet"
NETWORK: Final = frozenset({"aws:ec2/vpc:Vpc", SUBNET})
SERVES: Final = frozenset(
    {
        CLUSTER,
        ECS_SERVICE,
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:lb/listener:Listener",
        LISTENER_RULE,
        "aws:lb/targetGroup:TargetGroup",
    }
)
"""Types through which users reach the application."""
TEST_RULE: Final = "-test"
"""The suffix of a service's test rule, which has the priority in config."""

ELSEWHERE: Final = "Move to Another Stack"
OWN_ROLES: Final = "Change the Pipeline's Own Roles"
UPGRADE: Final = "database-upgrade"
WAITING: Final = "waiting-changes"
NOTHING: Final = "nothing"
"""The value of `--allow` in an automatic run."""
FIRST_START: Final = "first-start"
ALLOWABLE: Final = (UPGRADE, WAITING, FIRST_START)
"""The values of `apply --allow`: possible changes with an outage or another high cost."""

Check = Callable[[list[Step], Account], Iterator[str]]


@dataclass(frozen=True, kw_only=True)
class Hazard:
    """One kind of change that needs a procedure."""

    name: str
    check: Check
    """Yields a sentence for each instance: the value and the effect."""
    procedure: str
    """The heading in docs/runbook.md of the procedure."""
    allow: str = ""
    """The value of `apply --allow` that permits it; empty if none does."""


def refusals(steps: list[Step], account: Account, allowed: Collection[str] = ()) -> list[str]:
    """A sentence for each refused change.

    `allowed` are the values of `--allow`. A preview allows all, and `needs_allow` lists them.
    """
    return [
        f'{found} Follow "{hazard.procedure}" in docs/runbook.md'
        + (f", which ends with --allow {hazard.allow}." if hazard.allow else ".")
        for hazard in HAZARDS
        if hazard.allow not in allowed
        for found in hazard.check(steps, account)
    ]


def protections(failure: str) -> list[str]:
    """A sentence for each protected resource for which a preview failed."""
    return [
        f'{found} Follow "{ELSEWHERE}" in docs/runbook.md.' for found in stores.protected(failure)
    ]


def needs_allow(steps: list[Step], account: Account) -> list[str]:
    """A sentence for each change that `apply` makes only with `--allow`."""
    return [
        f'{found} `apply` refuses it without --allow {hazard.allow}: "{hazard.procedure}" in '
        "docs/runbook.md."
        for hazard in HAZARDS
        if hazard.allow in ALLOWABLE
        for found in hazard.check(steps, account)
    ]


def _first_start(steps: list[Step], _account: Account) -> Iterator[str]:
    """A stack that is created in one `up`: docs/decisions/first-start.md."""
    created = [step.name for step in of_type(steps, ECS_SERVICE, "create")]
    if created and any(of_type(steps, CLUSTER, "create")):
        names = " and ".join(sorted(created))
        yield (
            f"{names} would start before the database is migrated, and would create "
            "tables that the migrations refuse."
        )


def _network(steps: list[Step], _account: Account) -> Iterator[str]:
    for step in steps:
        if step.token in NETWORK and step.op in {"replace", "delete"}:
            keys = f" ({', '.join(step.keys)})" if step.keys else ""
            yield (
                f"{step.name} would be {_gone(step)}{keys}, with the database, the cache and "
                "the load balancer in it: restore vpcCidr, zones and the three lists of CIDR "
                "blocks. Add a zone at the end of the lists only."
            )


def _serves(steps: list[Step], _account: Account) -> Iterator[str]:
    for step in steps:
        if step.token in SERVES and step.op == "replace":
            yield (
                f"{step.name} would be replaced ({', '.join(step.keys)}), and users reach the "
                "application through it."
            )


def _priorities(steps: list[Step], _account: Account) -> Iterator[str]:
    """ELB can't swap two priorities, and the engine changes both rules at once."""
    rules = [s for s in of_type(steps, LISTENER_RULE) if s.name.endswith(TEST_RULE)]
    holders = {_number(s.old.get("priority")): s for s in rules if s.op != "create"}
    for step in rules:
        wanted = _number(step.new.get("priority")) if step.op in {"create", "update"} else None
        holder = holders.get(wanted)
        if wanted is not None and holder is not None and holder.urn != step.urn:
            app, other = (s.name.removesuffix(TEST_RULE) for s in (step, holder))
            yield (
                f"arbor:services.{app}.priority is {wanted}, the priority of {other} until this "
                "change is done: two listener rules can't share a priority."
            )


def _ports(steps: list[Step], account: Account) -> Iterator[str]:
    for step in of_type(steps, INGRESS, "delete"):
        app, door, port = step.name.removesuffix("-in").partition("-door-")
        if door and not _deleted(steps, app) and present.live_port(account, app) == int(port):
            yield (
                f"{app} would lose its access on port {port}, on which its live version listens: "
                f"arbor:services.{app} needs previousPort: {port} until a version that listens on "
                "the new port is live."
            )


def _stores(steps: list[Step], _account: Account) -> Iterator[str]:
    for step in of_type(steps, EGRESS, "delete"):
        for store in ("database", "cache"):
            app, found, _ = step.name.partition(f"-task-{store}-out")
            if found and not _deleted(steps, app):
                yield (
                    f"{app} would lose its access to the {store}, which its live version uses: "
                    f"set arbor:services.{app}.{store} back to true."
                )


def _log_groups(steps: list[Step], account: Account) -> Iterator[str]:
    """The provider only calls CreateLogGroup: ResourceAlreadyExistsException."""
    for step in of_type(steps, LOG_GROUP, "create"):
        name = step.new.get("name")
        if isinstance(name, str) and UNKNOWN not in name and present.is_log_group(account, name):
            yield f"{name} ({step.name}) would be created, but it exists in the account."


def _repositories(steps: list[Step], account: Account) -> Iterator[str]:
    """The provider only calls CreateRepository: RepositoryAlreadyExistsException."""
    for step in of_type(steps, REPOSITORY, "create"):
        name = step.new.get("name")
        if isinstance(name, str) and UNKNOWN not in name and present.is_repository(account, name):
            yield f"{name} ({step.name}) would be created, but it exists in the account."


def _images(steps: list[Step], account: Account) -> Iterator[str]:
    """ECR answers RepositoryNotEmptyException, and the engine deletes last: `up` ends half done."""
    for step in of_type(steps, REPOSITORY, "delete"):
        name = step.old.get("name")
        if (
            isinstance(name, str)
            and not step.old.get("forceDelete")
            and present.has_images(account, name)
        ):
            yield f"{name} ({step.name}) would be deleted, but it contains images."


HAZARDS: Final = (
    Hazard(name="network", check=_network, procedure="Move to Another Stack"),
    Hazard(name="serves", check=_serves, procedure="Move to Another Stack"),
    Hazard(name="priority", check=_priorities, procedure="Exchange Priorities"),
    Hazard(name="port", check=_ports, procedure="Change a Port"),
    Hazard(name="log group", check=_log_groups, procedure="Adopt a Log Group"),
    Hazard(name="repository", check=_repositories, procedure="Adopt an Image Repository"),
    Hazard(name="store", check=_stores, procedure="Replace a Service by Another"),
    Hazard(name="images", check=_images, procedure="Replace a Service by Another"),
    Hazard(name="data", check=stores.gone, procedure="Move to Another Stack"),
    Hazard(name="own-roles", check=roles.own, procedure=OWN_ROLES),
    Hazard(name="boundary", check=roles.unbounded, procedure=OWN_ROLES),
    Hazard(name="older roles", check=roles.older, procedure=OWN_ROLES),
    Hazard(name="domain", check=stores.domain, procedure="Move to Another Stack"),
    Hazard(name="storage", check=stores.storage, procedure="Change the Database's Storage"),
    Hazard(name="old-group", check=stores.holds_old_group, procedure="Upgrade PostgreSQL"),
    Hazard(name="upgrade", check=stores.upgrades, procedure="Upgrade PostgreSQL", allow=UPGRADE),
    Hazard(
        name="first start",
        check=_first_start,
        procedure="Bring a Stack Up for the First Time",
        allow=FIRST_START,
    ),
    Hazard(
        name="downgrade",
        check=stores.downgrades,
        procedure="Go Back to an Earlier PostgreSQL Version",
    ),
    Hazard(
        name="waiting",
        check=stores.waiting,
        procedure="Changes That Wait for the Maintenance Window",
        allow=WAITING,
    ),
)


def _deleted(steps: list[Step], app: str) -> bool:
    """Whether the change deletes the whole service."""
    return any(s.name == f"{app}-service" for s in of_type(steps, ECS_SERVICE, "delete"))


def _gone(step: Step) -> str:
    return "replaced" if step.op == "replace" else "deleted"


def _number(value: Any) -> int | None:  # noqa: ANN401 - an input, of whatever type
    return int(value) if isinstance(value, int | float) else None
