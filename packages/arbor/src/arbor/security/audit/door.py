"""The stack's way in from the internet: everything an audit looks at is found from it."""

from dataclasses import dataclass
from functools import partial

from arbor.account import Account, together
from arbor.ecs import backend, health


@dataclass(frozen=True, kw_only=True)
class Door:
    """The load balancer that the services are behind."""

    balancer: str
    """ARN."""
    listener: str
    """ARN of the one with the services' rules."""
    vpc: str
    groups: frozenset[str]
    """Ids of the load balancer's own security groups."""
    domain: str


def find(account: Account) -> Door:
    """Ask the service for its rule; the rule's ARN names listener and load balancer.

    arn:...:listener-rule/app/NAME/BALANCER/LISTENER/RULE. Raises Refused where there is no service,
    and Failed where its rule has no host.
    """
    service = backend.read(account)
    rule = service.production_rule
    balancer = rule.replace(":listener-rule/", ":loadbalancer/").rsplit("/", 2)[0]
    elb = account.client("elbv2")
    described, domain = together(
        partial(elb.describe_load_balancers, LoadBalancerArns=[balancer]),
        partial(health.host, service),
    )
    (found,) = described["LoadBalancers"]
    return Door(
        balancer=balancer,
        listener=rule.replace(":listener-rule/", ":listener/").rpartition("/")[0],
        vpc=found["VpcId"],
        groups=frozenset(found.get("SecurityGroups", [])),
        domain=str(domain),
    )
