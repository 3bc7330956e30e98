"""Changes of resources with data on live stacks: upgrades, deletion, storage, pending changes."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import CommandError

from engine.stack_file import PROJECT_DIR
from engine_stack import Deployed
from pipeline.apply.apply import RefusedError, apply
from pipeline.hazards import changes
from pipeline.preview import preview
from pipeline.report.steps import steps_of
from programs import captured
from pulumi_moto import aws_shim

WAY_BACK = "Go Back to an Earlier PostgreSQL Version"
UPGRADE = ("database-upgrade",)
WAITING = ("waiting-changes",)


@pytest.fixture
def live(staging: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("PULUMI_EXPERIMENTAL", "true")  # it enables update plans
    return staging


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def database(stack: Deployed) -> dict[str, Any]:
    name = f"arbor-{stack.deployment.stack.name}-db"
    (found,) = stack.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return dict(found)


def groups(stack: Deployed) -> set[str]:
    found = stack.client("rds").describe_db_parameter_groups()["DBParameterGroups"]
    names = {str(group["DBParameterGroupName"]) for group in found}
    return {name for name in names if name.startswith("arbor-")}


def snapshots(stack: Deployed, kind: str = "manual") -> list[str]:
    found = stack.client("rds").describe_db_snapshots(SnapshotType=kind)["DBSnapshots"]
    return sorted(str(one["DBSnapshotIdentifier"]) for one in found)


def by_hand(live: Deployed, where: Path, heading: str) -> None:
    """The commands below a heading of the runbook, with staging's names."""
    page = (PROJECT_DIR / "docs/runbook.md").read_text()
    section = page.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    script = "\n".join(re.findall(r"^```bash\n(.*?)^```", section, re.DOTALL | re.MULTILINE))
    aws_shim.install(where, live.environment["AWS_ENDPOINT_URL"])
    done = captured(
        ["bash", "-euc", script.replace("arbor-production", "arbor-staging")],
        cwd=where,
        env={**os.environ, **live.environment, "PATH": aws_shim.search_path(where)},
    )
    assert done.returncode == 0, done.stderr


def reconcile(live: Deployed, old: str, new: str) -> None:
    """`pulumi stack export`, the runbook's sed, and `pulumi stack import`."""
    exported = live.deployment.stack.export_stack()
    text = json.dumps(exported.deployment)
    exported.deployment = json.loads(text.replace(old, new))
    live.deployment.stack.import_stack(exported)


def change(live: Deployed, plan: Path, allowed: tuple[str, ...] = (), **config: Any) -> list[str]:
    """Change config as the pipeline does: preview to a plan, then apply the plan."""
    live.deployment.configure({f"arbor:{key}": value for key, value in config.items()})
    report = preview(live.opened, plan=plan, look_for_drift=False)
    assert not report.failure
    return apply(live.opened, plan, lambda _: None, allowed)


@pytest.mark.slow
def test_a_major_upgrade_needs_allow_takes_a_snapshot_and_leaves_one_group(
    live: Deployed, plan: Path
) -> None:
    before = len(live.resources()), database(live)["DbiResourceId"]
    with pytest.raises(RefusedError, match="--allow database-upgrade"):
        change(live, plan, databaseVersion="17")
    assert (groups(live), snapshots(live)) == ({"arbor-staging-params"}, [])

    done = change(live, plan, UPGRADE, databaseVersion="17")
    assert "updated database-instance" in done
    assert groups(live) == {"arbor-staging-params-17"}
    found = database(live)
    assert found["EngineVersion"].startswith("17")
    assert found["DBParameterGroups"][0]["DBParameterGroupName"] == "arbor-staging-params-17"
    assert [name.startswith("arbor-staging-manual-") for name in snapshots(live)] == [True]
    assert [n for n in snapshots(live, "automated") if n.startswith("preupgrade-")]
    assert live.up() == []
    assert (len(live.resources()), found["DbiResourceId"]) == before

    with pytest.raises(RefusedError, match=WAY_BACK):
        change(live, plan, UPGRADE, databaseVersion="16")
    assert groups(live) == {"arbor-staging-params-17"}

    by_hand(live, plan.parent, WAY_BACK)
    later, earlier = before[1], str(database(live)["DbiResourceId"])
    assert earlier != later
    reconcile(live, later, earlier)
    live.refresh()
    change(live, plan, databaseVersion="16")
    assert database(live)["EngineVersion"].startswith("16")
    assert groups(live) == {"arbor-staging-params"}
    assert live.up() == []


@pytest.mark.slow
def test_a_failed_upgrade_can_be_reverted_and_retried(live: Deployed) -> None:
    live.set_speed(0)
    live.client("rds").create_db_snapshot(
        DBInstanceIdentifier="arbor-staging-db", DBSnapshotIdentifier="keeps-it-busy"
    )
    live.deployment.configure({"arbor:databaseVersion": "17"})
    with pytest.raises(CommandError, match="not in available state"):
        live.up()
    assert groups(live) == {"arbor-staging-params", "arbor-staging-params-17"}
    live.advance(3600)

    live.deployment.configure({"arbor:databaseVersion": "16"})
    live.up()
    assert live.up() == []
    assert groups(live) == {"arbor-staging-params"}
    live.deployment.configure({"arbor:databaseVersion": "17"})
    live.up()
    assert groups(live) == {"arbor-staging-params-17"}


@pytest.mark.slow
def test_storage_that_grew_automatically_stays_and_can_grow(live: Deployed) -> None:
    rds = live.client("rds")
    rds.modify_db_instance(
        DBInstanceIdentifier="arbor-staging-db", AllocatedStorage=40, ApplyImmediately=True
    )

    def configure(size: int) -> None:
        live.deployment.configure({"arbor:databaseStorageGib": size})

    configure(20)
    assert live.up() == []
    configure(30)
    steps = steps_of(live.deployment.stack.preview)
    (sentence,) = changes.refusals(steps, live.opened.account)
    assert "RDS can't shrink storage" in sentence
    assert database(live)["AllocatedStorage"] == 40
    configure(44)
    live.up()
    assert database(live)["AllocatedStorage"] == 44
    configure(20)
    assert live.up() == []
    assert database(live)["AllocatedStorage"] == 44


@pytest.mark.slow
def test_pending_changes_stop_a_change_of_the_database(live: Deployed, plan: Path) -> None:
    live.client("rds").modify_db_instance(
        DBInstanceIdentifier="arbor-staging-db", DBInstanceClass="db.t3.large"
    )
    change(live, plan, wafRequestsPerFiveMinutes=1000)
    assert database(live)["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.large"}

    with pytest.raises(RefusedError, match=r"DBInstanceClass db\.t3\.large waits"):
        change(live, plan, databaseMaxStorageGib=60)
    assert database(live)["DBInstanceClass"] == "db.t3.small"
    change(live, plan, WAITING, databaseMaxStorageGib=60)
    assert database(live)["DBInstanceClass"] == "db.t3.large"


@pytest.mark.slow
def test_a_stack_that_was_destroyed_twice_leaves_two_backups_and_the_keys(live: Deployed) -> None:
    live.deployment.configure({"arbor:finalBackup": True})
    resource_ids = []
    for _ in range(2):
        live.up()
        assert live.up() == []
        resource_ids.append(database(live)["DbiResourceId"])
        live.destroy()
        assert live.resources() == []
    assert len([n for n in snapshots(live) if n.startswith("arbor-staging-db-final-")]) == 2
    cache = live.client("elasticache").describe_snapshots()["Snapshots"]
    names = [one["SnapshotName"] for one in cache]
    assert len([n for n in names if n.startswith("arbor-staging-redis-final-")]) == 2
    kept = live.client("rds").describe_db_instance_automated_backups()
    assert [one["DbiResourceId"] for one in kept["DBInstanceAutomatedBackups"]] == resource_ids
    found = live.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    for one in found:
        key = live.client("kms").describe_key(KeyId=one["KmsKeyId"])["KeyMetadata"]
        assert key["KeyState"] == "Enabled"


def test_a_protected_resource_is_refused_with_a_procedure(live: Deployed, plan: Path) -> None:
    live.deployment.configure({"arbor:protectData": True})
    live.up()
    live.deployment.configure({"arbor:logExportBucket": "arbor-other-exports"})
    (reported,) = preview(live.opened, plan=None, look_for_drift=False).refused
    plan.write_text("{}")
    with pytest.raises(RefusedError) as refused:
        apply(live.opened, plan, lambda _: None)
    assert str(refused.value) == f"{reported}\nstaging was not changed."
    assert reported.startswith(
        "log-export-bucket would be replaced or deleted, but it is protected."
    )
    assert reported.endswith('Follow "Move to Another Stack" in docs/runbook.md.')
