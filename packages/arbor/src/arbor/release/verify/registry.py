"""Checks of the images: the tasks' platform, and the repositories' lifecycle policies."""

import fnmatch
import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from arbor.account import Account, together
from arbor.ecs import images, revisions
from arbor.release.verify.snapshot import Found, Skipped, Snapshot, sentences
from arbor.words import counted

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
"""Of a task definition, and as an image calls it."""
SECONDS = 10.0
Fetch = Callable[[str], bytes]


def fetch(url: str) -> bytes:
    """An image's config, at the address that ECR signed."""
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - ECR's https
        return bytes(answer.read())


def platforms(snapshot: Snapshot) -> Found:
    """Fargate starts no task from an image of another platform: CannotPullContainerError.

    Raises Skipped where none of the images is there: another check says so.
    """
    wanted = {
        (str(one.image), _platform(one.content)): one.image for one in snapshot.planned.values()
    }
    held = together(*(partial(_platforms, snapshot.account, image) for image in wanted.values()))
    there = {
        key: platforms for key, platforms in zip(wanted, held, strict=True) if platforms is not None
    }
    if not there:
        raise Skipped("no image is there whose platform could be read")
    wrong = [
        _another_platform(wanted[key], platforms, key[1])
        for key, platforms in there.items()
        if key[1] not in platforms
    ]
    told = " and ".join(sorted({platform for _, platform in there}))
    are = "image is" if len(there) == 1 else "images are"
    absent = len(wanted) - len(there)
    beside = f", {counted(absent, 'image')} missing" if absent else ""
    return Found(f"{len(there)} {are} for {told}{beside}", tuple(wrong))


def _platform(task: Mapping[str, Any]) -> str:
    """Which images a task runs: Fargate's default is Linux on X86_64."""
    asked = task.get("runtimePlatform", {})
    architecture = asked.get("cpuArchitecture", "X86_64")
    return f"linux/{ARCHITECTURES.get(architecture, str(architecture).lower())}"


def _another_platform(image: images.Image, held: set[str], platform: str) -> str:
    return (
        f"{image.repository}:{image.version} is for "
        f"{', '.join(sorted(held)) or 'no platform'}, and its task runs {platform}: build it "
        f"with `docker buildx build --platform {platform}` and push it as another version."
    )


def _platforms(account: Account, image: images.Image) -> set[str] | None:
    """None where there is no such image, which another check says."""
    ecr = account.client("ecr")
    wanted = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag or "latest"}
    try:
        found = ecr.batch_get_image(
            registryId=image.registry,
            repositoryName=image.repository,
            imageIds=[wanted],
            acceptedMediaTypes=[*INDEXES, *MANIFESTS],
        )["images"]
    except ecr.exceptions.RepositoryNotFoundException:
        return None
    if not found:
        return None
    manifest = json.loads(found[0]["imageManifest"])
    if "manifests" in manifest:
        each = [one.get("platform", {}) for one in manifest["manifests"]]
        # Attestations stand beside the images, for the platform unknown/unknown.
        return {_named(one) for one in each if one.get("os") not in {None, "unknown"}}
    return {_named(_config(account, image, manifest["config"]["digest"]))}


def _named(platform: Mapping[str, Any]) -> str:
    return f"{platform.get('os')}/{platform.get('architecture')}"


def _config(account: Account, image: images.Image, digest: str) -> dict[str, Any]:
    """The config of an image for one platform alone, which says for which."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        url = account.client("ecr").get_download_url_for_layer(
            registryId=image.registry, repositoryName=image.repository, layerDigest=digest
        )["downloadUrl"]
        config: dict[str, Any] = json.loads(fetch(url))
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        raise Skipped(
            f"for which platform {image.repository}:{image.version} is made is not "
            f"known: its config can't be read ({error})"
        ) from error
    return config


def kept(snapshot: Snapshot) -> Found:
    """An image that runs and is expired by its repository's policy starts no further task."""
    running = snapshot.account.client("ecs")
    texts = {str(one.image) for one in snapshot.planned.values()}
    for service in snapshot.services:
        described = running.describe_task_definition(taskDefinition=service.task_definition)
        content = revisions.content_of(snapshot.account, described["taskDefinition"])
        texts |= {container["image"] for container in content["containerDefinitions"]}
    wanted = [image for text in sorted(texts) if (image := images.parse(text)) is not None]
    wrong = sentences(*(partial(_expired, snapshot.account, image) for image in wanted))
    return Found(
        f"no lifecycle policy would expire any of {counted(len(wanted), 'image')}", tuple(wrong)
    )


def _expired(account: Account, image: images.Image) -> Iterator[str]:
    ecr = account.client("ecr")
    where = {"registryId": image.registry, "repositoryName": image.repository}
    try:
        policy = json.loads(ecr.get_lifecycle_policy(**where)["lifecyclePolicyText"])
    except (
        ecr.exceptions.LifecyclePolicyNotFoundException,
        ecr.exceptions.RepositoryNotFoundException,
    ):
        return  # nothing expires, or another check says what is missing
    held = [
        one
        for page in ecr.get_paginator("describe_images").paginate(**where)
        for one in page["imageDetails"]
    ]
    mine = next((one for one in held if _is(one, image)), None)
    if mine is not None and (why := expiry(policy["rules"], held, mine)):
        yield (
            f"{image.repository}:{image.version} is to expire, for {why}: raise "
            f"arbor:imagesKept in Pulumi.{account.stack}.yaml and run `pulumi up`, or release a "
            "newer version."
        )


def _is(found: Mapping[str, Any], image: images.Image) -> bool:
    if image.digest:
        return bool(found["imageDigest"] == image.digest)
    return image.tag in found.get("imageTags", [])


def expiry(
    rules: Sequence[Mapping[str, Any]],
    held: Sequence[Mapping[str, Any]],
    mine: Mapping[str, Any],
) -> str:
    """Why the policy would expire an image; nothing when it would not.

    The first rule that selects an image decides about it.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    for rule in sorted(rules, key=lambda one: int(one["rulePriority"])):
        selection = rule["selection"]
        if not _selects(selection, mine):
            continue
        number = int(selection["countNumber"])
        if selection["countType"] == "imageCountMoreThan":
            newer = [
                one
                for one in held
                if _selects(selection, one) and one["imagePushedAt"] > mine["imagePushedAt"]
            ]
            return f"{len(newer)} are newer and {number} are kept" if len(newer) >= number else ""
        if selection["countType"] == "sinceImagePushed":
            old = datetime.now(UTC) - mine["imagePushedAt"] > timedelta(days=number)
            return f"it was pushed more than {number} days ago" if old else ""
        return ""
    return ""


def _selects(selection: Mapping[str, Any], image: Mapping[str, Any]) -> bool:
    tags, status = image.get("imageTags") or [], selection["tagStatus"]
    if status == "any":
        return True
    if status == "untagged":
        return not tags
    patterns = [
        *selection.get("tagPatternList", []),
        *(f"{prefix}*" for prefix in selection.get("tagPrefixList", [])),
    ]
    # An image has to match every pattern of the list.
    return bool(tags) and all(
        any(fnmatch.fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns
    )
