"""An upgrade may change everything except resources with data, keys or addresses."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine import stack_file
from pipeline import stacks
from pipeline.report.report import CREATED, DELETED, REPLACED, UPDATED, Change, Report
from pipeline.stacks import NoStackError
from tools import upgrade

DATABASE, EIP = "aws:rds/instance:Instance", "aws:ec2/eip:Eip"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def report(*changes: Change) -> Report:
    return Report(stack="staging", changes=list(changes), unchanged=200)


def change(group: str, token: str = DATABASE, *, is_retained: bool = False) -> Change:
    return Change(
        group=group, token=token, name="it", properties=("name",), is_retained=is_retained
    )


@pytest.mark.parametrize(
    ("group", "token", "is_lost"),
    [
        (REPLACED, DATABASE, True),
        (DELETED, DATABASE, True),
        (UPDATED, DATABASE, False),
        (CREATED, DATABASE, False),
        (REPLACED, POLICY, False),
        (DELETED, POLICY, False),
        *((group, token, True) for group in (REPLACED, DELETED) for token in sorted(upgrade.KEPT)),
    ],
)
def test_only_losing_data_keys_or_addresses_fails(group: str, token: str, is_lost: bool) -> None:
    assert bool(upgrade.losses(report(change(group, token)))) == is_lost


def test_data_keys_images_and_addresses_must_stay() -> None:
    assert {
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:ec2/eip:Eip",
        "aws:ecr/repository:Repository",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:kms/key:Key",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:rds/instance:Instance",
        "aws:route53/zone:Zone",
        "aws:s3/bucket:Bucket",
        "aws:secretsmanager/secret:Secret",
    } <= upgrade.KEPT.keys()


def test_a_retained_resource_is_no_loss() -> None:
    assert upgrade.losses(report(change(DELETED, is_retained=True))) == []


def test_a_loss_names_stack_resource_and_remedy() -> None:
    assert upgrade.losses(report(change(REPLACED, EIP))) == [
        "staging: it (aws:ec2/eip:Eip) would be replaced, and others allow this address. "
        + upgrade.REMEDY
    ]


def test_a_failed_preview_fails() -> None:
    failed = report()
    failed.failure = "the program ended"
    assert upgrade.losses(failed) == ["staging: the preview failed: the program ended"]
    failed.refused = ["database would be deleted."]
    assert upgrade.losses(failed) == ["staging: database would be deleted."]


def test_the_listing_counts_changes_and_lists_the_worst_first() -> None:
    assert list(upgrade.listing(report())) == ["staging: no change (200 resources unchanged)"]
    found = report(change(CREATED, POLICY), change(UPDATED, POLICY), change(REPLACED))
    assert list(upgrade.listing(found)) == [
        "staging: 1 replaced, 1 updated, 1 created (200 resources unchanged)",
        "  replaced it aws:rds/instance:Instance (name)",
        "  updated it aws:iam/rolePolicy:RolePolicy (name)",
        "  created it aws:iam/rolePolicy:RolePolicy (name)",
    ]


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, instead of this one."""
    for words in (
        ("init", "--quiet"),
        ("config", "user.email", "octocat@example.com"),
        ("config", "user.name", "octocat"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    for stack in ("staging", "gone"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "commit", "--quiet", "--message", "first"], cwd=tmp_path, check=True)
    (tmp_path / "Pulumi.gone.yaml").unlink()
    (tmp_path / "Pulumi.new.yaml").write_text("config: {}")
    monkeypatch.setattr(upgrade, "PROJECT_DIR", tmp_path)
    return tmp_path


def test_the_base_is_a_copy_and_the_work_tree_stays_unchanged(base: Path) -> None:
    with upgrade.checked_out("HEAD") as tree:
        assert upgrade.stacks_of(tree) == {"staging", "gone"}
    assert not tree.exists()
    assert upgrade.stacks_of(base) == {"staging", "new"}


@pytest.mark.parametrize(
    ("found", "code"), [(report(), 1), (report(change(DELETED)), 1)], ids=["clean", "loss"]
)
@pytest.mark.usefixtures("base")
def test_a_stack_without_its_file_fails_and_each_other_is_listed(
    monkeypatch: pytest.MonkeyPatch, found: Report, code: int
) -> None:
    requested: list[str] = []

    def preview(stack: str, _base: Path) -> Report:
        requested.append(stack)
        return found

    monkeypatch.setattr(upgrade, "preview", preview)
    done = CliRunner().invoke(upgrade.app, ["HEAD"])
    assert done.exit_code == code
    assert requested == ["staging"]
    assert "gone: Pulumi.gone.yaml is missing in this tree." in done.output


@pytest.mark.usefixtures("base")
def test_one_stack_without_a_loss_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "stacks_of", lambda _tree: {"staging"})
    monkeypatch.setattr(upgrade, "preview", lambda _stack, _base: report(change(UPDATED)))
    done = CliRunner().invoke(upgrade.app, ["HEAD"])
    assert (done.exit_code, done.output.count("\n")) == (0, 2)


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("ref", ["", "no-such-branch", "--help-me"])
def test_a_ref_without_a_commit_is_refused(ref: str) -> None:
    done = CliRunner().invoke(upgrade.app, ["--", ref])
    assert done.exit_code == 2
    assert "make upgrade BASE=origin/main" in done.output


@pytest.mark.parametrize(("file", "module"), stacks.UP_COMMANDS.items())
def test_a_base_is_deployed_with_its_own_code(tmp_path: Path, file: str, module: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(
        "import os, sys, names\n"
        "printed = f'{sys.argv[1:]} {names.OURS} ' + os.environ['PULUMI_BACKEND_URL']\n"
        "open('ran', 'w').write(printed)\n"
    )
    source = tmp_path / "packages/some/src"
    source.mkdir(parents=True)
    (source / "names.py").write_text("OURS = 'the base'")
    stacks.bring_up(tmp_path, "staging", {"PULUMI_BACKEND_URL": "file:///state"})
    assert (tmp_path / "ran").read_text() == "['up', '--stack', 'staging'] the base file:///state"
    (tmp_path / file).write_text("raise SystemExit(3)")
    with pytest.raises(NoStackError, match=rf"python -m {module} up --stack staging` failed in"):
        stacks.bring_up(tmp_path, "staging", {})


def test_a_directory_other_than_a_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoStackError, match=r"--base is a checkout of this repository\.$"):
        stacks.bring_up(tmp_path, "staging", {})


def test_this_tree_can_be_a_base() -> None:
    assert (stack_file.PROJECT_DIR / next(iter(stacks.UP_COMMANDS))).is_file()
