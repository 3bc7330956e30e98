"""cache flush: delete every key of every database."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from arbor import screen
from arbor.procedure import Refused, Run, Step

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True, kw_only=True)
class Flush:
    """The keys to delete, as counted."""

    session: "redis.Redis"
    stack: str
    keys: int

    def execute(self, run: Run) -> None:
        """Free memory in the background; the application sets keys at once, so none are counted."""
        step = Step(
            action=f"flush the cache of {self.stack}: {self.keys:,} keys; the database serves "
            "their requests until they are set again",
            do=lambda: self.session.flushall(asynchronous=True),
            took_effect=lambda: True,
        )
        run.execute([step])


def plan(session: "redis.Redis", stack: str) -> Flush:
    """Count the keys of all databases."""
    keyspace = session.info("keyspace")
    assert isinstance(keyspace, dict)
    keys = sum(int(one["keys"]) for one in keyspace.values())
    return Flush(session=session, stack=stack, keys=keys)


def check_confirmation(stack: str, named: str | None, *, yes: bool) -> None:
    """A flush requires the stack's name: by `--confirm`, or typed in `prompt_for_name`.

    `--yes` alone does not name it. Raises Refused.
    """
    if named is not None and named != stack:
        raise Refused(f"--confirm is {named}, and the stack is {stack}; pass --confirm {stack}.")
    if named is None and yes:
        raise Refused(f"--yes does not name the stack to flush; add --confirm {stack}.")


def prompt_for_name(stack: str) -> None:
    """Prompt for the stack's name. Raises Refused without a terminal, or for another name."""
    if not screen.is_interactive():
        raise Refused(f"there is no terminal to type the stack's name in; add --confirm {stack}.")
    typed = typer.prompt(f"Type the stack's name ({stack}) to flush its cache")
    if typed.strip() != stack:
        raise Refused(f"you typed {typed.strip()!r}, and the stack is {stack}.")
