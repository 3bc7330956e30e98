"""Manual additions next to the stack's resources: the drift run reports them, `up` leaves them."""

import json
from pathlib import Path

import pytest

from engine_stack import Deployed
from pipeline.drift import drift, unowned
from pipeline.preview import preview


def test_a_deployed_stack_owns_all_of_its_rules_and_policies(production: Deployed) -> None:
    assert unowned.find(production.opened) == []


@pytest.mark.slow
def test_unowned_rules_and_policies_are_reported_with_the_command(
    staging: Deployed, tmp_path: Path
) -> None:
    stack, outputs = staging.deployment.stack, staging.deployment.stack.outputs()
    ec2, elb, iam = (staging.client(name) for name in ("ec2", "elbv2", "iam"))
    group = outputs["security_group_ids"].value["database"]
    listener = outputs["https_listener_arn"].value
    (role,) = [r for r in staging.resources() if r["urn"].endswith("::database-monitoring")]
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5432,
                "IpRanges": [{"CidrIp": "203.0.113.9/32"}],
            }
        ],
    )["SecurityGroupRules"]
    (added,) = elb.create_rule(
        ListenerArn=listener,
        Priority=7,
        Conditions=[{"Field": "host-header", "Values": ["old.example.com"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Rules"]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    iam.put_role_policy(
        RoleName=role["id"],
        PolicyName="by-hand",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName=role["id"], PolicyArn=admin)

    report = preview(staging.opened, plan=tmp_path / "plan.json", look_for_drift=True)
    found = [one.advice for one in report.drift or ()]
    for line, parts in zip(found, _wanted(group, rule, added, role["id"], admin), strict=True):
        assert all(part in line for part in parts), line
    assert drift.find(stack) == []  # no change for an `up`, so it stops no apply

    ec2.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    elb.delete_rule(RuleArn=added["RuleArn"])
    iam.delete_role_policy(RoleName=role["id"], PolicyName="by-hand")
    iam.detach_role_policy(RoleName=role["id"], PolicyArn=admin)
    assert unowned.find(staging.opened) == []


def _wanted(
    group: str, rule: dict[str, str], added: dict[str, str], role: str, admin: str
) -> list[tuple[str, ...]]:
    physical = rule["SecurityGroupRuleId"]
    revoke = f"aws ec2 revoke-security-group-ingress --group-id {group}"
    return [
        (
            f"database-group ({group}) has an ingress rule {physical}: tcp 5432 from 203.0.113.9",
            f"`{revoke} --security-group-rule-ids {physical}`",
        ),
        (
            "balancer-https has a rule of priority 7, which is not in the program",
            f"`aws elbv2 delete-rule --rule-arn {added['RuleArn']}`",
        ),
        (
            f"database-monitoring ({role}) has an inline policy by-hand",
            f"`aws iam delete-role-policy --role-name {role} --policy-name by-hand`",
        ),
        (
            f"database-monitoring ({role}) has the policy {admin} attached",
            f"`aws iam detach-role-policy --role-name {role} --policy-arn {admin}`",
        ),
    ]
