import pulumi

from components.security_rules import allow
from harness import Recorder, declare

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def allowed() -> Recorder:
    def program() -> None:
        allow(
            "database",
            port=5432,
            source="sg-backend",
            target="sg-database",
            parent=pulumi.ComponentResource("test:index:Parent", "parent"),
            tags={"Stack": "test"},
        )

    return declare(program)


def test_source_and_target_are_connected_on_this_port_only() -> None:
    declared = allowed()
    out, into = declared.only(EGRESS), declared.only(INGRESS)
    assert (out["securityGroupId"], out["referencedSecurityGroupId"]) == (
        "sg-backend",
        "sg-database",
    )
    assert (into["securityGroupId"], into["referencedSecurityGroupId"]) == (
        "sg-database",
        "sg-backend",
    )
    for rule in (out, into):
        assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 5432, 5432)
        assert rule["tags"] == {"Stack": "test"}


def test_both_rules_have_the_callers_parent() -> None:
    assert allowed().unparented == ["test:index:Parent::parent"]
