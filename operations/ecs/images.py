"""Images in ECR, as a task definition writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from operations.account import Account

_IMAGE = re.compile(
    r"(?P<host>(?P<registry>\d{12})\.dkr\.ecr[a-z-]*\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)"
    r"/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@sha256:[0-9a-f]+)?"
)


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image by its tag; no tag where it stands by digest alone."""

    host: str
    registry: str
    """The account that holds it."""
    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}:{self.tag}"

    def tagged(self, tag: str) -> "Image":
        return replace(self, tag=tag)


def parse(text: str) -> Image | None:
    """None for an image that is not in ECR."""
    found = _IMAGE.fullmatch(text)
    if found is None:
        return None
    return Image(
        host=found["host"],
        registry=found["registry"],
        repository=found["repository"],
        tag=found["tag"] or "",
    )


def missing(account: Account, image: Image) -> Iterator[str]:
    """A sentence when the image can't be pulled, for it was never pushed or is gone."""
    ecr = account.client("ecr")
    try:
        ecr.describe_images(
            registryId=image.registry,
            repositoryName=image.repository,
            imageIds=[{"imageTag": image.tag}],
        )
    except ecr.exceptions.ImageNotFoundException:
        yield (
            f"{image.repository} has no image {image.tag}: push it, or release a version that "
            f"`aws ecr list-images --repository-name {image.repository}` shows."
        )
    except ecr.exceptions.RepositoryNotFoundException:
        yield f"There is no repository {image.repository} in account {image.registry}."
