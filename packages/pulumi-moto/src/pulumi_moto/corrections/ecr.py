"""ECR: immutable tags, digests, and contradictory lifecycle policies."""

import json
from fnmatch import fnmatchcase
from hashlib import sha256

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import ImageAlreadyExistsException, InvalidParameterException
from moto.ecr.models import ECRBackend, Image, Repository
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members


class ImageTagAlreadyExistsException(ServiceException):
    code = "ImageTagAlreadyExistsException"


@corrects(
    ECRBackend,
    "_resolve_image_tag_mutability",
    call="ecr.put_image",
    moto="matches an exclusion filter as a regular expression at the start of a tag",
    aws="matches the whole tag; `*` matches any characters",
)
def resolve_image_tag_mutability(
    _original: Replacement, self: ECRBackend, repository: Repository, proposed_image_tag: str
) -> list[Image]:
    """Return the images with the tag; raises ImageAlreadyExistsException for an immutable tag.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    """
    held = self._find_images_with_tags_matching_exclusion_filters(repository, proposed_image_tag)
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(fnmatchcase(proposed_image_tag or "", one["filter"]) for one in filters)
    if held and repository.image_tag_mutability.startswith("IMMUTABLE") != excluded:
        raise ImageAlreadyExistsException(
            registry_id=repository.registry_id,
            image_tag=proposed_image_tag,
            digest=held[0].get_image_digest(),
            repository_name=repository.name,
        )
    return held


@corrects(
    Image,
    "_create_digest",
    call="ecr.put_image",
    moto="picks one of 101 digests for a manifest without layers, such as an index",
    aws="returns the SHA-256 of the manifest",
)
def create_digest(_original: Replacement, self: Image) -> None:
    """Follow the image specification.

    https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
    """
    self._image_digest = f"sha256:{sha256(self.image_manifest.encode()).hexdigest()}"


@corrects(
    ECRBackend,
    moto="refuses to move an immutable tag with ImageAlreadyExistsException",
    aws="refuses it with ImageTagAlreadyExistsException; the other is for an identical image",
)
def put_image(
    original: Replacement,
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str,
    *args: object,
) -> Image:
    try:
        image: Image = original(self, repository_name, image_manifest, image_tag, *args)
    except ImageAlreadyExistsException:
        tagged = [i for i in self.repositories[repository_name].images if image_tag in i.image_tags]
        if any(other.image_manifest == image_manifest for other in tagged):
            raise
        raise ImageTagAlreadyExistsException(
            f"The image tag '{image_tag}' already exists in the '{repository_name}' repository "
            "and cannot be overwritten because the tag is immutable."
        ) from None
    return image


@corrects(
    ECRBackend,
    moto="accepts tagged rules without tags, repeated priorities, and `any` before other rules",
    aws="refuses each of them",
)
def put_lifecycle_policy(
    original: Replacement,
    self: ECRBackend,
    registry_id: str,
    repository_name: str,
    lifecycle_policy_text: str,
) -> Members:
    EcrLifecyclePolicyValidator(lifecycle_policy_text).validate()
    _refuse_contradictions(json.loads(lifecycle_policy_text)["rules"])
    answer: Members = original(self, registry_id, repository_name, lifecycle_policy_text)
    return answer


def _refuse_contradictions(rules: list[Members]) -> None:
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise _failure("rulePriority must be unique within the policy")
    for rule in rules:
        selection = rule["selection"]
        tags = selection.get("tagPrefixList") or selection.get("tagPatternList")
        if selection["tagStatus"] == "tagged" and not tags:
            raise _failure("a rule with tagStatus=tagged needs a tagPrefixList or tagPatternList")
        if selection["tagStatus"] == "any" and rule["rulePriority"] != max(priorities):
            raise _failure("the rule with tagStatus=any must have the highest rulePriority")


def _failure(reason: str) -> InvalidParameterException:
    return InvalidParameterException(
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
        f"'Lifecycle policy validation failure: {reason}'"
    )
