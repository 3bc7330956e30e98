"""The stack's load balancer, from which the audits find listener, network and certificate."""

from dataclasses import dataclass
from functools import partial

from arbor.account import Account, both
from arbor.ecs import backend, health


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """The public load balancer of the stack's services."""

    arn: str
    listener: str
    """ARN of the listener with the services' rules."""
    vpc: str
    security_groups: frozenset[str]
    """Their ids."""
    domain: str


def find(account: Account) -> LoadBalancer:
    """Found by the backend's production rule, whose ARN contains listener and load balancer.

    arn:...:listener-rule/app/NAME/BALANCER/LISTENER/RULE. Raises Refused if there is no service,
    and Failed if its rule has no host.
    """
    service = backend.read(account)
    rule = service.production_rule
    balancer = rule.replace(":listener-rule/", ":loadbalancer/").rsplit("/", 2)[0]
    elb = account.client("elbv2")
    described, domain = both(
        partial(elb.describe_load_balancers, LoadBalancerArns=[balancer]),
        partial(health.host, service),
    )
    (found,) = described["LoadBalancers"]
    return LoadBalancer(
        arn=balancer,
        listener=rule.replace(":listener-rule/", ":listener/").rpartition("/")[0],
        vpc=found["VpcId"],
        security_groups=frozenset(found.get("SecurityGroups", [])),
        domain=domain,
    )
