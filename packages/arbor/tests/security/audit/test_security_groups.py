"""`arbor audit security-groups`: only ports 80 and 443 of the load balancer are open."""

import json
from typing import Any

import pytest

from arbor.security.audit.security_groups import port
from audit_fixtures import open_to
from ecs_world import client

INTERNET, INTERNET_6 = "0.0.0.0/0", "::/0"


def test_the_programs_groups_have_no_findings(audit: Any, groups: Any) -> None:
    shown, found = audit("security-groups"), audit("security-groups", "--json")
    assert shown.exit_code == 0, shown.output
    assert "NG" not in shown.stdout
    answer = json.loads(found.stdout)
    assert answer["findings"] == 0
    assert {check["details"]["group_id"] for check in answer["checks"]} == set(groups.values())


def test_every_open_rule_is_a_finding_with_the_command_to_revoke_it(
    audit: Any, groups: Any, failed: Any
) -> None:
    """All rules in one account; those outside of `spoilt` cause no finding."""
    edge, tasks, data = groups["edge-1a2b"], groups["backend-5f3a"], groups["database"]
    spoilt = {
        open_to(INTERNET, tasks, "tcp", 22, 22): ("tcp 22", INTERNET),
        open_to(INTERNET_6, tasks, "tcp", 8000, 8010): ("tcp 8000-8010", INTERNET_6),
        open_to(INTERNET, tasks, "tcp", 443, 443): (
            "tcp 443",
            INTERNET,
        ),  # not on the load balancer
        open_to(INTERNET, tasks, "-1"): ("all traffic", INTERNET),
        open_to(INTERNET, edge, "tcp", 80, 443): ("tcp 80-443", INTERNET),
        open_to(INTERNET, edge, "udp", 443, 443): ("udp 443", INTERNET),
        open_to(INTERNET, edge, "tcp", 8443, 8443): ("tcp 8443", INTERNET),
        open_to(INTERNET, data, "tcp", 443, 443, out=True): ("tcp 443", INTERNET),
        open_to(INTERNET_6, groups["cache"], "-1", out=True): ("all traffic", INTERNET_6),
        open_to("10.0.0.0/8", groups["default"], "tcp", 22, 22): ("tcp 22", "10.0.0.0/8"),
    }
    open_to(INTERNET_6, edge, "tcp", 443, 443)
    open_to("10.0.0.0/8", data, "tcp", 5432, 5432)
    open_to("pl-12345678", tasks, "tcp", 22, 22)
    done = audit("security-groups", "--json")
    assert done.exit_code == 1
    assert f"{len(spoilt)} findings in staging." in done.stderr
    checks = failed(json.loads(done.stdout))
    assert {
        check["details"]["rule_id"]: (check["details"]["port"], check["details"]["source"])
        for check in checks
    } == spoilt
    shown = audit("security-groups")
    assert shown.exit_code == 1
    for check in checks:
        direction, group, rule = (
            check["details"][key] for key in ("direction", "group_id", "rule_id")
        )
        assert (
            f"aws ec2 revoke-security-group-{direction} --group-id {group} "
            f"--security-group-rule-ids {rule}\n"
        ) in shown.stdout


def test_a_rule_of_pulumi_must_be_removed_from_the_program_too(
    audit: Any, groups: Any, failed: Any
) -> None:
    rule = open_to(INTERNET, groups["backend-5f3a"], "tcp", 22, 22)
    client("ec2").create_tags(Resources=[rule], Tags=[{"Key": "ManagedBy", "Value": "pulumi"}])
    (check,) = failed(json.loads(audit("security-groups", "--json").stdout))
    assert "remove it from the program" in check["message"]


def test_the_load_balancers_groups_are_those_attached_to_it(
    audit: Any, groups: Any, failed: Any
) -> None:
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    elb.set_security_groups(
        LoadBalancerArn=balancer["LoadBalancerArn"], SecurityGroups=[groups["frontend-5f3a"]]
    )
    checks = failed(json.loads(audit("security-groups", "--json").stdout))
    assert {check["details"]["port"] for check in checks} == {"tcp 80", "tcp 443"}
    assert {check["details"]["group_id"] for check in checks} == {groups["edge-1a2b"]}


def test_without_a_database_its_egress_is_skipped(audit: Any, groups: Any) -> None:
    open_to(INTERNET, groups["database"], "-1", out=True)
    client("rds").delete_db_instance(
        DBInstanceIdentifier="arbor-staging-db", SkipFinalSnapshot=True
    )
    done = audit("security-groups")
    assert done.exit_code == 0, done.output
    assert "SKIP  the database" in done.stdout


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}, "all traffic"),
        ({"IpProtocol": "-1"}, "all traffic"),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, "icmp, all types"),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, "tcp 0-65535"),
    ],
)
def test_ports_are_readable(rule: Any, text: str) -> None:
    assert port(rule) == text
