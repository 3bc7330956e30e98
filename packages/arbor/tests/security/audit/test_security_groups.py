"""`arbor audit security-groups`: the internet reaches the load balancer's 80 and 443, no more."""

import json
from typing import Any

import pytest

from arbor.security.audit.security_groups import port
from audit_world import open_to
from ecs_world import client

WORLD, WORLD_6 = "0.0.0.0/0", "::/0"


def test_what_infrastructure_makes_is_no_finding(audit: Any, groups: Any) -> None:
    told, found = audit("security-groups"), audit("security-groups", "--json")
    assert told.exit_code == 0, told.output
    assert "NG" not in told.stdout
    answer = json.loads(found.stdout)
    assert answer["findings"] == 0
    assert {line["about"]["group_id"] for line in answer["lines"]} == set(groups.values())


def test_everything_that_is_open_is_found_with_what_closes_it(
    audit: Any, groups: Any, wrong: Any
) -> None:
    """One account for all of it: a row is a rule, and what it says, or that it is no finding."""
    edge, tasks, data = groups["edge-1a2b"], groups["backend-5f3a"], groups["database"]
    spoilt = {
        open_to(WORLD, tasks, "tcp", 22, 22): ("tcp 22", WORLD),
        open_to(WORLD_6, tasks, "tcp", 8000, 8010): ("tcp 8000-8010", WORLD_6),
        open_to(WORLD, tasks, "tcp", 443, 443): ("tcp 443", WORLD),  # not the load balancer's
        open_to(WORLD, tasks, "-1"): ("every port", WORLD),
        open_to(WORLD, edge, "tcp", 80, 443): ("tcp 80-443", WORLD),
        open_to(WORLD, edge, "udp", 443, 443): ("udp 443", WORLD),
        open_to(WORLD, edge, "tcp", 8443, 8443): ("tcp 8443", WORLD),
        open_to(WORLD, data, "tcp", 443, 443, out=True): ("tcp 443", WORLD),
        open_to(WORLD_6, groups["cache"], "-1", out=True): ("every port", WORLD_6),
        open_to("10.0.0.0/8", groups["default"], "tcp", 22, 22): ("tcp 22", "10.0.0.0/8"),
    }
    open_to(WORLD_6, edge, "tcp", 443, 443)
    open_to("10.0.0.0/8", data, "tcp", 5432, 5432)
    open_to("pl-12345678", tasks, "tcp", 22, 22)
    done = audit("security-groups", "--json")
    assert done.exit_code == 1
    assert f"{len(spoilt)} findings in staging." in done.stderr
    lines = wrong(json.loads(done.stdout))
    assert {
        line["about"]["rule_id"]: (line["about"]["port"], line["about"]["source"]) for line in lines
    } == spoilt
    told = audit("security-groups")
    assert told.exit_code == 1
    for line in lines:
        way, group, rule = (line["about"][key] for key in ("direction", "group_id", "rule_id"))
        assert (
            f"aws ec2 revoke-security-group-{way} --group-id {group} "
            f"--security-group-rule-ids {rule}\n"
        ) in told.stdout


def test_what_pulumi_made_is_to_be_taken_out_of_the_program_too(
    audit: Any, groups: Any, wrong: Any
) -> None:
    rule = open_to(WORLD, groups["backend-5f3a"], "tcp", 22, 22)
    client("ec2").create_tags(Resources=[rule], Tags=[{"Key": "ManagedBy", "Value": "pulumi"}])
    (line,) = wrong(json.loads(audit("security-groups", "--json").stdout))
    assert "take it out of the program" in line["says"]


def test_a_group_is_the_load_balancers_because_it_has_it_not_by_its_name(
    audit: Any, groups: Any, wrong: Any
) -> None:
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    elb.set_security_groups(
        LoadBalancerArn=balancer["LoadBalancerArn"], SecurityGroups=[groups["frontend-5f3a"]]
    )
    lines = wrong(json.loads(audit("security-groups", "--json").stdout))
    assert {line["about"]["port"] for line in lines} == {"tcp 80", "tcp 443"}
    assert {line["about"]["group_id"] for line in lines} == {groups["edge-1a2b"]}


def test_without_a_database_its_egress_is_not_looked_at(audit: Any, groups: Any) -> None:
    open_to(WORLD, groups["database"], "-1", out=True)
    client("rds").delete_db_instance(
        DBInstanceIdentifier="arbor-staging-db", SkipFinalSnapshot=True
    )
    done = audit("security-groups")
    assert done.exit_code == 0, done.output
    assert "SKIP  the database" in done.stdout


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}, "every port"),
        ({"IpProtocol": "-1"}, "every port"),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, "icmp, all of it"),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, "tcp 0-65535"),
    ],
)
def test_ports_are_told_as_people_say_them(rule: Any, says: str) -> None:
    assert port(rule) == says
