"""Staging without audit findings, and functions that cause them."""

import json
from typing import Any

import runbook_fixtures
from access import trust as ci_documents
from ecs_world import client
from staging_fixtures import DOMAIN, STACK, Staging, tags

ACCOUNT = "123456789012"
REPOSITORY = "arbor-energy/infrastructure"


def tidy(staging: Staging) -> dict[str, str]:
    """Set the program's rules, names and roles; returns ids of groups by purpose."""
    runbook_fixtures.complete(staging)
    ec2, elb = client("ec2"), client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    vpc = balancer["VpcId"]
    made = ec2.create_security_group(GroupName="edge-1a2b", Description="LB", VpcId=vpc)
    elb.set_security_groups(
        LoadBalancerArn=balancer["LoadBalancerArn"], SecurityGroups=[made["GroupId"]]
    )
    found = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    groups = {one["GroupName"]: str(one["GroupId"]) for one in found["SecurityGroups"]}
    for name in ("default", "database", "cache"):
        empty(groups[name])
    for port in (80, 443):
        open_to("0.0.0.0/0", groups["edge-1a2b"], "tcp", port, port)
    _cover(DOMAIN, f"green.{DOMAIN}")
    for role, trust in {
        f"arbor-{STACK}-ci-deploy": github(f"environment:{STACK}"),
        f"arbor-{STACK}-ci-preview": github("pull_request", "ref:refs/heads/main"),
    }.items():
        make_role(role, trust)
    return groups


def empty(group: str) -> None:
    ec2 = client("ec2")
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    for rule in rules["SecurityGroupRules"]:
        direction = "egress" if rule["IsEgress"] else "ingress"
        revoke = getattr(ec2, f"revoke_security_group_{direction}")
        revoke(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])


def open_to(
    source: str, group: str, protocol: str, first: int = -1, last: int = -1, *, out: bool = False
) -> str:
    """Create a rule; returns its id."""
    ranges: dict[str, Any] = (
        {"Ipv6Ranges": [{"CidrIpv6": source}]}
        if ":" in source
        else {"PrefixListIds": [{"PrefixListId": source}]}
        if source.startswith("pl-")
        else {"IpRanges": [{"CidrIp": source}]}
    )
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    ec2 = client("ec2")
    authorize = getattr(ec2, f"authorize_security_group_{'egress' if out else 'ingress'}")
    made = authorize(GroupId=group, IpPermissions=[{"IpProtocol": protocol, **ports, **ranges}])
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _cover(*hosts: str) -> None:
    """Attach a certificate for these hosts to the listener, with validation records in DNS."""
    acm, elb = client("acm"), client("elbv2")
    arn = acm.request_certificate(
        DomainName=hosts[0], SubjectAlternativeNames=list(hosts), ValidationMethod="DNS"
    )["CertificateArn"]
    for option in acm.describe_certificate(CertificateArn=arn)["Certificate"][
        "DomainValidationOptions"
    ]:
        change("UPSERT", option["ResourceRecord"], option["ResourceRecord"]["Value"])
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    elb.modify_listener(ListenerArn=listener["ListenerArn"], Certificates=[{"CertificateArn": arn}])


def records() -> dict[str, dict[str, str]]:
    """Validation records by host."""
    acm = client("acm")
    found = [
        acm.describe_certificate(CertificateArn=one["CertificateArn"])["Certificate"]
        for one in acm.list_certificates()["CertificateSummaryList"]
    ]
    return {
        option["DomainName"]: option["ResourceRecord"]
        for one in found
        for option in one["DomainValidationOptions"]
    }


def change(action: str, record: dict[str, str], value: str) -> None:
    """UPSERT or DELETE a validation record in the domain's zone."""
    dns = client("route53")
    (zone,) = dns.list_hosted_zones()["HostedZones"]
    entry = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": value}],
    }
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": entry}]}
    dns.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch=batch)


def github(*contexts: str) -> dict[str, Any]:
    """A trust policy like the pipeline's: jobs of an environment run main's workflows."""
    subjects = [f"repo:{REPOSITORY}:{context}" for context in contexts]
    workflows = [f"{REPOSITORY}/.github/workflows/release.yml@{ci_documents.MAIN}"]
    document = ci_documents.trust(
        ci_documents.provider_arn(ACCOUNT),
        subjects,
        workflows=workflows if contexts[0].startswith("environment:") else None,
        ref=ci_documents.MAIN if contexts[0].startswith("environment:") else None,
    )
    return dict(json.loads(document))


def make_role(name: str, trust: dict[str, Any], **changed: str) -> None:
    given = {**tags("ci"), **changed}
    client("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(trust),
        Tags=[{"Key": key, "Value": value} for key, value in given.items()],
    )
