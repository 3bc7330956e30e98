"""The runbook filled in from an account."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from arbor.account import Account
from arbor.procedure import Refused
from arbor.runbook import document, rendered, values
from arbor.runbook.finding import Finder, Missing
from ecs_world import client
from pulumi_moto.clock import CLOCK
from runbook_fixtures import complete
from staging_fixtures import DOMAIN, STACK, Staging

FOUND = {
    "domain": DOMAIN,
    "backend-revision": "1",
    "database-subnet-group": "isolated",
    "log-export-bucket": "exports-of-ours",
}


@pytest.fixture
def whole(staging: Staging) -> Staging:
    complete(staging)
    return staging


def operate(*words: str) -> Result:
    return CliRunner().invoke(app, ["runbook", *words, "--stack", STACK])


def found(account: Account) -> values.Values:
    return values.find(account, values.names())


def test_every_placeholder_is_filled_in(whole: Staging) -> None:
    whole.infrastructure("backend")  # a second revision, which is not deployed
    answer = found(whole.account)
    assert set(answer.left) == {
        *values.CHOSEN,
        "backend-previous-revision",
        "frontend-previous-revision",
        "backend-hook-id",
    }
    task = answer.filled["backend-task-id"]
    target = answer.filled["backend-exec-target"]
    assert target.startswith(f"ecs:arbor-{STACK}-cluster_{task}_{task}-")
    assert answer.filled.items() >= FOUND.items()
    assert answer.filled["backend-infrastructure-revision"] == "2"
    assert answer.filled["backend-production-rule-arn"] == whole.rules["backend"]
    assert answer.filled["private-subnet-ids"] == ",".join(whole.subnets)
    groups = whole.security_groups
    assert answer.filled["migrations-security-group-id"] == groups["migrations"]
    assert answer.filled["backend-security-group-id"] == groups["backend"]


def test_each_colour_has_its_own_target_group(whole: Staging) -> None:
    answer = found(whole.account).filled
    elb = client("elbv2")
    for app_name in ("backend", "frontend"):
        for colour in ("blue", "green"):
            arn = answer[f"{app_name}-{colour}-target-group-arn"]
            (group,) = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
            assert group["TargetGroupName"] == f"{app_name}-{colour}"
    (listener,) = elb.describe_listeners(ListenerArns=[answer["listener-arn"]])["Listeners"]
    assert listener["LoadBalancerArn"].endswith(answer["load-balancer-dimension"])
    assert answer["load-balancer-dimension"].startswith("app/lb/")
    assert listener["Certificates"][0]["CertificateArn"] == answer["certificate-arn"]


def test_the_previous_revision_is_the_active_one_before_the_live_one(whole: Staging) -> None:
    ecs, name = client("ecs"), f"arbor-{STACK}-backend"
    for _ in range(3):
        whole.infrastructure("backend")
    ecs.update_service(cluster=f"arbor-{STACK}-cluster", service=name, taskDefinition=f"{name}:3")
    whole.finish()
    ecs.deregister_task_definition(taskDefinition=f"{name}:2")
    answer = found(whole.account).filled
    assert (answer["backend-revision"], answer["backend-previous-revision"]) == ("3", "1")
    assert answer["backend-infrastructure-revision"] == "4"


def test_a_releases_revision_is_not_infrastructures(whole: Staging) -> None:
    made = whole.infrastructure("backend")
    client("ecs").tag_resource(resourceArn=made, tags=[{"key": "ManagedBy", "value": "release"}])
    assert found(whole.account).filled["backend-infrastructure-revision"] == "1"


def test_a_paused_deployment_has_its_hook(whole: Staging) -> None:
    name = f"arbor-{STACK}-backend"
    whole.pause(name)
    client("ecs").update_service(
        cluster=f"arbor-{STACK}-cluster", service=name, forceNewDeployment=True
    )
    for _ in range(30):
        CLOCK.advance(60)
        if "backend-hook-id" in (answer := found(whole.account).filled):
            break
    (deployment,) = client("ecs").describe_service_deployments(
        serviceDeploymentArns=[answer["backend-deployment-arn"]]
    )["serviceDeployments"]
    assert deployment["lifecycleHookDetails"][0]["hookId"] == answer["backend-hook-id"]


def test_a_missing_value_has_its_reason(staging: Staging) -> None:
    answer = found(staging.account)
    assert "There is no database arbor-staging-db" in answer.left["database-endpoint"]
    assert answer.left["log-export-bucket"].startswith("0 buckets have the tags")
    assert answer.left["certificate-arn"] == "the listener on port 80 has no certificate"
    assert answer.left["version"] == values.CHOSEN["version"]
    assert answer.filled["domain"] == DOMAIN


def test_an_account_without_the_stack_fills_in_nothing(staging: Staging) -> None:
    answer = values.find(Account(stack="production", client=client), values.names())
    assert not answer.filled
    assert (
        "arbor-production-cluster" in answer.left["domain"]
        or "ClusterNotFound" in answer.left["domain"]
    )
    assert staging


@pytest.mark.parametrize("value", ["$(rm -rf x)", "a b", "a;b", "a`b`", "a|b", "<b>", "a\nb", ""])
def test_a_value_with_shell_characters_is_not_filled_in(
    value: str, staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = Finder(names=("domain",), find=lambda _: {"domain": value})
    monkeypatch.setattr(values, "FINDERS", (finder,))
    answer = values.find(staging.account, ["domain"])
    assert "domain" not in answer.filled
    assert answer.left["domain"]


def test_a_finder_returns_each_of_its_names(whole: Staging) -> None:
    for finder in values.FINDERS:
        assert set(finder.find(whole.account)) == set(finder.names)


def test_an_unknown_placeholder_has_no_value(staging: Staging) -> None:
    assert values.find(staging.account, ["nonsense"]).left == {"nonsense": "no such placeholder"}


def test_without_valid_credentials_the_message_is_only_that(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_client: BaseClient, operation: str, _asked: object) -> None:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    monkeypatch.setattr(
        "arbor.runbook.commands.connect", lambda stack: Account(stack=stack, client=client)
    )
    done = operate()
    assert done.exit_code == 1
    assert "sign in again" in done.stderr
    assert done.stdout == ""
    assert staging


def test_without_a_network_it_fails(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    call: Any = BaseClient.__dict__["_make_api_call"]

    def fail(made: BaseClient, operation: str, asked: object) -> Any:
        if operation != "GetCallerIdentity":
            raise EndpointConnectionError(endpoint_url="https://ecs")
        return call(made, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", fail)
    with pytest.raises(EndpointConnectionError):
        found(staging.account)


def test_the_printed_runbook_can_be_pasted(whole: Staging) -> None:  # noqa: ARG001 - it is there
    done = operate()
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(
        "# Operations Runbooks\n\nStaging, account 123456789012, us-east-1"
    )
    assert f"curl https://{DOMAIN}/api/v1/health" in done.stdout
    assert "    --cluster arbor-staging-cluster \\\n" in done.stdout
    ending = done.stdout[done.stdout.index("## Left to fill in") :]
    assert "- `<version>`: your choice" in ending
    used = document.placeholders(done.stdout[: done.stdout.index("## Placeholders")])
    assert set(used) <= set(document.placeholders(ending))


def test_json_has_every_value(whole: Staging) -> None:  # noqa: ARG001 - it is there
    answer = json.loads(operate("--json").stdout)
    assert (answer["stack"], answer["account"]) == (STACK, "123456789012")
    assert answer["filled"]["domain"] == DOMAIN
    assert "backend-hook-id" in answer["left"]


def test_the_whole_page_is_written(whole: Staging, tmp_path: Path) -> None:  # noqa: ARG001 - it is there
    path = tmp_path / "runbook.html"
    path.write_text("before")
    done = operate("--html", str(path))
    assert done.exit_code == 0, done.output
    assert "placeholders are filled in" in done.stdout
    assert path.read_text().endswith("</html>\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]
    as_json = operate("--html", str(path), "--json")
    assert json.loads(as_json.stdout)["stack"] == STACK


def test_an_interrupted_write_keeps_the_old_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runbook.html"
    path.write_text("before")

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "chmod", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rendered.write(path, "after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["absent/runbook.html", "."])
def test_an_unwritable_file_is_refused(
    place: str,
    whole: Staging,  # noqa: ARG001 - it is there
    tmp_path: Path,
) -> None:
    done = operate("--html", str(tmp_path / place))
    assert done.exit_code == 3
    assert "can't be written" in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_installation_without_its_runbook_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "RUNBOOK", tmp_path / "runbook.md")
    with pytest.raises(Refused, match="can't be read: No such file"):
        document.read()


def test_an_unknown_stack_is_wrong_usage() -> None:
    assert CliRunner().invoke(app, ["runbook", "--stack", "moon"]).exit_code == 2


def test_a_missing_value_has_a_reason() -> None:
    assert Missing("why").why == "why"
