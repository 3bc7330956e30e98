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
        """One input, as it is and as the program has it."""
        return f"{key} is {_shown(self.old.get(key))}; the program sets {_shown(self.new.get(key))}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One resource of the account with a name of the program."""

    registered: Registration
    found: Existing
    judged: Judged | None
    """None where an import was not tried, for `found.obstacle` says that it can't be."""

    @property
    def against(self) -> list[str]:
        """Why it can't be adopted, a sentence each; empty for one that can."""
        if self.judged is None:
            return [self.found.obstacle]
        if self.judged.op == REPLACE:
            causes = "; ".join(self.judged.change(key) for key in self.judged.keys)
            return [f"`up` would replace it: {causes}.", *_refused(self)]
        return _refused(self)

    @property
    def remedy(self) -> str:
        """What to do with one that can't be adopted, as a command or a sentence; may be empty."""
        write = REMEDIES.get(self.registered.token)
        return write(self.found) if write and self.judged is not None else ""


class Judgement:
    """Collects what a preview of the imported state would do, by URN."""

    def __init__(self) -> None:
        self._found: dict[str, Judged] = {}

    def see(self, event: events.EngineEvent) -> None:
        """Take in one event; a replacement is told in three steps, of which the first counts."""
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
        """What was seen of a resource. Raises KeyError for one that no step was about."""
        return self._found[urn]


def _refused(verdict: Verdict) -> list[str]:
    """What the provider calls an update, and what is none.

    RDS takes no other subnet group of the same VPC, and the provider plans the change all the same:
    https://github.com/hashicorp/terraform-provider-aws/issues/512. To another VPC it moves an
    instance while it is down.
    """
    judged = verdict.judged
    if judged is None or verdict.registered.token != lookups.INSTANCE or SUBNETS not in judged.keys:
        return []
    refused = "`up` would move it to other subnets: RDS refuses that within a VPC"
    return [f"{refused}; between VPCs it is an outage."]


def _rename(found: Existing) -> str:
    """RDS keeps everything of an instance that it renames, but for the host of its endpoint.

    It is out of reach for about ten minutes.
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
        "ElastiCache can't rename a group. Keep a snapshot and delete it; the cache fills again:\n"
        f"aws elasticache delete-replication-group --replication-group-id {found.name} "
        f"--final-snapshot-identifier {found.name}-terraform"
    )


def _delete_service(found: Existing) -> str:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html."""
    cluster, _, service = found.import_id.partition("/")
    return (
        "This is an outage until `up` is done and the domain has moved. Delete it:\n"
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
