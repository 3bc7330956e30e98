"""The output of `adopt`: three lists and the next commands."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from pipeline.adopt import origin
from pipeline.adopt.plan import Plan
from pipeline.adopt.verdicts import Verdict

DEFAULT = "adopt.json"


def render(plan: Plan, file: Path | None) -> str:
    """The whole page; `file` is the import file, None if it was not written."""
    if not plan.verdicts and not plan.not_adopted:
        return f"The account has 0 resources with the names of {plan.stack}: nothing to adopt."
    return "\n".join([*_adopted(plan), *_in_the_way(plan), *_not_adopted(plan), *_next(plan, file)])


def _adopted(plan: Plan) -> Iterator[str]:
    yield f"Can be adopted: {len(plan.adopted)}"
    for one in plan.adopted:
        judged = one.judged
        keys = f"; `up` changes {', '.join(judged.keys)}" if judged and judged.keys else ""
        yield f"  {_titled(one)}{keys}"


def _in_the_way(plan: Plan) -> Iterator[str]:
    if not plan.blocking:
        return
    yield ""
    yield f"Block `up` and can't be adopted: {len(plan.blocking)}"
    for one in plan.blocking:
        yield f"  {_titled(one)}"
        for text in (*one.reasons, *one.remedy.splitlines()):
            yield f"    {text}"


def _not_adopted(plan: Plan) -> Iterator[str]:
    if not plan.not_adopted:
        return
    yield ""
    yield f"Of the original Terraform stack, created anew by `up`: {len(plan.not_adopted)}"
    for why in dict.fromkeys(one.why for one in plan.not_adopted):
        names = [f"{one.name} ({one.address})" for one in plan.not_adopted if one.why == why]
        yield f"  {', '.join(names)}"
        yield f"    {why}"


def _next(plan: Plan, file: Path | None) -> Iterator[str]:
    yield ""
    if plan.blocking:
        yield "Nothing was changed. Resolve the above, then run this again (docs/adoption.md):"
    else:
        yield "Nothing was changed. Next (docs/adoption.md):"
    yield from (f"  {step}" for step in _commands(plan, file))


def _commands(plan: Plan, file: Path | None) -> Iterator[str]:
    if plan.blocking or (plan.adopted and file is None):
        target = shlex.quote(str(file or DEFAULT))
        yield f"python -m pipeline adopt --stack {plan.stack} --write {target}"
        return
    if plan.adopted:
        yield (
            f"pulumi import --file {shlex.quote(str(file))} --stack {plan.stack} "
            "--protect=false --generate-code=false"
        )
    if plan.not_adopted:
        yield f"terraform -chdir={origin.DIRECTORY} state rm {' '.join(origin.forgotten())}"
    yield f"pulumi preview --stack {plan.stack} --policy-pack policy"


def _titled(verdict: Verdict) -> str:
    registered, found = verdict.registered, verdict.found
    kind = registered.token.rpartition(":")[2]
    return f"{kind} {found.name} ({registered.name})"
