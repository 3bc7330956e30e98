"""The application's own workflow deploys to the stack, and `arbor` treats it as a release."""

import pytest
from botocore.exceptions import ClientError

import application_workflow as workflow
from arbor.ecs import services
from arbor.incident import services as incident
from arbor.incident.reads import shared_reads
from arbor.release import catalogue, history, release, rollback
from ecs_world import client
from pulumi_moto.clock import CLOCK
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, OLD, Staging

FIRST = "0736955c65aa9799114490f184d3c03cfa870091"
SECOND = "f512267a300eb1835c15d83770e605aba242fd53"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waiter's pauses advance the account's clock."""
    monkeypatch.setattr("botocore.waiter.time.sleep", CLOCK.advance)


@pytest.fixture(autouse=True)
def repositories(staging: Staging) -> None:
    """Repositories as components/registry.py creates them."""
    for app in staging.repositories:
        client("ecr").put_image_tag_mutability(
            repositoryName=app,
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filter": "latest", "filterType": "WILDCARD"}],
        )


def deployed(app: str, sha: str) -> str:
    service = f"arbor-staging-{app}"
    return workflow.deploy(
        family=service,
        container=app,
        image=workflow.push(app, sha),
        service=service,
        cluster=CLUSTER,
    )


def test_each_build_moves_latest_and_no_commits_image_changes(staging: Staging) -> None:
    assert staging.repositories
    for sha in (FIRST, SECOND):
        workflow.push("backend", sha)
    (latest,) = client("ecr").describe_images(
        repositoryName="backend", imageIds=[{"imageTag": "latest"}]
    )["imageDetails"]
    assert sorted(latest["imageTags"]) == sorted([SECOND, "latest"])
    with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
        workflow.push("backend", FIRST, content="another build of the commit")


def test_a_deployed_commit_changes_only_the_image(staging: Staging) -> None:
    before = staging.definition(staging.service(BACKEND)["taskDefinition"])
    revision = deployed("backend", FIRST)
    assert staging.service(BACKEND)["taskDefinition"] == revision
    assert staging.history(BACKEND)[0] == "SUCCESSFUL"
    after = staging.definition(revision)
    assert after == {**before, "image": f"{staging.repositories['backend']}:{FIRST}"}


def test_status_revisions_and_rollback_treat_its_revisions_as_releases(staging: Staging) -> None:
    arn = deployed("backend", FIRST)
    deployed("frontend", FIRST)
    assert [one.version for one in incident.read(shared_reads(staging.account))] == [FIRST, FIRST]
    rows = catalogue.rows(staging.account, ("backend", "frontend"), 5)
    live = [(row.service, row.version, row.has_image) for row in rows if row.live]
    assert live == [("backend", FIRST, True), ("frontend", FIRST, True)]
    newest = history.read(services.read(staging.account, "backend"))[0]
    assert (newest.revision, newest.status) == (arn, "SUCCESSFUL")

    rollback.plan(staging.account, ("frontend", "backend")).execute(staging.run())
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)
    rollback.plan(staging.account, ("backend",), FIRST).execute(staging.run())
    assert staging.service(BACKEND)["taskDefinition"] == arn


def test_it_starts_from_the_newest_revision_and_a_release_from_infrastructures(
    staging: Staging,
) -> None:
    """So both include infrastructure's changes, and a release drops the workflow's own."""
    staging.infrastructure("backend", environment=[{"name": "NEW", "value": "setting"}])
    arn = deployed("backend", FIRST)
    assert staging.definition(arn)["environment"] == [{"name": "NEW", "value": "setting"}]
    workflow.push("backend", SECOND)
    workflow.push("frontend", SECOND)
    release.plan(staging.account, SECOND, opener=None).execute(staging.run())
    live = staging.definition(staging.service(BACKEND)["taskDefinition"])
    assert live["environment"] == [{"name": "NEW", "value": "setting"}]
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (SECOND, SECOND)


def test_a_release_of_a_deployed_commit_starts_no_deployment(staging: Staging) -> None:
    deployed("backend", FIRST)
    deployed("frontend", FIRST)
    before = len(staging.history(BACKEND))
    release.plan(staging.account, FIRST, opener=None).execute(staging.run())
    assert len(staging.history(BACKEND)) == before


def test_its_wait_succeeds_after_a_rollback_by_ecs(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`services-stable` also succeeds after a rollback; docs/application.md has the check."""

    def fails(seconds: float) -> None:
        staging.ring("backend")
        CLOCK.advance(seconds)

    monkeypatch.setattr("botocore.waiter.time.sleep", fails)
    revision = deployed("backend", FIRST)
    assert staging.service(BACKEND)["taskDefinition"] != revision
    assert staging.image(BACKEND) == OLD
    assert staging.history(BACKEND)[0] == "ROLLBACK_SUCCESSFUL"
