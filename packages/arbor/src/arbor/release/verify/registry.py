"""Checks of the images: the tasks' platform, and the repositories' lifecycle policies."""

import fnmatch
import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NotRequired, TypedDict

from arbor.account import Account, together
from arbor.ecs import images, revisions
from arbor.release.verify.snapshot import Found, Skipped, Snapshot, sentences
from arbor.words import counted

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef
    from mypy_boto3_ecs.type_defs import TaskDefinitionTypeDef

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
"""By the task definition's name, the image's."""
SECONDS = 10.0
Fetch = Callable[[str], bytes]


class Selection(TypedDict):
    """The images that a rule of a lifecycle policy selects."""

    tagStatus: str
    countType: str
    countNumber: int
    tagPatternList: NotRequired[list[str]]
    tagPrefixList: NotRequired[list[str]]


class ExpiryRule(TypedDict):
    """A rule of a lifecycle policy."""

    rulePriority: int
    selection: Selection


def fetch(url: str) -> bytes:
    """An image's config, from ECR's pre-signed URL."""
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - ECR's https
        return bytes(answer.read())


def platforms(snapshot: Snapshot) -> Found:
    """Each image is for its task's platform; otherwise Fargate fails with CannotPullContainerError.

    Raises Skipped if no image exists, which another check reports.
    """
    wanted = {
        (str(one.image), _platform(one.content)): one.image for one in snapshot.planned.values()
    }
    held = together(*(partial(_platforms, snapshot.account, image) for image in wanted.values()))
    there = {
        key: platforms for key, platforms in zip(wanted, held, strict=True) if platforms is not None
    }
    if not there:
        raise Skipped("no image exists")
    wrong = [
        _another_platform(wanted[key], platforms, key[1])
        for key, platforms in there.items()
        if key[1] not in platforms
    ]
    required = " and ".join(sorted({platform for _, platform in there}))
    absent = len(wanted) - len(there)
    missing = f", {counted(absent, 'image')} missing" if absent else ""
    return Found(f"{counted(len(there), 'image')} for {required}{missing}", tuple(wrong))


def _platform(task: "TaskDefinitionTypeDef") -> str:
    """The platform of a task's images; Fargate's default is Linux on X86_64."""
    architecture = task.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    return f"linux/{ARCHITECTURES.get(architecture, architecture.lower())}"


def _another_platform(image: images.Image, held: set[str], platform: str) -> str:
    return (
        f"{image.repository}:{image.version} is for "
        f"{', '.join(sorted(held)) or 'no platform'}; its task runs {platform}: build it "
        f"with `docker buildx build --platform {platform}` and push it as another version."
    )


def _platforms(account: Account, image: images.Image) -> set[str] | None:
    """The platforms of an image; None if it doesn't exist, which another check reports."""
    ecr = account.client("ecr")
    try:
        found = ecr.batch_get_image(
            registryId=image.registry,
            repositoryName=image.repository,
            imageIds=[image.identifier],
            acceptedMediaTypes=[*INDEXES, *MANIFESTS],
        )["images"]
    except ecr.exceptions.RepositoryNotFoundException:
        return None
    if not found:
        return None
    manifest = json.loads(found[0]["imageManifest"])
    if "manifests" in manifest:
        each = [one.get("platform", {}) for one in manifest["manifests"]]
        # An index also lists attestations, for the platform unknown/unknown.
        return {_named(one) for one in each if one.get("os") not in {None, "unknown"}}
    return {_named(_config(account, image, manifest["config"]["digest"]))}


def _named(platform: Mapping[str, object]) -> str:
    return f"{platform.get('os')}/{platform.get('architecture')}"


def _config(account: Account, image: images.Image, digest: str) -> dict[str, object]:
    """The config of an image for one platform, which contains the platform."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        url = account.client("ecr").get_download_url_for_layer(
            registryId=image.registry, repositoryName=image.repository, layerDigest=digest
        )["downloadUrl"]
        config: dict[str, object] = json.loads(fetch(url))
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        raise Skipped(
            f"the platform of {image.repository}:{image.version} is unknown: its config can't be "
            f"read ({error})"
        ) from error
    return config


def kept(snapshot: Snapshot) -> Found:
    """No used image is due to expire by its repository's policy: a later task could not start."""
    running = snapshot.account.client("ecs")
    texts = {str(one.image) for one in snapshot.planned.values()}
    for service in snapshot.services:
        described = running.describe_task_definition(taskDefinition=service.task_definition)
        content = revisions.content_of(snapshot.account, described["taskDefinition"])
        texts |= {container["image"] for container in content["containerDefinitions"]}
    wanted = [image for text in sorted(texts) if (image := images.parse(text)) is not None]
    wrong = sentences(*(partial(_expired, snapshot.account, image) for image in wanted))
    return Found(f"0 of {counted(len(wanted), 'image')} due to expire", tuple(wrong))


def _expired(account: Account, image: images.Image) -> Iterator[str]:
    ecr = account.client("ecr")
    try:
        found = ecr.get_lifecycle_policy(registryId=image.registry, repositoryName=image.repository)
    except (
        ecr.exceptions.LifecyclePolicyNotFoundException,
        ecr.exceptions.RepositoryNotFoundException,
    ):
        return  # nothing expires, or another check reports the missing repository
    rules: list[ExpiryRule] = json.loads(found["lifecyclePolicyText"])["rules"]
    held = images.of_repository(account, image)
    mine = next((one for one in held if _is(one, image)), None)
    if mine is not None and (why := expiry(rules, held, mine)):
        yield (
            f"{image.repository}:{image.version} is due to expire: {why}. Raise "
            f"arbor:imagesKept in Pulumi.{account.stack}.yaml and run `pulumi up`, or release a "
            "newer version."
        )


def _is(found: "ImageDetailTypeDef", image: images.Image) -> bool:
    if image.digest:
        return found["imageDigest"] == image.digest
    return image.tag in found.get("imageTags", [])


def expiry(
    rules: Sequence[ExpiryRule],
    held: "Sequence[ImageDetailTypeDef]",
    mine: "ImageDetailTypeDef",
) -> str:
    """Why the policy would expire an image; empty if it would not.

    The first rule that selects an image decides about it.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    for rule in sorted(rules, key=lambda one: one["rulePriority"]):
        selection = rule["selection"]
        if not _selects(selection, mine):
            continue
        number = selection["countNumber"]
        if selection["countType"] == "imageCountMoreThan":
            newer = [
                one
                for one in held
                if _selects(selection, one) and one["imagePushedAt"] > mine["imagePushedAt"]
            ]
            many = f"{counted(len(newer), 'image')} newer, {number} kept"
            return many if len(newer) >= number else ""
        if selection["countType"] == "sinceImagePushed":
            old = datetime.now(UTC) - mine["imagePushedAt"] > timedelta(days=number)
            return f"it was pushed more than {number} days ago" if old else ""
        return ""
    return ""


def _selects(selection: Selection, image: "ImageDetailTypeDef") -> bool:
    tags, status = image.get("imageTags") or [], selection["tagStatus"]
    if status == "any":
        return True
    if status == "untagged":
        return not tags
    patterns = [
        *selection.get("tagPatternList", []),
        *(f"{prefix}*" for prefix in selection.get("tagPrefixList", [])),
    ]
    # The image must match every pattern.
    return bool(tags) and all(
        any(fnmatch.fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns
    )
