"""Elastic Load Balancing: refused listeners, rules and actions."""

from collections.abc import Iterator
from typing import Any

from moto.acm.models import acm_backends
from moto.elbv2.exceptions import DuplicateListenerError, ELBClientError, RuleNotFoundError
from moto.elbv2.models import (
    ELBv2Backend,
    FakeAction,
    FakeListener,
    FakeListenerRule,
    FakeRule,
    FakeTargetGroup,
)
from moto.elbv2.ssl_policies import SSL_POLICIES

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

MOST_VALUES = 5
HEAVIEST = 999
Actions = list[Members]


@corrects(
    ELBv2Backend,
    moto="creates a second listener on a port, and HTTPS without an issued certificate; accepts "
    "any TLS policy",
    aws="refuses those",
)
def create_listener(
    original: Replacement, self: ELBv2Backend, *args: object, **params: Any
) -> FakeListener:
    balancer = self.load_balancers.get(params["load_balancer_arn"])
    if balancer is not None:
        if any(str(one.port) == str(params["port"]) for one in balancer.listeners.values()):
            raise DuplicateListenerError
        _refuse_tls(
            self, params.get("protocol"), params.get("certificate"), params.get("ssl_policy")
        )
        _refuse_groups(self, params["actions"], balancer.arn)
    made: FakeListener = original(self, *args, **params)
    return made


@corrects(
    ELBv2Backend,
    moto="forwards to a missing target group, drops the certificate of HTTPS, and removes further "
    "certificates with the default one",
    aws="refuses those, and what it refuses for a new listener; keeps further certificates",
)
def modify_listener(  # noqa: PLR0913, PLR0917 - moto's signature
    original: Replacement,
    self: ELBv2Backend,
    arn: str,
    port: str | None = None,
    protocol: str | None = None,
    ssl_policy: str | None = None,
    certificates: list[Members] | None = None,
    actions: Actions | None = None,
) -> FakeListener:
    found = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]
    balancer = self.load_balancers[found.load_balancer_arn]
    others = [one for one in balancer.listeners.values() if one.arn != arn]
    if port is not None and any(str(one.port) == str(port) for one in others):
        raise DuplicateListenerError
    certificate = certificates[0]["CertificateArn"] if certificates else found.certificate
    _refuse_tls(self, protocol or found.protocol, certificate, ssl_policy)
    _refuse_groups(self, actions or [], balancer.arn)
    self._validate_actions([FakeAction(dict(action)) for action in actions or []])
    further = [
        one for one in found.certificates or [] if one not in {found.certificate, certificate}
    ]
    changed: FakeListener = original(self, arn, port, protocol, ssl_policy, certificates, actions)
    if certificates:
        changed.certificates = [str(changed.certificate), *further]
    return changed


def _refuse_tls(
    self: ELBv2Backend, protocol: str | None, certificate: str | None, policy: str | None
) -> None:
    if protocol != "HTTPS":
        return
    if not certificate:
        raise ELBClientError(
            "ValidationError", "A certificate must be specified for HTTPS listeners"
        )
    if policy and policy not in SSL_POLICIES:
        raise ELBClientError("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
    if ":acm:" not in certificate:
        return
    issued = acm_backends[self.account_id][self.region_name]._certificates.get(certificate)
    if issued is None:
        raise ELBClientError("CertificateNotFound", f"Certificate '{certificate}' not found")
    issued.check()
    if issued.status != "ISSUED":
        raise ELBClientError(
            "UnsupportedCertificate",
            f"The certificate '{certificate}' must have a fully-qualified domain name, a supported "
            "signature, and a supported key size.",
        )


@corrects(
    ELBv2Backend,
    moto="accepts any number of condition values, any weight, and one target group on several load "
    "balancers",
    aws="accepts 5 values per rule, weights up to 999, and one load balancer per target group",
)
def create_rule(
    original: Replacement, self: ELBv2Backend, *args: object, **params: Any
) -> FakeListenerRule:
    _refuse_conditions(params["conditions"])
    _refuse_groups(self, params["actions"], _balancer_of(params["listener_arn"]))
    made: FakeListenerRule = original(self, *args, **params)
    return made


@corrects(
    ELBv2Backend,
    moto="accepts what create_rule accepts",
    aws="refuses what it refuses for a new rule",
)
def modify_rule(
    original: Replacement, self: ELBv2Backend, *args: object, **params: Any
) -> FakeRule:
    _refuse_conditions(params.get("conditions") or [])
    balancer = _balancer_of(params["rule_arn"].rsplit("/", 1)[0])
    _refuse_groups(self, params.get("actions") or [], balancer)
    changed: FakeRule = original(self, *args, **params)
    return changed


@corrects(
    ELBv2Backend,
    moto="fails on the default rule, and ignores a missing one",
    aws="refuses to delete the default rule; a missing one is RuleNotFound",
)
def delete_rule(original: Replacement, self: ELBv2Backend, arn: str) -> None:
    for listener in _listeners(self):
        rule = listener.rules.get(arn)
        if rule is not None:
            original(self, arn)
            return
        if any(one.arn == arn and one.is_default for one in listener.rules.values()):
            raise ELBClientError("OperationNotPermitted", f"Default rule '{arn}' cannot be deleted")
    raise RuleNotFoundError("One or more rules not found")


@corrects(
    ELBv2Backend,
    call="elbv2.describe_target_groups (LoadBalancerArns)",
    moto="returns each load balancer that ever forwarded to the group",
    aws="returns the current one",
)
def describe_target_groups(
    original: Replacement, self: ELBv2Backend, *args: object, **params: Any
) -> list[FakeTargetGroup]:
    for arn, group in self.target_groups.items():
        group.load_balancer_arns = sorted(_users(self, arn))
    found: list[FakeTargetGroup] = original(self, *args, **params)
    return found


def _refuse_conditions(conditions: list[Members]) -> None:
    values = sum(len(_values(condition)) for condition in conditions)
    if values > MOST_VALUES:
        raise ELBClientError(
            "ValidationError", f"A rule can only have '{MOST_VALUES}' condition values"
        )


def _values(condition: Members) -> list[Any]:
    configs = (value for key, value in condition.items() if key.endswith("Config"))
    return [*condition.get("Values", []), *(v for c in configs for v in c.get("Values", []))]


def _refuse_groups(self: ELBv2Backend, actions: Actions, balancer: str) -> None:
    for action in actions:
        for group in (action.get("ForwardConfig") or {}).get("TargetGroups", []):
            if not 0 <= int(group.get("Weight", 1)) <= HEAVIEST:
                raise ELBClientError(
                    "ValidationError",
                    f"The weight '{group['Weight']}' must be between 0 and {HEAVIEST}",
                )
        for arn in self._get_target_group_arns_from(action):
            if _users(self, arn) - {balancer}:
                raise ELBClientError(
                    "TargetGroupAssociationLimit",
                    "The following target groups cannot be associated with more than one load "
                    f"balancer: {arn}",
                )


def _users(self: ELBv2Backend, group: str) -> set[str]:
    """Return the load balancers that forward to the target group."""
    return {
        listener.load_balancer_arn
        for listener in _listeners(self)
        for rule in listener.rules.values()
        for action in rule.actions
        if group in self._get_target_group_arns_from(action.data)
    }


def _listeners(self: ELBv2Backend) -> Iterator[FakeListener]:
    for balancer in self.load_balancers.values():
        yield from balancer.listeners.values()


def _balancer_of(listener_arn: str) -> str:
    """Return the load balancer's ARN, from a listener's or from a rule's without its own id."""
    kind = ":listener-rule/" if ":listener-rule/" in listener_arn else ":listener/"
    return listener_arn.replace(kind, ":loadbalancer/").rsplit("/", 1)[0]
