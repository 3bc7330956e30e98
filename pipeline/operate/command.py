"""`python -m pipeline operate`: end drift, or continue after a killed run."""

from typing import Annotated

import typer

from arbor import screen
from pipeline.hazards import changes
from pipeline.operate.actions import Action
from pipeline.operate.actions import operate as operate_stack
from pipeline.options import BASE_ALONE, USAGE, Base, Emulated, Stack, Yes
from pipeline.repository import reviewers
from pipeline.stacks import emulated, in_aws


def operate(
    action: Annotated[Action, typer.Argument(help="docs/state.md explains when to use which.")],
    stack: Stack,
    *,
    yes: Yes = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(help=f"For up-refresh: permit {' or '.join(changes.ALLOWABLE)}."),
    ] = None,
    in_emulated: Emulated = False,
    base: Base = None,
) -> None:
    """End drift (refresh, adopt, up-refresh) or continue after a killed run (cancel, state-repair).

    Shows the changes and asks for confirmation, unless --yes is given. Exit code 1 if it fails, 3
    if it refuses.
    """
    allowable = (changes.NOTHING, *changes.ALLOWABLE)
    for unknown in sorted(set(allow or ()) - set(allowable)):
        screen.end(f"--allow is {unknown}; allowed: {', '.join(allowable)}.", USAGE)
    if allow and action is not Action.UP_REFRESH and set(allow) != {changes.NOTHING}:
        screen.end(f"--allow is for {Action.UP_REFRESH}; {action} changes nothing in AWS.", USAGE)
    if base is not None and not in_emulated:
        screen.end(BASE_ALONE, USAGE)
    if not in_emulated and (sentence := reviewers.refusal(stack)):
        screen.end(sentence, screen.REFUSED)
    with emulated(stack, base) if in_emulated else in_aws(stack) as opened:
        operate_stack(action, opened, yes=yes, allowed=allow or ())
