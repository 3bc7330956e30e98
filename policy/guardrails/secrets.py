"""Rules on secrets, on KMS keys, and on plain values in task definitions."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.reading import containers, given
from guardrails.rule import Props, Rule

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
KEY = "aws:kms/key:Key"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
SHORTEST_WAIT_DAYS = 30
"""The longest window that KMS offers, and its default."""
SECRET_NAME = re.compile(
    r"(^|[_-])(PG|MYSQL_)?(PASSWORD|PASSWD|PWD|SECRET|TOKEN|CREDENTIALS?"
    r"|(API|ACCESS|PRIVATE|SECRET)[_-]?KEY)($|[_-])",
    re.IGNORECASE,
)
ABOUT_A_SECRET = re.compile(
    r"[_-](ID|ARN|NAME|FILE|PATH|URL|HOST|PORT|ALGORITHM|ENABLED|LENGTH|TTL|DAYS|HOURS|MINUTES"
    r"|SECONDS)$",
    re.IGNORECASE,
)
"""Names of a secret's place or setting, such as ACCESS_TOKEN_EXPIRE_MINUTES."""
ASSIGNED = re.compile(
    r"(?P<name>\w[\w-]*)=[\"']?(?P<value>[^\s\"';&]+)|--(?P<option>\w[\w-]*) (?P<next>\S+)"
)
"""`NAME=value` and `--option value` in a command."""
URL_WITH_PASSWORD = re.compile(r"\w+://[^/\s:@]*:[^/\s@$]+@")
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
        places = dict.fromkeys(
            place
            for place, name, value in _readable(container)
            if URL_WITH_PASSWORD.search(value)
            or ACCESS_KEY.search(value)
            or _names_secret(name, value)
        )
        for place in places:
            yield f"{place} of {container.get('name')} contains a plain secret."


def _readable(container: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each text that a reader of the task definition sees: its place, its name and its value."""
    for variable in container.get("environment") or ():
        name = str(variable.get("name"))
        yield f"The variable {name}", name, str(variable.get("value"))
    for name, value in (container.get("dockerLabels") or {}).items():
        yield f"The label {name}", name, str(value)
    options = (container.get("logConfiguration") or {}).get("options") or {}
    for name, value in options.items():
        yield f"The log option {name}", name, str(value)
    commands = {
        "The command": container.get("command"),
        "The entry point": container.get("entryPoint"),
        "The health check": (container.get("healthCheck") or {}).get("command"),
    }
    for place, words in commands.items():
        line = " ".join(words or ())
        yield place, "", line
        for found in ASSIGNED.finditer(line):
            yield place, found["name"] or found["option"], found["value"] or found["next"]


def _names_secret(name: str, value: str) -> bool:
    """Whether the value is a secret by its name; `$NAME` refers to a variable."""
    named = SECRET_NAME.search(name) and not ABOUT_A_SECRET.search(name)
    return bool(named) and not value.lstrip("\"'").startswith("$")


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
        fix="Set deletion_window_in_days to 30, or omit it (components/encryption_key.py).",
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
