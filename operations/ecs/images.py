"""Images in ECR, as a task definition writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from operations.account import Account
from operations.procedure import Refused

_IMAGE = re.compile(
    r"(?P<host>(?P<registry>\d{12})\.dkr\.ecr[a-z-]*\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)"
    r"/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?"
)

_VERSION = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def refuse_no_version(text: str) -> None:
    """Raises Refused for what is no release's tag; whether it has images is looked for later."""
    if _VERSION.fullmatch(text) is None:
        raise Refused(f"{text} is no version; allowed: v1.2.3, as the tag of the release.")


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image by its tag, its digest or both; what is not given is empty."""

    host: str
    registry: str
    """The account that holds it."""
    repository: str
    tag: str
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"

    def tagged(self, tag: str) -> "Image":
        """Another one of its repository; a digest would win over the tag."""
        return replace(self, tag=tag, digest="")


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
        digest=found["digest"] or "",
    )


def missing(account: Account, image: Image) -> Iterator[str]:
    """A sentence when the image can't be pulled, for it was never pushed or is gone."""
    ecr = account.client("ecr")
    wanted = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag or "latest"}
    try:
        ecr.describe_images(
            registryId=image.registry, repositoryName=image.repository, imageIds=[wanted]
        )
    except ecr.exceptions.ImageNotFoundException:
        yield (
            f"{image.repository} has no image {', '.join(wanted.values())}: push it, or release a "
            f"version that `aws ecr list-images --repository-name {image.repository}` shows."
        )
    except ecr.exceptions.RepositoryNotFoundException:
        yield f"There is no repository {image.repository} in account {image.registry}."
