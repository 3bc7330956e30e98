"""What config says about the repository whose workflows deploy the stack."""

import re
from dataclasses import dataclass
from typing import Final

from access.trust import GITHUB_ID, REPOSITORY, SUBJECT_NAME
from config.reader import Reader

_OIDC_PROVIDER: Final = re.compile(
    r"arn:aws:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com"
)
_ROLE: Final = re.compile(r"[a-z][a-z0-9-]{0,55}-[0-9a-f]{7}", re.ASCII)
"""As Pulumi names a role: none that a person named matches."""
MOST_OLDER_ROLES: Final = 20
"""Together with the rest, the deploy role's inline policy then stays below IAM's limit."""
_OLDER: Final = (
    f"a list of at most {MOST_OLDER_ROLES} names of roles that Pulumi named, such as "
    "backend-roles-task-role-1a2b3c4, each once"
)
_IDS: Final = ("githubOwnerId", "githubRepositoryId")
_ID: Final = 'a number of GitHub\'s in quotes, such as "123456", or empty'


@dataclass(frozen=True, kw_only=True)
class GitHubSettings:
    """The repository, and what its jobs come in with."""

    repository: str
    """OWNER/NAME."""
    owner_id: str | None
    repository_id: str | None
    """Both or neither."""
    provider_arn: str | None
    """None: the stack makes the provider."""
    application_repository: str | None
    """As its tokens' subject names the repository that pushes images; None makes no role for it."""
    older_roles: tuple[str, ...]
    """Names of the program's roles from before they had a path of the stack's."""


def read_github(config: Reader) -> GitHubSettings | None:
    """None where no repository is named; what is wrong stands in the reader's problems."""
    repository = config.text(
        "githubRepository",
        "OWNER/NAME on GitHub, or empty for none",
        lambda name: not name or REPOSITORY.fullmatch(name) is not None,
    )
    owner_id, repository_id = (
        config.text(key, _ID, lambda text: not text or GITHUB_ID.fullmatch(text) is not None)
        for key in _IDS
    )
    if config.good(*_IDS) and bool(owner_id) != bool(repository_id):
        empty, other = _IDS if repository_id else reversed(_IDS)
        config.refuse(empty, f"GitHub's number, because {other} is set; or empty both")
    provider = config.text(
        "githubOidcProviderArn",
        "the ARN of the account's provider for GitHub, or empty to make it",
        lambda arn: not arn or _OIDC_PROVIDER.fullmatch(arn) is not None,
    )
    application = config.text(
        "applicationRepository",
        "OWNER/NAME on GitHub of the repository that pushes images, or OWNER@ID/NAME@ID, or empty "
        "for none",
        lambda name: not name or SUBJECT_NAME.fullmatch(name) is not None,
    )
    older = config.texts("olderRoles", _OLDER, lambda name: _ROLE.fullmatch(name) is not None)
    if len(older) > MOST_OLDER_ROLES:
        config.refuse("olderRoles", _OLDER)
    if not repository:
        return None
    return GitHubSettings(
        repository=repository,
        owner_id=owner_id or None,
        repository_id=repository_id or None,
        provider_arn=provider or None,
        application_repository=application or None,
        older_roles=older,
    )
