"""Versions: a tag of one build, such as a git SHA, or an image's digest."""

import pytest

from arbor.ecs import revisions
from arbor.procedure import Refused
from arbor.release import catalogue, release, rollback
from arbor.release.verify import snapshot, table
from ecs_world import client
from operations_world import BACKEND, CLUSTER, FRONTEND, NEW, OLD, World, push, register

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


def full_image(world: World, service: str) -> str:
    return str(world.definition(world.service(service)["taskDefinition"])["image"])


def released(world: World, version: str, **others: str) -> None:
    planned = release.plan(world.account, version, others=others, opener=None)
    planned.execute(world.run())


def why(world: World, version: str, **others: str) -> str:
    with pytest.raises(Refused) as refused:
        release.plan(world.account, version, others=others, opener=None)
    return str(refused.value)


def test_a_git_sha_is_a_version(world: World) -> None:
    for app in ("backend", "frontend"):
        push(app, SHA)
    released(world, SHA)
    assert (world.image(BACKEND), world.image(FRONTEND)) == (SHA, SHA)
    live = [row for row in catalogue.rows(world.account, ("backend",), 5) if row.live]
    assert [(row.version, row.has_image) for row in live] == [(SHA, True)]


def test_each_service_is_released_by_the_digest_of_its_image(world: World) -> None:
    wanted = {app: digest(app, NEW) for app in ("backend", "frontend")}
    released(world, wanted["backend"], frontend=wanted["frontend"])
    for name, app in ((BACKEND, "backend"), (FRONTEND, "frontend")):
        assert full_image(world, name) == f"{world.repositories[app]}@{wanted[app]}"
    rows = catalogue.rows(world.account, ("backend", "frontend"), 1)
    assert [row.version for row in rows] == list(wanted.values())
    assert all(row.has_image for row in rows)
    seen = snapshot.read(world.account, None)
    assert {app: one.image.digest for app, one in seen.planned.items()} == {
        **wanted,
        "migrations": wanted["backend"],
    }
    assert release.plan_migration(world.account, None).planned.image.digest == wanted["backend"]
    rollback.plan(world.account, ("frontend", "backend")).execute(world.run())
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)


def test_one_digest_does_not_fit_both_services(world: World) -> None:
    message = why(world, digest("backend", NEW))
    assert message.startswith("frontend has no image sha256:")
    assert "pass this repository's digest (--image SERVICE=DIGEST) or a tag that all" in message


def test_an_unknown_digest_is_refused(world: World) -> None:
    assert f"backend has no image {NOWHERE}" in why(world, NOWHERE)


def test_an_unknown_tag_is_refused_with_the_newest_ones(world: World) -> None:
    """A pipeline may push only a git SHA; the release's tag can be added to that image."""
    push("backend", SHA)
    tag("backend", SHA, "latest")
    message = why(world, "v1.2.3").splitlines()[0]
    assert "tag an existing image (docs/runbook.md" in message
    assert SHA in message
    assert "latest" not in message
    for app, image in (("backend", SHA), ("frontend", NEW)):
        tag(app, image, "v1.2.3")
    assert f"{SHA} = v1.2.3" in why(world, "v9.9.9")
    released(world, "v1.2.3")
    assert world.image(BACKEND) == "v1.2.3"


def test_latest_is_never_released(world: World) -> None:
    for app in ("backend", "frontend"):
        tag(app, NEW, "latest")
    assert "latest changes with each build; use the build's own tag" in why(world, "latest")
    assert "latest is not a version" in why(world, NEW, frontend="latest")


def test_a_migration_of_a_live_latest_image_is_refused(
    world: World,
) -> None:
    """An operator deployed `latest` by hand."""
    live = register("backend", f"{world.repositories['backend']}:latest")
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=live)
    world.finish()
    before = world.writes()
    with pytest.raises(Refused, match="runs latest, which is not a version: add --version with"):
        release.plan_migration(world.account, None)
    assert release.plan_migration(world.account, NEW).planned.image.tag == NEW
    assert world.writes() == before


def test_verify_checks_the_version_of_each_service(world: World) -> None:
    seen = snapshot.read(world.account, digest("backend", NEW), {"frontend": NEW})
    lines = {line.name: line for line in table.checks(seen)}
    assert (lines["images"].status, lines["kept images"].status) == ("OK", "OK")
    with pytest.raises(Refused, match="latest is not a version"):
        snapshot.read(world.account, NEW, {"frontend": "latest"})


@pytest.mark.parametrize("by", [str, lambda version: digest("backend", version)])
def test_a_service_is_rolled_back_to_a_version(world: World, by: object) -> None:
    assert callable(by)
    first = by(OLD)
    if first != OLD:
        image = f"{world.repositories['backend']}@{first}"
        (register,) = revisions.planned(world.account, BACKEND, "backend", first).steps()
        register.do()
        assert world.definition(world.revisions(BACKEND)[0])["image"] == image
    released(world, NEW)
    rollback.plan(world.account, ("backend",), first).execute(world.run())
    assert full_image(world, BACKEND).endswith(first)
