"""Permissions of the preview role: reads only, because a pull request's code can use them."""

from access import deploy, state
from access.statements import deny
from access.trust import Pipeline, document

NEVER = (
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogObject",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "rds:DownloadCompleteDBLogFile",
    "rds:DownloadDBLogFilePortion",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "sts:AssumeRole",
    "wafv2:GetSampledRequests",
)
"""Reads of passwords and secrets; denied, so that no policy attached later can allow them."""


def of_previews(pipeline: Pipeline) -> str:
    """The inline policy: the state, and denials that override every other policy.

    The settings of resources are in the policy that both roles share (access/reads.py).
    """
    return document(
        [
            *state.reads(pipeline),
            *deploy.other_stacks(pipeline),
            deny(NEVER, "*"),
            *deploy.only_objects_of_state(pipeline),
        ]
    )
