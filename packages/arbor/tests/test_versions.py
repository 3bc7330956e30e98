"""Versions: a tag of one build, such as a git SHA, or an image's digest."""

import pytest

from arbor.ecs import revisions
from arbor.procedure import Refused
from arbor.release import catalogue, release, rollback
from arbor.release.verify import snapshot, table
from ecs_world import client
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, NEW, OLD, Staging, push, register

SHA = "0736955c65aa9799114490f184d3c03cfa870091"
NOWHERE = f"sha256:{'0' * 64}"


def digest(repository: str, tag: str) -> str:
    (found,) = client("ecr").describe_images(
        repositoryName=repository, imageIds=[{"imageTag": tag}]
    )["imageDetails"]
    return str(found["imageDigest"])


def tag(repository: str, image: str, tag: str) -> None:
    """Tag an existing image, as in the runbook."""
    ecr = client("ecr")
    (found,) = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": image}])[
        "images"
    ]
    ecr.put_image(
        repositoryName=repository,
        imageTag=tag,
        imageManifest=found["imageManifest"],
        imageManifestMediaType=found["imageManifestMediaType"],
    )


def full_image(staging: Staging, service: str) -> str:
    return str(staging.definition(staging.service(service)["taskDefinition"])["image"])


def released(staging: Staging, version: str, **others: str) -> None:
    planned = release.plan(staging.account, version, others=others, opener=None)
    planned.execute(staging.run())


def why(staging: Staging, version: str, **others: str) -> str:
    with pytest.raises(Refused) as refused:
        release.plan(staging.account, version, others=others, opener=None)
    return str(refused.value)


def test_a_git_sha_is_a_version(staging: Staging) -> None:
    for app in ("backend", "frontend"):
        push(app, SHA)
    released(staging, SHA)
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (SHA, SHA)
    live = [row for row in catalogue.rows(staging.account, ("backend",), 5) if row.live]
    assert [(row.version, row.has_image) for row in live] == [(SHA, True)]


def test_each_service_is_released_by_the_digest_of_its_image(staging: Staging) -> None:
    wanted = {app: digest(app, NEW) for app in ("backend", "frontend")}
    released(staging, wanted["backend"], frontend=wanted["frontend"])
    for name, app in ((BACKEND, "backend"), (FRONTEND, "frontend")):
        assert full_image(staging, name) == f"{staging.repositories[app]}@{wanted[app]}"
    rows = catalogue.rows(staging.account, ("backend", "frontend"), 1)
    assert [row.version for row in rows] == list(wanted.values())
    assert all(row.has_image for row in rows)
    seen = snapshot.read(staging.account, None)
    assert {app: one.image.digest for app, one in seen.planned.items()} == {
        **wanted,
        "migrations": wanted["backend"],
    }
    assert release.plan_migration(staging.account, None).planned.image.digest == wanted["backend"]
    rollback.plan(staging.account, ("frontend", "backend")).execute(staging.run())
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)


def test_one_digest_does_not_fit_both_services(staging: Staging) -> None:
    message = why(staging, digest("backend", NEW))
    assert message.startswith("frontend has no image sha256:")
    assert "pass this repository's digest (--image SERVICE=DIGEST) or a tag that all" in message


def test_an_unknown_digest_is_refused(staging: Staging) -> None:
    assert f"backend has no image {NOWHERE}" in why(staging, NOWHERE)


def test_an_unknown_tag_is_refused_with_the_newest_ones(staging: Staging) -> None:
    """A pipeline may push only a git SHA; the release's tag can be added to that image."""
    push("backend", SHA)
    tag("backend", SHA, "latest")
    message = why(staging, "v1.2.3").splitlines()[0]
    assert "tag an existing image (docs/runbook.md" in message
    assert SHA in message
    assert "latest" not in message
    for app, image in (("backend", SHA), ("frontend", NEW)):
        tag(app, image, "v1.2.3")
    assert f"{SHA} = v1.2.3" in why(staging, "v9.9.9")
    released(staging, "v1.2.3")
    assert staging.image(BACKEND) == "v1.2.3"


def test_latest_is_never_released(staging: Staging) -> None:
    for app in ("backend", "frontend"):
        tag(app, NEW, "latest")
    assert "latest changes with each build; use the build's own tag" in why(staging, "latest")
    assert "latest is not a version" in why(staging, NEW, frontend="latest")


def test_a_migration_of_a_live_latest_image_is_refused(staging: Staging) -> None:
    """An operator deployed `latest` by hand."""
    live = register("backend", f"{staging.repositories['backend']}:latest")
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=live)
    staging.finish()
    before = staging.writes()
    with pytest.raises(Refused, match="runs latest, which is not a version: add --version with"):
        release.plan_migration(staging.account, None)
    assert release.plan_migration(staging.account, NEW).planned.image.tag == NEW
    assert staging.writes() == before


def test_verify_checks_the_version_of_each_service(staging: Staging) -> None:
    seen = snapshot.read(staging.account, digest("backend", NEW), {"frontend": NEW})
    lines = {line.name: line for line in table.checks(seen)}
    assert (lines["images"].status, lines["kept images"].status) == ("OK", "OK")
    with pytest.raises(Refused, match="latest is not a version"):
        snapshot.read(staging.account, NEW, {"frontend": "latest"})


@pytest.mark.parametrize("by", [str, lambda version: digest("backend", version)])
def test_a_service_is_rolled_back_to_a_version(staging: Staging, by: object) -> None:
    assert callable(by)
    first = by(OLD)
    if first != OLD:
        image = f"{staging.repositories['backend']}@{first}"
        (register,) = revisions.planned(staging.account, BACKEND, "backend", first).steps()
        register.do()
        assert staging.definition(staging.revisions(BACKEND)[0])["image"] == image
    released(staging, NEW)
    rollback.plan(staging.account, ("backend",), first).execute(staging.run())
    assert full_image(staging, BACKEND).endswith(first)
