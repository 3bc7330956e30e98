"""The repository in the stacks' files, read without the engine."""

from dataclasses import dataclass

from engine import stack_file

PRODUCTION = "production"
WITHOUT_REVIEWERS = "arbor:deployWithoutReviewers"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack, whose environment on GitHub has its name."""

    name: str
    production: bool
    """From arbor:environment, independent of the stack's name."""
    without_reviewers: bool
    """The key above, which makes required reviewers optional."""
    repository: str
    """OWNER/NAME; empty for a stack without pipeline."""
    owner_id: str
    repository_id: str
    """GitHub's numbers in immutable subjects; empty if config has none."""

    @property
    def reviewed(self) -> bool:
        """Whether its environment must have required reviewers."""
        return self.production and not self.without_reviewers


def read(name: str) -> Stack:
    """The stack of Pulumi.<name>.yaml; raises stack_file.StackFileError."""
    config = stack_file.stack_config(name)
    return Stack(
        name=name,
        # config/settings.py refuses a stack called production that is anything else.
        production=PRODUCTION in {name, config.get("arbor:environment")},
        # `pulumi stack init` puts booleans in quotes.
        without_reviewers=config.get(WITHOUT_REVIEWERS) in {True, "true"},
        repository=str(config.get("arbor:githubRepository") or ""),
        owner_id=str(config.get("arbor:githubOwnerId") or ""),
        repository_id=str(config.get("arbor:githubRepositoryId") or ""),
    )


def every() -> list[Stack]:
    """Every stack with a file, by name."""
    files = stack_file.PROJECT_DIR.glob("Pulumi.*.yaml")
    return [read(name) for name in sorted(file.name.split(".")[1] for file in files)]
