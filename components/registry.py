"""Image repositories: Repository and LifecyclePolicy for each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

UNTAGGED_DAYS = 14
MOVING_TAG = "latest"
"""The one mutable tag: builds push it each time, and no task uses it."""


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """The repositories' names and lifecycle."""

    repositories: Mapping[str, str]
    """Name by key, such as `backend`."""
    keep_images: int
    """Tagged images kept in each repository; a rollback needs its image."""
    force_delete: bool
    """Delete a repository even if it contains images."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.keep_images < 1:
            raise ValueError(
                f"{', '.join(self.repositories)}: keep_images must be 1 or more, "
                f"got {self.keep_images}"
            )


class Registry(pulumi.ComponentResource):
    """Repositories with immutable tags except `latest`, and a scan on push.

    A deployed repository keeps its name: a rename replaces it, which would delete its images or
    fail because of them (docs/decisions/repository-names.md).
    """

    urls: dict[str, pulumi.Output[str]]
    """By key, without a tag."""
    arns: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:Registry", name, None, opts)
        self.urls = {}
        self.arns = {}
        for key, repository_name in args.repositories.items():
            repository = aws.ecr.Repository(
                f"{name}-{key}",
                name=repository_name,
                image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
                image_tag_mutability_exclusion_filters=[
                    {"filter": MOVING_TAG, "filter_type": "WILDCARD"}
                ],
                image_scanning_configuration={"scan_on_push": True},
                encryption_configurations=[{"encryption_type": "AES256"}],
                force_delete=args.force_delete,
                tags=args.tags,
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["name"]),
            )
            aws.ecr.LifecyclePolicy(
                f"{name}-{key}-lifecycle",
                repository=repository.name,
                policy=lifecycle(args.keep_images),
                # A change replaces the policy, and a repository has only one: deleting the old one
                # after creating the new one would delete both.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
            self.urls[key] = repository.repository_url
            self.arns[key] = repository.arn
        self.register_outputs({"urls": self.urls, "arns": self.arns})


def lifecycle(keep_images: int) -> str:
    """Expire untagged images, and the oldest tagged ones beyond `keep_images`.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    rules = [
        {
            "rulePriority": 1,
            "description": f"Untagged images go after {UNTAGGED_DAYS} days",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": f"The newest {keep_images} tagged images stay",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["*"],
                "countType": "imageCountMoreThan",
                "countNumber": keep_images,
            },
            "action": {"type": "expire"},
        },
    ]
    return json.dumps({"rules": rules})
