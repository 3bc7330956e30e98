"""Permissions of the application repository's pipeline: it can only push images.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
"""

from access import trust as ci_documents
from access.boundary import PULLS
from access.statements import allow, deny
from access.trust import Pipeline, document

PUSHES = (
    *PULLS,
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


def subjects(pipeline: Pipeline) -> list[str]:
    """The `sub` of its jobs' tokens, in the environment with the stack's name.

    A tag runs the workflow of the tagged commit, as its images are those of that commit.
    """
    return [f"repo:{pipeline.application_repository}:environment:{pipeline.environment}"]


def trust(pipeline: Pipeline, provider: str) -> str:
    """The trust policy of the role."""
    return ci_documents.trust(provider, subjects(pipeline))


def of_pushes(pipeline: Pipeline) -> str:
    """Push to the stack's repositories."""
    return document(
        [
            allow(["ecr:GetAuthorizationToken"], "*"),
            allow(PUSHES, f"arn:aws:ecr:{pipeline.location}:repository/{pipeline.repositories}"),
            deny(["sts:AssumeRole"], "*"),
        ]
    )
