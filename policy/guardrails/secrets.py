"""Rules on secrets, on KMS keys, and on plain values in task definitions."""

import re
from collections.abc import Iterator

from guardrails.reading import containers, given
from guardrails.rule import Props, Rule

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
KEY = "aws:kms/key:Key"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
SHORTEST_WAIT_DAYS = 7
SECRET_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET)_?KEY)($|_)",
    re.IGNORECASE,
)
URL_WITH_PASSWORD = re.compile(r"\w+://[^/\s:@]+:[^/\s@]+@")
ACCESS_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")


def _without_own_key(props: Props) -> Iterator[str]:
    if not given(props, "kmsKeyId"):
        yield "The secret is encrypted with the AWS managed key."


def _never_rotated(props: Props) -> Iterator[str]:
    if not props.get("enableKeyRotation", False):
        yield "Key rotation is off."


def _short_deletion_window(props: Props) -> Iterator[str]:
    days = props.get("deletionWindowInDays", 30)
    if days < SHORTEST_WAIT_DAYS:
        yield f"The deletion window is {days:.0f} days."


def _plain_secret(props: Props) -> Iterator[str]:
    for container in containers(props):
        for variable in container.get("environment") or ():
            name, value = str(variable.get("name")), str(variable.get("value"))
            if (
                SECRET_NAME.search(name)
                or URL_WITH_PASSWORD.search(value)
                or ACCESS_KEY.search(value)
            ):
                yield f"The variable {name} of {container.get('name')} contains a plain secret."


RULES = (
    Rule(
        name="secret-own-key",
        token=SECRET,
        why="A customer managed key controls who can read a secret.",
        fix="Set kms_key_id to the stack's key for secrets (components/secrets.py).",
        controls=("design: secrets",),
        check=_without_own_key,
    ),
    Rule(
        name="kms-rotation",
        token=KEY,
        why="Rotation limits the data encrypted with one key to a year.",
        fix="Set enable_key_rotation=True (components/encryption_key.py).",
        controls=("Security Hub KMS.4", "CIS v3.0 3.6"),
        check=_never_rotated,
    ),
    Rule(
        name="kms-deletion-window",
        token=KEY,
        why="A deletion by mistake can be cancelled within the window.",
        fix="Set deletion_window_in_days to 7 or more (components/encryption_key.py).",
        controls=("FSBP KMS.3",),
        check=_short_deletion_window,
    ),
    Rule(
        name="task-no-plain-secret",
        token=TASK,
        why="A task definition is readable by many roles.",
        fix="Move it to Container.secrets, as the secret's ARN and JSON key (application.py).",
        controls=("FSBP ECS.8",),
        check=_plain_secret,
    ),
)
