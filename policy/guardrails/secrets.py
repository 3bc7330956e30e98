"""Rules on secrets, the keys that encrypt them, and where a secret must not stand."""

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
        yield "The secret is encrypted with the account's default key."


def _never_rotated(props: Props) -> Iterator[str]:
    if not props.get("enableKeyRotation", False):
        yield "The key stays the same for ever."


def _gone_at_once(props: Props) -> Iterator[str]:
    days = props.get("deletionWindowInDays", 30)
    if days < SHORTEST_WAIT_DAYS:
        yield f"A deleted key can be brought back for {days:.0f} days only."


def _plain_secret(props: Props) -> Iterator[str]:
    for container in containers(props):
        for variable in container.get("environment") or ():
            name, value = str(variable.get("name")), str(variable.get("value"))
            if (
                SECRET_NAME.search(name)
                or URL_WITH_PASSWORD.search(value)
                or ACCESS_KEY.search(value)
            ):
                yield f"The variable {name} of {container.get('name')} holds a secret in the clear."


RULES = (
    Rule(
        name="secret-own-key",
        token=SECRET,
        why="Who may read a secret is decided by a key that we control.",
        fix="Set kms_key_id to a key of the stack.",
        controls=("design: secrets",),
        check=_without_own_key,
    ),
    Rule(
        name="kms-rotation",
        token=KEY,
        why="A key that leaks opens a year's data at most.",
        fix="Set enable_key_rotation to True.",
        controls=("Security Hub KMS.4", "CIS v3.0 3.6"),
        check=_never_rotated,
    ),
    Rule(
        name="kms-deletion-window",
        token=KEY,
        why="A key that is deleted by mistake can be brought back.",
        fix="Set deletion_window_in_days to 7 or more.",
        controls=("FSBP KMS.3",),
        check=_gone_at_once,
    ),
    Rule(
        name="task-no-plain-secret",
        token=TASK,
        why="Whoever may describe a task definition must not learn a password from it.",
        fix="Give it in the container's secrets, by ARN and JSON key.",
        controls=("FSBP ECS.8",),
        check=_plain_secret,
    ),
)
