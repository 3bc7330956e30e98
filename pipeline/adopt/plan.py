"""Find the resources, try the import in a temporary state, and judge the result."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi import automation
from pulumi.automation import events

from pipeline.adopt import import_file, lookups, origin
from pipeline.adopt.registrations import Registration, Registrations
from pipeline.adopt.scratch import scratch
from pipeline.adopt.verdicts import Judged, Judgement, Verdict
from pipeline.stacks import Opened


class NotTriedError(Exception):
    """The preview or the import failed in the temporary state; the message is the engine's."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What `adopt` found."""

    stack: str
    verdicts: list[Verdict]
    not_adopted: list[origin.NotAdopted]
    content: import_file.Content
    """What to import; without resources where nothing can be adopted."""

    @property
    def adopted(self) -> list[Verdict]:
        return [one for one in self.verdicts if not one.against]

    @property
    def in_the_way(self) -> list[Verdict]:
        """What has a name that `up` needs, and can't be adopted."""
        return [one for one in self.verdicts if one.against]


def make(opened: Opened) -> Plan:
    """Read the account, and try. Raises NotTriedError, ClientError.

    A resource that the import leaves out changes no other verdict: to the engine, what depends on
    a resource that is created sees what it sees of one that is replaced, a value not yet known.
    """
    known = _urns(opened.stack)
    with scratch(opened) as second:
        program = Registrations()
        _preview(second, program.see)
        found = {
            registered.urn: held
            for registered in program.by_urn.values()
            if registered.urn not in known
            and (held := lookups.find(opened.account, registered)) is not None
        }
        tried = {urn: held.import_id for urn, held in found.items() if not held.obstacle}
        judged = _try(second, program, tried) if tried else {}
    verdicts = [
        Verdict(registered=program.by_urn[urn], found=held, judged=judged.get(urn))
        for urn, held in found.items()
    ]
    ids = {one.registered.urn: one.found.import_id for one in verdicts if not one.against}
    return Plan(
        stack=opened.stack.name,
        verdicts=sorted(verdicts, key=_order),
        not_adopted=origin.not_adopted(opened.account),
        content=import_file.content(program, ids, known),
    )


def _try(
    second: automation.Stack, program: Registrations, ids: dict[str, str]
) -> dict[str, Judged]:
    content = import_file.content(program, ids)
    try:
        second.import_resources(
            resources=content["resources"],
            name_table=content["nameTable"],
            protect=False,
            generate_code=False,
        )
    except automation.CommandError as failed:
        raise NotTriedError(f"The import failed: {_stdout(failed)}") from failed
    judgement = Judgement()
    _preview(second, judgement.see)
    return {urn: judgement.of(urn) for urn in ids}


def _preview(second: automation.Stack, see: Callable[[events.EngineEvent], None]) -> None:
    try:
        second.preview(on_event=see, color="never", suppress_progress=True)
    except automation.CommandError as failed:
        raise NotTriedError(f"The preview failed: {_stdout(failed)}") from failed


def _stdout(failed: automation.CommandError) -> str:
    return str(failed).partition("stdout:")[2].strip() or str(failed)


def _urns(stack: automation.Stack) -> frozenset[str]:
    """Of what the stack has already."""
    deployment = stack.export_stack().deployment or {}
    return frozenset(str(one["urn"]) for one in deployment.get("resources") or ())


def _order(verdict: Verdict) -> tuple[str, str]:
    registered: Registration = verdict.registered
    return registered.token, registered.name
