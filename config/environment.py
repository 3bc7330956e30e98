"""What a stack is, whatever it is called; docs/decisions/environment.md."""

from typing import Final

from config.reader import Reader

PRODUCTION: Final = "production"
ENVIRONMENTS: Final = (PRODUCTION, "staging")
"""What the application knows as ENVIRONMENT."""


def read_environment(config: Reader, stack: str) -> str:
    """`production` or `staging`; the stack called production is never anything else."""
    environment = config.choice("environment", ENVIRONMENTS)
    if stack == PRODUCTION and config.good("environment") and environment != PRODUCTION:
        config.refuse(
            "environment",
            "production in the stack called production, whose names and domain are production's; "
            "give a stack for anything else another name",
        )
    return environment
