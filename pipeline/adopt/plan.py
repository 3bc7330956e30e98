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
    """The result of `adopt`."""

    stack: str
    verdicts: list[Verdict]
    not_adopted: list[origin.NotAdopted]
    content: import_file.Content
    """The import file; its list of resources is empty if none can be adopted."""

    @property
    def adopted(self) -> list[Verdict]:
        return [one for one in self.verdicts if not one.reasons]

    @property
    def blocking(self) -> list[Verdict]:
        """Resources with a name that `up` needs and that can't be adopted."""
        return [one for one in self.verdicts if one.reasons]


def make(opened: Opened) -> Plan:
    """Read the account and try the import. Raises NotTriedError, ClientError.

    A resource left out of the import changes no other verdict: its dependents see an unknown
    value, as they do for a replaced resource.
    """
    known = _urns(opened.stack)
    with scratch(opened) as second:
        program = Registrations()
        _preview(second, program.record)
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
    ids = {one.registered.urn: one.found.import_id for one in verdicts if not one.reasons}
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
    _preview(second, judgement.record)
    return {urn: judgement.of(urn) for urn in ids}


def _preview(second: automation.Stack, record: Callable[[events.EngineEvent], None]) -> None:
    try:
        second.preview(on_event=record, color="never", suppress_progress=True)
    except automation.CommandError as failed:
        raise NotTriedError(f"The preview failed: {_stdout(failed)}") from failed


def _stdout(failed: automation.CommandError) -> str:
    return str(failed).partition("stdout:")[2].strip() or str(failed)


def _urns(stack: automation.Stack) -> frozenset[str]:
    """The URNs in the stack's state."""
    deployment = stack.export_stack().deployment or {}
    return frozenset(str(one["urn"]) for one in deployment.get("resources") or ())


def _order(verdict: Verdict) -> tuple[str, str]:
    registered: Registration = verdict.registered
    return registered.token, registered.name
