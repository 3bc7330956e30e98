"""cache flush: every key of every database."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from arbor import screen
from arbor.procedure import Refused, Run, Step

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True, kw_only=True)
class Flush:
    """Counted, and not begun."""

    session: "redis.Redis"
    stack: str
    keys: int

    def execute(self, run: Run) -> None:
        """Memory is freed aside. The application fills it again at once, so nothing is counted."""
        step = Step(
            says=f"empty the cache of {self.stack}: {self.keys:,} keys; until they are back, the "
            "database answers for them",
            do=lambda: self.session.flushall(asynchronous=True),
            took_effect=lambda: True,
        )
        run.execute([step])


def plan(session: "redis.Redis", stack: str) -> Flush:
    """What is in it now, in all databases."""
    told = session.info("keyspace")
    assert isinstance(told, dict)
    return Flush(session=session, stack=stack, keys=sum(int(one["keys"]) for one in told.values()))


def must_be_named(stack: str, named: str | None, *, yes: bool) -> None:
    """Whoever empties a cache names its stack: by `--confirm`, or by typing it in `ask_for`.

    `--yes` alone is not enough. Raises Refused.
    """
    if named is not None and named != stack:
        raise Refused(f"--confirm names {named}, and the stack is {stack}.")
    if named is None and yes:
        raise Refused(f"--yes does not say which stack is emptied; add --confirm {stack}.")


def ask_for(stack: str) -> None:
    """Let whoever saw what would be done type the stack's name; raises Refused otherwise."""
    if not screen.somebody_is_there():
        raise Refused(f"nobody is there to type the stack's name; add --confirm {stack}.")
    typed = typer.prompt(f"Type the stack's name ({stack}) to empty its cache")
    if typed.strip() != stack:
        raise Refused(f"you typed {typed.strip()!r}, and the stack is {stack}.")
