"""Region, account, role and backend of a stack's job, read from Pulumi.<stack>.yaml.

Each stack can have its own account, and jobs and operators read the same file, so the workflows
contain no region, account or role.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from access import sessions as ci_sessions
from arbor_names import naming

STACK: Final = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)
"""A name that is safe in a path, in a role's name and as a GitHub environment."""
ACCOUNT: Final = re.compile(r"\d{12}", re.ASCII)
REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)
BACKEND: Final = re.compile(r"[a-z][a-z0-9]*://[\w.:/?=&%@+-]+", re.ASCII)
PREVIEW: Final = "preview"
DEPLOY: Final = "deploy"
BOOTSTRAP: Final = "bootstrap"
ROLES: Final = {
    PREVIEW: (naming.ci_preview_role, ci_sessions.READ_SECONDS),
    DEPLOY: (naming.ci_deploy_role, ci_sessions.WRITE_SECONDS),
    BOOTSTRAP: (naming.ci_bootstrap_role, ci_sessions.WRITE_SECONDS),
}
"""By the value of `--as`: the role's name, and the duration of a job's session in seconds."""


class JobTargetError(Exception):
    """The stack's file or an argument is wrong; the message lists what is allowed."""


@dataclass(frozen=True, kw_only=True)
class JobTarget:
    """Plain texts and numbers; each field is one line for `$GITHUB_OUTPUT`."""

    region: str
    account: str
    """12 digits."""
    role: str
    """An ARN."""
    seconds: int
    """How long the session lasts, for `role-duration-seconds`."""
    backend: str
    """For `PULUMI_BACKEND_URL`."""

    def lines(self) -> str:
        """`name=value` lines. No value contains a line break, so none can inject another line.

        https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
        """
        return "\n".join(f"{name}={value}" for name, value in vars(self).items())


def of_stack(stack: str, config: Mapping[str, Any], role: str, override: str = "") -> JobTarget:
    """The target of a job on `stack`.

    `role` is one of ROLES. `override` replaces the stack's own backend: for a stack whose
    state has not moved to its prefix, or is in Pulumi Cloud (docs/state.md).
    Raises JobTargetError.
    """
    if role not in ROLES:
        raise JobTargetError(f"--as is {role}; allowed: {', '.join(ROLES)}.")
    if not STACK.fullmatch(stack):
        raise JobTargetError(
            f"--stack is {stack!r}; allowed: lower case letters, digits and hyphens, such as "
            "staging."
        )
    account = _read(config, stack, "arbor:accountId", ACCOUNT, "the account's 12 digits in quotes")
    region = _read(config, stack, "aws:region", REGION, "a region such as us-east-1")
    allowed = config.get("aws:allowedAccountIds")
    if not isinstance(allowed, list) or account not in allowed:
        raise JobTargetError(
            f"aws:allowedAccountIds is {allowed!r} in Pulumi.{stack}.yaml; it must name "
            f"arbor:accountId, {account}."
        )
    if override and not BACKEND.fullmatch(override):
        raise JobTargetError(
            "PULUMI_BACKEND_URL is not a backend; allowed: an address such as "
            f"{naming.state_backend(stack, account, region)}. Correct the variable, or delete it "
            "to use the stack's own backend."
        )
    name, seconds = ROLES[role]
    return JobTarget(
        region=region,
        account=account,
        role=f"arn:aws:iam::{account}:role/{name(stack)}",
        seconds=seconds,
        backend=override or naming.state_backend(stack, account, region),
    )


def _read(
    config: Mapping[str, Any], stack: str, key: str, pattern: re.Pattern[str], allowed: str
) -> str:
    value = config.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        found = f"is {value!r}" if key in config else "is not set"
        raise JobTargetError(f"{key} {found} in Pulumi.{stack}.yaml; allowed: {allowed}.")
    return value
