"""The runbook's "Move to Another Stack": a second stack of the domain beside the live one."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import shell
from engine import emulation
from engine_stack import SPEED
from pulumi_moto.remote import clients

OLD, NEW = "staging", "moved"
BLOCKS = {
    "arbor:vpcCidr": "10.1.0.0/16",
    "arbor:publicCidrs": ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/20"],
    "arbor:privateCidrs": ["10.1.64.0/20", "10.1.80.0/20", "10.1.96.0/20"],
    "arbor:isolatedCidrs": ["10.1.128.0/20", "10.1.144.0/20", "10.1.160.0/20"],
}
STOPPED = """
aws application-autoscaling register-scalable-target --service-namespace ecs \
 --scalable-dimension ecs:service:DesiredCount --min-capacity 0 \
 --resource-id service/arbor-staging-cluster/arbor-staging-backend
aws ecs update-service --cluster arbor-staging-cluster --service arbor-staging-backend \
 --desired-count 0
"""


def copied(project: Path) -> None:
    """The stack's file under the new name, with the values that must differ."""
    file: dict[str, Any] = yaml.safe_load((project / f"Pulumi.{OLD}.yaml").read_text())
    config = {**file["config"], **BLOCKS, "arbor:githubRepository": ""}
    (project / f"Pulumi.{NEW}.yaml").write_text(yaml.safe_dump({"config": config}))


@shell.NO_AWS
@pytest.mark.slow
def test_another_stack_takes_over_the_domain_and_the_old_one_is_destroyed(tmp_path: Path) -> None:
    with emulation.account_process(stack=OLD, speed=SPEED) as account:
        there = shell.shell(tmp_path, account)
        client = clients(account["AWS_ENDPOINT_URL"], account["AWS_REGION"])
        there.run(f"pulumi stack init {OLD}")
        there.run("pulumi up --yes --skip-preview")
        copied(there.project)
        there.run(f"pulumi stack init {NEW}")
        there.run("pulumi up --yes --skip-preview")
        zones = client("route53").list_hosted_zones()["HostedZones"]
        assert len({zone["Id"] for zone in zones}) == 2
        assert len({zone["Name"] for zone in zones}) == 1

        for line in STOPPED.replace(" \\\n", "").strip().splitlines():
            there.run(line)
        there.run(f"pulumi destroy --yes --stack {OLD}")
        there.run(f"pulumi preview --expect-no-changes --stack {NEW}")
        (database,) = client("rds").describe_db_instances()["DBInstances"]
        assert database["DBInstanceIdentifier"] == f"arbor-{NEW}-db"
