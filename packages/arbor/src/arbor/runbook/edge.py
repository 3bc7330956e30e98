"""The edge of the stack: listener, rules, target groups, certificate."""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from arbor.account import Account
from arbor.procedure import Refused
from arbor.runbook.finding import Finder, Finding, Missing, service
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import ListenerTypeDef, RuleTypeDef

COLOURS = ("blue", "green")


class BlueGreen(NamedTuple):
    """The first load balancer entry of a service."""

    groups: list[str]
    """ARNs of both target groups."""
    production: str
    test: str | None
    """ARNs of the listener rules."""


def _blue_green(account: Account, app: str) -> BlueGreen:
    entries = service(account, app).get("loadBalancers", [])
    if not entries or "advancedConfiguration" not in entries[0]:
        raise Refused(f"{naming.service(account.stack, app)} is not deployed blue/green")
    advanced = entries[0]["advancedConfiguration"]
    return BlueGreen(
        groups=[entries[0]["targetGroupArn"], advanced["alternateTargetGroupArn"]],
        production=advanced["productionListenerRule"],
        test=advanced.get("testListenerRule"),
    )


def _colours(app: str, account: Account) -> dict[str, Finding]:
    """By the target groups' names: either colour may be live."""
    entry = _blue_green(account, app)
    found: dict[str, Finding] = {
        f"{app}-production-rule-arn": entry.production,
        f"{app}-test-rule-arn": entry.test or Missing("the service has no test rule"),
    }
    for colour in COLOURS:
        # The ARN contains the name: targetgroup/backend-blue-1a2b3c4/ID.
        named = [arn for arn in entry.groups if colour in arn.split("/")[-2].split("-")]
        found[f"{app}-{colour}-target-group-arn"] = (
            named[0] if len(named) == 1 else Missing(f"{len(named)} groups are called {colour}")
        )
    return found


def _entry_point(account: Account) -> dict[str, Finding]:
    entry = _blue_green(account, "backend")
    elb = account.client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[entry.production])["Rules"]
    (group,) = elb.describe_target_groups(TargetGroupArns=entry.groups[:1])["TargetGroups"]
    listener = _listener(entry.production)
    (described,) = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    return {
        "domain": _host(rule),
        "vpc-id": group["VpcId"],
        "listener-arn": listener,
        "load-balancer-dimension": described["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "certificate-arn": _certificate(described),
    }


def _listener(rule: str) -> str:
    """A rule's ARN is its listener's with another type and one more part."""
    return rule.replace(":listener-rule/", ":listener/").rpartition("/")[0]


def _host(rule: "RuleTypeDef") -> Finding:
    for condition in rule["Conditions"]:
        if condition["Field"] == "host-header":
            return str(condition.get("HostHeaderConfig", condition)["Values"][0])
    return Missing("the backend's production rule has no host; `pulumi up` restores it")


def _certificate(listener: "ListenerTypeDef") -> Finding:
    certificates = listener.get("Certificates", [])
    if not certificates:
        return Missing(f"the listener on port {listener['Port']} has no certificate")
    return str(certificates[0]["CertificateArn"])


def for_app(app: str) -> Finder:
    return Finder(
        names=(
            f"{app}-blue-target-group-arn",
            f"{app}-green-target-group-arn",
            f"{app}-production-rule-arn",
            f"{app}-test-rule-arn",
        ),
        find=partial(_colours, app),
    )


FINDERS = (
    Finder(
        names=(
            "domain",
            "vpc-id",
            "listener-arn",
            "load-balancer-dimension",
            "certificate-arn",
        ),
        find=_entry_point,
    ),
)
