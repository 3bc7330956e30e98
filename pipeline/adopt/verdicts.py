"""What `up` would do with each found resource, and the reasons against adopting it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi.automation import events

from pipeline.adopt import lookups
from pipeline.adopt.lookups import Existing
from pipeline.adopt.registrations import Registration
from pipeline.report.steps import NO_CHANGES, REPLACES, UNKNOWN

SAME, UPDATE, REPLACE = "same", "update", "replace"
SUBNETS: Final = "dbSubnetGroupName"
LONGEST_VALUE: Final = 60


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the engine would do with one imported resource."""

    op: str
    """`same`, `update` or `replace`."""
    keys: tuple[str, ...] = ()
    """Inputs that differ; of a replacement, those that cause it."""
    old: Mapping[str, Any]
    new: Mapping[str, Any]

    def change(self, key: str) -> str:
        """One input: its value in AWS and in the program."""
        return f"{key} is {_shown(self.old.get(key))}; the program sets {_shown(self.new.get(key))}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One resource of the account with a name of the program."""

    registered: Registration
    found: Existing
    judged: Judged | None
    """None if `found.obstacle` rules out an import."""

    @property
    def reasons(self) -> list[str]:
        """The reasons reasons adoption, a sentence each; empty if it can be adopted."""
        if self.judged is None:
            return [self.found.obstacle]
        if self.judged.op == REPLACE:
            causes = "; ".join(self.judged.change(key) for key in self.judged.keys)
            return [f"`up` would replace it: {causes}.", *_refused(self)]
        return _refused(self)

    @property
    def remedy(self) -> str:
        """The remedy, as a command or a sentence; may be empty."""
        write = REMEDIES.get(self.registered.token)
        return write(self.found) if write and self.judged is not None else ""


class Judgement:
    """Collects what a preview of the imported state would do, by URN."""

    def __init__(self) -> None:
        self._found: dict[str, Judged] = {}

    def record(self, event: events.EngineEvent) -> None:
        """Record one event; of a replacement's three steps the first counts."""
        if event.resource_pre_event is None:
            return
        step = event.resource_pre_event.metadata
        op = step.op.value
        if op in REPLACES:
            name, keys = REPLACE, step.keys or step.diffs or ()
        elif op in NO_CHANGES:
            name, keys = SAME, ()
        else:
            name, keys = op, step.diffs or ()
        old = (step.old.inputs if step.old else None) or {}
        new = (step.new.inputs if step.new else None) or {}
        made = Judged(op=name, keys=tuple(sorted(keys)), old=old, new=new)
        kept = self._found.get(step.urn)
        if kept is None or (kept.op == REPLACE and len(made.keys) > len(kept.keys)):
            self._found[step.urn] = made

    def of(self, urn: str) -> Judged:
        """The operation on a resource. Raises KeyError if the preview had no step for it."""
        return self._found[urn]


def _refused(verdict: Verdict) -> list[str]:
    """Updates that the provider plans and AWS refuses.

    RDS refuses another subnet group of the same VPC, although the provider plans the change:
    https://github.com/hashicorp/terraform-provider-aws/issues/512. It moves an instance to another
    VPC with an outage.
    """
    judged = verdict.judged
    if judged is None or verdict.registered.token != lookups.INSTANCE or SUBNETS not in judged.keys:
        return []
    refused = "`up` would move it to other subnets: RDS refuses that within a VPC"
    return [f"{refused}; between VPCs it is an outage."]


def _rename(found: Existing) -> str:
    """A rename changes only the endpoint's host of a database.

    The database is unreachable for about ten minutes.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
    """
    return (
        "Stop all writes to it and rename it; copy its data after `up`:\n"
        f"aws rds modify-db-instance --db-instance-identifier {found.name} "
        f"--new-db-instance-identifier {found.name}-terraform --apply-immediately"
    )


def _delete_cache(found: Existing) -> str:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Replication.DeletingRepGroup.html."""
    return (
        "ElastiCache can't rename a group. Delete it with a final snapshot; the new one fills "
        "by use:\n"
        f"aws elasticache delete-replication-group --replication-group-id {found.name} "
        f"--final-snapshot-identifier {found.name}-terraform"
    )


def _delete_service(found: Existing) -> str:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html."""
    cluster, _, service = found.import_id.partition("/")
    return (
        "Delete it; the outage lasts until `up` is done and the domain has moved:\n"
        f"aws ecs delete-service --cluster {cluster} --service {service} --force"
    )


REMEDIES: Mapping[str, Callable[[Existing], str]] = {
    lookups.CACHE: _delete_cache,
    lookups.INSTANCE: _rename,
    lookups.SERVICE: _delete_service,
}


def _shown(value: Any) -> str:  # noqa: ANN401 - an input, of whatever type
    """A value in a sentence; events carry no secret."""
    if value in (None, "", [], {}):
        return "empty"
    text = "a value known after the up" if UNKNOWN in str(value) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
