"""Listeners, rules and their actions."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulated_account import create_network, refused

NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
HOST = {"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.example.com"]}}
NOBODY = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/none/0123456789abcdef"


class Edge:
    """Load balancers in a VPC, and what is put behind them."""

    def __init__(self) -> None:
        self.elb = boto3.client("elbv2")
        self.vpc, self.subnets = create_network()

    def balancer(self, name: str = "edge") -> str:
        made = self.elb.create_load_balancer(Name=name, Subnets=self.subnets)
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def group(self, name: str = "blue") -> str:
        made = self.elb.create_target_group(
            Name=name, Port=80, Protocol="HTTP", VpcId=self.vpc, TargetType="ip"
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def listener(self, balancer: str, **params: Any) -> str:
        made = self.elb.create_listener(
            **{
                "LoadBalancerArn": balancer,
                "Port": 80,
                "Protocol": "HTTP",
                "DefaultActions": [NOT_FOUND],
                **params,
            }
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def rule(self, listener: str, *actions: dict[str, Any]) -> str:
        made = self.elb.create_rule(
            ListenerArn=listener, Priority=10, Conditions=[HOST], Actions=list(actions)
        )
        return str(made["Rules"][0]["RuleArn"])

    def used_by(self, group: str) -> list[str]:
        (found,) = self.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
        return list(found["LoadBalancerArns"])


@pytest.fixture
def edge() -> Edge:
    return Edge()


def forward(group: str, weight: int = 1) -> dict[str, Any]:
    groups = [{"TargetGroupArn": group, "Weight": weight}]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def certificate(*, issued: bool, name: str = "") -> str:
    acm, dns = boto3.client("acm"), boto3.client("route53")
    # A host's validation record is the same for every certificate, so the hosts differ.
    host = f"{name or ('issued' if issued else 'pending')}.example.com"
    arn = acm.request_certificate(DomainName=host, ValidationMethod="DNS")["CertificateArn"]
    if issued:
        zone = dns.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
        described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        record = described["DomainValidationOptions"][0]["ResourceRecord"]
        entry = {
            "Name": record["Name"],
            "Type": record["Type"],
            "TTL": 60,
            "ResourceRecords": [{"Value": record["Value"]}],
        }
        change = {"Action": "CREATE", "ResourceRecordSet": entry}
        dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    return str(arn)


def test_https_needs_a_certificate_that_is_issued_and_a_policy_that_exists(edge: Edge) -> None:
    balancer = edge.balancer()

    def params(**more: Any) -> dict[str, Any]:
        https = {"LoadBalancerArn": balancer, "Port": 443, "Protocol": "HTTPS"}
        return {**https, "DefaultActions": [NOT_FOUND], **more}

    def with_certificate(arn: str) -> dict[str, Any]:
        return {"Certificates": [{"CertificateArn": arn}]}

    create = edge.elb.create_listener
    unknown = "arn:aws:acm:us-east-1:123456789012:certificate/none"
    assert refused(create, **params()) == "ValidationError"
    assert refused(create, **params(**with_certificate(unknown))) == "CertificateNotFound"
    pending = with_certificate(certificate(issued=False))
    assert refused(create, **params(**pending)) == "UnsupportedCertificate"
    issued = with_certificate(certificate(issued=True))
    assert refused(create, **params(**issued, SslPolicy="TLS-1")) == "SSLPolicyNotFound"

    listener = edge.elb.create_listener(**params(**issued))["Listeners"][0]["ListenerArn"]
    modify = edge.elb.modify_listener
    assert refused(modify, ListenerArn=listener, **pending) == "UnsupportedCertificate"
    plain = edge.listener(balancer)
    assert refused(modify, ListenerArn=plain, Protocol="HTTPS") == "ValidationError"


def test_a_listener_lists_its_certificates_and_keeps_the_further_ones(edge: Edge) -> None:
    first, further, other = (certificate(issued=True, name=name) for name in ("a", "b", "c"))
    listener = edge.listener(
        edge.balancer(), Port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": first}]
    )
    edge.elb.add_listener_certificates(
        ListenerArn=listener, Certificates=[{"CertificateArn": further}]
    )

    def listed() -> list[tuple[str, bool]]:
        found = edge.elb.describe_listener_certificates(ListenerArn=listener)["Certificates"]
        return [(one["CertificateArn"], one["IsDefault"]) for one in found]

    assert listed() == [(first, True), (further, False)]
    edge.elb.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": other}])
    assert listed() == [(other, True), (further, False)]


def test_a_port_has_one_listener(edge: Edge) -> None:
    balancer = edge.balancer()
    edge.listener(balancer)
    other = edge.listener(balancer, Port=81)
    again = {"LoadBalancerArn": balancer, "Port": 80, "Protocol": "HTTP"}
    create, modify = edge.elb.create_listener, edge.elb.modify_listener
    assert refused(create, **again, DefaultActions=[NOT_FOUND]) == "DuplicateListener"
    assert refused(modify, ListenerArn=other, Port=80) == "DuplicateListener"


def test_an_action_requires_an_existing_target_group(edge: Edge) -> None:
    balancer = edge.balancer()
    listener = edge.listener(balancer)
    params = {"ListenerArn": listener, "Priority": 1, "Conditions": [HOST]}
    nowhere = [forward(NOBODY)]
    assert refused(edge.elb.create_rule, **params, Actions=nowhere) == "TargetGroupNotFound"
    modify = edge.elb.modify_listener
    assert refused(modify, ListenerArn=listener, DefaultActions=nowhere) == "TargetGroupNotFound"
    rule = edge.rule(listener, forward(edge.group()))
    assert refused(edge.elb.modify_rule, RuleArn=rule, Actions=nowhere) == "TargetGroupNotFound"


def test_a_weight_is_at_most_999(edge: Edge) -> None:
    group, listener = edge.group(), edge.listener(edge.balancer())
    rule = edge.rule(listener, forward(group, 999))
    heavy = [forward(group, 1000)]
    assert refused(edge.elb.modify_rule, RuleArn=rule, Actions=heavy) == "ValidationError"


def test_a_target_group_belongs_to_one_load_balancer(edge: Edge) -> None:
    group = edge.group()
    first, second = edge.balancer("first"), edge.balancer("second")
    rule = edge.rule(edge.listener(first), forward(group))
    listener = edge.listener(second)
    params = {"ListenerArn": listener, "Priority": 1, "Conditions": [HOST]}
    create = edge.elb.create_rule
    assert refused(create, **params, Actions=[forward(group)]) == "TargetGroupAssociationLimit"
    assert edge.used_by(group) == [first]
    edge.elb.delete_rule(RuleArn=rule)
    assert edge.used_by(group) == []
    create(**params, Actions=[forward(group)])
    assert edge.used_by(group) == [second]


def test_a_rule_has_at_most_five_condition_values_in_all(edge: Edge) -> None:
    listener = edge.listener(edge.balancer())

    def paths(count: int) -> list[dict[str, Any]]:
        values = [f"/{number}" for number in range(count)]
        return [HOST, {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}]

    params = {"ListenerArn": listener, "Priority": 1, "Actions": [NOT_FOUND]}
    assert refused(edge.elb.create_rule, **params, Conditions=paths(5)) == "ValidationError"
    rule = edge.elb.create_rule(**params, Conditions=paths(4))["Rules"][0]["RuleArn"]
    modify = edge.elb.modify_rule
    assert refused(modify, RuleArn=rule, Conditions=paths(5)) == "ValidationError"


def test_the_default_rule_is_not_deleted_and_a_missing_one_is_not_found(edge: Edge) -> None:
    listener = edge.listener(edge.balancer())
    (default,) = edge.elb.describe_rules(ListenerArn=listener)["Rules"]
    delete = edge.elb.delete_rule
    assert refused(delete, RuleArn=default["RuleArn"]) == "OperationNotPermitted"
    rule = edge.rule(listener, NOT_FOUND)
    delete(RuleArn=rule)
    assert refused(delete, RuleArn=rule) == "RuleNotFound"


def test_a_target_group_in_use_is_not_deleted(edge: Edge) -> None:
    """Moto's own, but what a destroy in the wrong order runs into."""
    group = edge.group()
    rule = edge.rule(edge.listener(edge.balancer()), forward(group))
    delete = edge.elb.delete_target_group
    assert refused(delete, TargetGroupArn=group) == "ResourceInUse"
    edge.elb.delete_rule(RuleArn=rule)
    delete(TargetGroupArn=group)


def test_a_target_group_is_named_by_32_characters_at_most(edge: Edge) -> None:
    """Moto's own, but what autonaming relies on."""
    with pytest.raises(ClientError, match="cannot be longer than '32'"):
        edge.group("x" * 33)
