"""The edge of the stack: listener, rules, target groups, certificate."""

from functools import partial
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs import health, services
from arbor.procedure import Refused
from arbor.runbook.finding import Finder, Finding, Missing
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import LoadBalancerTypeDef
    from mypy_boto3_elbv2.type_defs import ListenerTypeDef

COLOURS = ("blue", "green")
NO_HOST = Missing("the backend's production rule has no host; `pulumi up` restores it")


def _balancer(account: Account, app: str) -> "LoadBalancerTypeDef":
    """The first load balancer of a service: both groups and both rules."""
    entries = services.read(account, app).balancers
    if not entries or "advancedConfiguration" not in entries[0]:
        raise Refused(f"{naming.service(account.stack, app)} is not deployed blue/green")
    return entries[0]


def _colours(app: str, account: Account) -> dict[str, Finding]:
    """By the target groups' names: either colour may be live."""
    balancer = _balancer(account, app)
    advanced = balancer["advancedConfiguration"]
    groups = [balancer["targetGroupArn"], advanced["alternateTargetGroupArn"]]
    found: dict[str, Finding] = {
        f"{app}-production-rule-arn": advanced["productionListenerRule"],
        f"{app}-test-rule-arn": advanced.get("testListenerRule")
        or Missing("the service has no test rule"),
    }
    for colour in COLOURS:
        # The ARN contains the name: targetgroup/backend-blue-1a2b3c4/ID.
        named = [arn for arn in groups if colour in arn.split("/")[-2].split("-")]
        found[f"{app}-{colour}-target-group-arn"] = (
            named[0] if len(named) == 1 else Missing(f"{len(named)} groups are called {colour}")
        )
    return found


def _entry_point(account: Account) -> dict[str, Finding]:
    balancer, elb = _balancer(account, "backend"), account.client("elbv2")
    production = balancer["advancedConfiguration"]["productionListenerRule"]
    (rule,) = elb.describe_rules(RuleArns=[production])["Rules"]
    groups = elb.describe_target_groups(TargetGroupArns=[balancer["targetGroupArn"]])
    listener = _listener(production)
    (described,) = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    return {
        "domain": next(iter(health.values(rule, "host-header")), NO_HOST),
        "vpc-id": groups["TargetGroups"][0]["VpcId"],
        "listener-arn": listener,
        "load-balancer-dimension": described["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "certificate-arn": _certificate(described),
    }


def _listener(rule: str) -> str:
    """A rule's ARN is its listener's with another type and one more part."""
    return rule.replace(":listener-rule/", ":listener/").rpartition("/")[0]


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
