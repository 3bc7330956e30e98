"""Who may take on a role: one AWS service, on behalf of this account's own resources."""

import json


def trust(service: str, *, source_arn: str | None = None) -> str:
    """The trust policy of a role for `service`, such as `ecs-tasks.amazonaws.com`.

    `source_arn` (with wildcards) is the resource on whose behalf the service may take it on; its
    account is asked for, too, so that no other account's resources can borrow the role. Leave it
    out only for a service that doesn't say on whose behalf it acts.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if source_arn is not None:
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": source_arn.split(":")[4]},
            "ArnLike": {"aws:SourceArn": source_arn},
        }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
