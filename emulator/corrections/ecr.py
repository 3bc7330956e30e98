"""ECR: tags that must not move, and lifecycle policies that make no sense."""

import json
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import ImageAlreadyExistsException, InvalidParameterException
from moto.ecr.models import ECRBackend, Image
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from emulator.correction import Replacement, corrects


class ImageTagAlreadyExistsException(ServiceException):
    code = "ImageTagAlreadyExistsException"


@corrects(
    ECRBackend,
    "put_image",
    call="ecr.put_image",
    moto="refuses to move an immutable tag with ImageAlreadyExistsException",
    aws="refuses it with ImageTagAlreadyExistsException; the other is for the very same image",
)
def put_image(
    original: Replacement,
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str,
    *args: Any,
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
    "put_lifecycle_policy",
    call="ecr.put_lifecycle_policy",
    moto="accepts tagged rules without tags, repeated priorities, and `any` before other rules",
    aws="refuses each of them",
)
def put_lifecycle_policy(
    original: Replacement,
    self: ECRBackend,
    registry_id: str,
    repository_name: str,
    lifecycle_policy_text: str,
) -> dict[str, Any]:
    EcrLifecyclePolicyValidator(lifecycle_policy_text).validate()
    _refuse_nonsense(json.loads(lifecycle_policy_text)["rules"])
    answer: dict[str, Any] = original(self, registry_id, repository_name, lifecycle_policy_text)
    return answer


def _refuse_nonsense(rules: list[dict[str, Any]]) -> None:
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
