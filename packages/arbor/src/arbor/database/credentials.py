"""A user of the database, and what proves it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the secret holds, and nothing else."""

    username: str
    password: str = field(repr=False)
