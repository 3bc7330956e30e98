"""Images in ECR, as a task definition names them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import limits

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef

_IMAGE = re.compile(
    r"(?P<host>(?P<registry>\d{12})\.dkr\.ecr[a-z-]*\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)"
    r"/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?"
)

NEWEST = 3
"""Number of images in the message about a missing one."""


def require_version(text: str) -> None:
    """Raises Refused unless the text is a tag of one build or a digest; reads no image."""
    if not limits.is_version(text):
        hint = (
            " The tag latest changes with each build; use the build's own tag."
            if text == "latest"
            else ""
        )
        raise Refused(
            f"{text} is not a version; allowed: the images' tag (v1.2.3, a git SHA) or an image's "
            f"digest (sha256:...).{hint}"
        )


def versions(apps: Iterable[str], version: str, images: Mapping[str, str]) -> dict[str, str]:
    """The version of each service: its own in `images`, else `version`.

    Raises Refused for a text that isn't a version.
    """
    found = {app: images.get(app, version) for app in apps}
    for one in dict.fromkeys(found.values()):
        require_version(one)
    return found


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image by its tag, its digest or both; an absent part is empty."""

    host: str
    registry: str
    """The account of the registry."""
    repository: str
    tag: str
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"

    @property
    def version(self) -> str:
        """Its tag; without one, its digest."""
        return self.tag or self.digest

    @property
    def identifier(self) -> "ImageIdentifierTypeDef":
        """The image in its repository; without tag and digest ECS pulls `latest`."""
        if self.digest:
            return {"imageDigest": self.digest}
        return {"imageTag": self.tag or "latest"}

    def of(self, version: str) -> "Image":
        """The image of its repository with this tag or digest."""
        if limits.is_digest(version):
            return replace(self, tag="", digest=version)
        return replace(self, tag=version, digest="")


def parse(text: str) -> Image | None:
    """The parsed image; None for one outside ECR."""
    found = _IMAGE.fullmatch(text)
    if found is None:
        return None
    return Image(
        host=found["host"],
        registry=found["registry"],
        repository=found["repository"],
        tag=found["tag"] or "",
        digest=found["digest"] or "",
    )


def missing(account: Account, image: Image) -> Iterator[str]:
    """A sentence if the image or its repository doesn't exist."""
    ecr = account.client("ecr")
    try:
        ecr.describe_images(
            registryId=image.registry,
            repositoryName=image.repository,
            imageIds=[image.identifier],
        )
    except ecr.exceptions.ImageNotFoundException:
        yield (
            f"{image.repository} has no image {image.digest or image.tag or 'latest'}: push it, "
            f"or {_instead(image)}. {_newest(account, image)}"
        )
    except ecr.exceptions.RepositoryNotFoundException:
        yield (
            f"There is no repository {image.repository} in account {image.registry}; run "
            f"`pulumi up` of {account.stack}."
        )


def _instead(image: Image) -> str:
    """The remedy if the image exists under another name."""
    if image.digest:
        return (
            "pass this repository's digest (--image SERVICE=DIGEST) or a tag that all "
            "repositories have"
        )
    return 'tag an existing image (docs/runbook.md, "Standard Deployment")'


def of_repository(account: Account, image: Image) -> "list[ImageDetailTypeDef]":
    """The images of its repository."""
    pages = (
        account.client("ecr")
        .get_paginator("describe_images")
        .paginate(registryId=image.registry, repositoryName=image.repository)
    )
    return [one for page in pages for one in page["imageDetails"]]


def _newest(account: Account, image: Image) -> str:
    """The images pushed last, by tags other than `latest`."""
    found = of_repository(account, image)
    tags = [
        sorted(set(one.get("imageTags", [])) - {"latest"})
        for one in sorted(found, key=lambda one: one["imagePushedAt"], reverse=True)
    ]
    named = [" = ".join(each) for each in tags if each][:NEWEST]
    return f"Newest: {', '.join(named)}." if named else "The repository has no tagged image."
