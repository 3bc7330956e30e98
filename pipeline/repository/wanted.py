"""The table of what the pipeline needs of its repository on GitHub."""

from pipeline.repository import actions, branches, environments, identity
from pipeline.repository.needs import Needs
from pipeline.repository.setting import Setting
from pipeline.repository.stacks import Stack


def table(stacks: list[Stack], needs: Needs) -> list[Setting]:
    """Every row, for the environments of these stacks and for what the workflows need."""
    return [
        *identity.settings(stacks, needs),
        *branches.settings(needs),
        *environments.settings(stacks),
        *actions.settings(needs),
    ]
