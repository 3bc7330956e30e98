"""The model of a live stack, and the invariants after every step.

The model is small on purpose. Releases, rollbacks and operators own a service's live revision and
count; the engine owns everything else; a manual change of the engine's values is drift until it is
reverted.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arbor_names import naming
from engine.stack_file import stack_config
from engine_stack import Deployed
from fault_cases.release import APPS, push, push_live
from fault_wire import Fault, Wire
from faults import LONG
from long_life import changes, disturb
from long_life.hands import Hand
from long_life.kept import kept
from long_life.past import Past
from served import serving

STACK = "production"
REFUSED = 3
ZONES = 3
"""A service without a `min` in config has one task in each."""


class WrongError(AssertionError):
    """An invariant is violated; the message has the sequence of steps."""


@dataclass
class Watched:
    """A copy of a deployed stack, and its model."""

    stack: Deployed
    wire: Wire
    steps: list[str] = field(default_factory=list)
    """The steps as calls of this class, for a plain test."""
    owned: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Revision and count of each service, as releases and operators set them."""
    versions: dict[str, str] = field(default_factory=dict)
    """The live version, by service."""
    config: dict[str, Any] = field(default_factory=dict)
    """Keys that differ from the stack's file."""
    by_hand: dict[str, Hand] = field(default_factory=dict)
    """Manual changes that are drift now, by name."""
    kept: frozenset[str] = frozenset()
    """Ids that must never be lost."""
    pasts: dict[str, Past] = field(default_factory=dict)
    """Deployments, by service."""
    under_test: str = ""
    """The version that waits for an operator."""
    trouble: tuple[Fault, int] | None = None
    """The fault of the next command of arbor."""
    looked: bool = False

    def begin(self) -> None:
        """Record the present ids as those that must stay."""
        with self.wire.aside():
            push_live(self.wire)
        self._learn()
        self.kept = kept(self.stack)

    # Invariants

    def check(self) -> None:
        """The fast invariants."""
        if self.looked:
            return
        self.looked = True
        with self.wire.aside():
            self._check_users()
            lost = self.kept - kept(self.stack)
            if lost:
                self._wrong(f"lost {sorted(lost)}")
            self._check_locks()

    def _check_users(self) -> None:
        self._check_outages()
        for app, one in self._served().items():
            if one.release != self.owned[app]:
                self._wrong(f"{app} is on {one.release} instead of {self.owned[app]}")
            if one.version != self.versions[app]:
                self._wrong(f"{app} serves {one.version} instead of {self.versions[app]}")
            if one.healthy < one.desired:
                self._wrong(f"{app} has {one.healthy} healthy targets of {one.desired}")

    def _check_outages(self, apart_from: str = "nothing") -> None:
        seen = [one for one in self.stack.unserved() if not one["path"].startswith(apart_from)]
        reported = [
            f"{one['host']}{one['path']} after {one['call']}: {one['reason']}" for one in seen
        ]
        if reported:
            self._wrong("users were not served: " + "; ".join(reported))

    def _check_locks(self) -> None:
        if left := self._lock():
            self._wrong(f"arbor's lock is left: {left}")
        backend = Path(self.stack.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        if locks := list(backend.glob(".pulumi/locks/**/*.json")):
            self._wrong(f"Pulumi's lock is left: {locks}")

    # Tools

    @contextmanager
    def _step(self, call: str) -> Iterator[None]:
        self.steps.append(call)
        self.looked = False
        try:
            yield
        except WrongError:
            raise
        except Exception as error:
            raise WrongError(self._trace(f"{type(error).__name__}: {error}")) from error

    def _wrong(self, why: str) -> None:
        raise WrongError(self._trace(why))

    def _trace(self, why: str) -> str:
        return f"{why}\nafter\n" + "\n".join(f"    life.{step}" for step in self.steps)

    def _arbor(self, *words: str, allowed: tuple[int, ...] = (0,)) -> None:
        """Run a command in this process; raises WrongError for an unexpected exit code.

        After a fault it is run again, and once more later if it is refused.
        """
        words = (*words, "--stack", STACK)
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            result = disturb.arbor(self.wire, words, *trouble)
            if result.exit_code in allowed:
                self._take_over()
                return
        result = disturb.arbor(self.wire, words)
        if result.exit_code == REFUSED and trouble is not None and REFUSED not in allowed:
            self.stack.advance(LONG)  # started operations end
            result = disturb.arbor(self.wire, words)
        if result.exit_code not in allowed:
            self._wrong(f"`arbor {' '.join(words)}` ended with {result.exit_code}: {result.output}")

    def _take_over(self) -> None:
        """The call that releases the lock may have failed: the next command takes it over."""
        with self.wire.aside():
            left = self._lock()
        if left and disturb.arbor(self.wire, ("migrate", "--stack", STACK)).exit_code != 0:
            self._wrong(f"no command continues from {left}")

    def _lock(self) -> str:
        """The text of arbor's lock; empty without a lock."""
        ssm = self.stack.client("ssm")
        held = ssm.get_parameters(Names=[naming.operation_lock(STACK)])["Parameters"]
        return str(held[0]["Value"]) if held else ""

    def _push(self, version: str) -> None:
        with self.wire.aside():
            push(version)(self.wire)

    def _served(self) -> dict[str, Any]:
        with self.wire.aside():
            return serving(self.stack)

    def _before(self, keys: Iterable[str]) -> dict[str, Any]:
        """The present values of these keys in config."""
        file = stack_config(STACK)
        held = {**file, **self.config}
        return {key: held[key] for key in keys if key in held}

    def _meet(self) -> None:
        """Add and remove services that config added or removed."""
        found = self._served()
        for app in found.keys() - self.owned.keys():
            self.owned[app], self.versions[app] = found[app].release, found[app].version
        for app in self.owned.keys() - found.keys():
            del self.owned[app], self.versions[app]
            # Its tasks are deleted before its rules, as the change intends.
            self._check_outages(apart_from=f"/{app}/")

    def _learn(self) -> None:
        found = self._served()
        self.owned = {app: one.release for app, one in found.items()}
        self.versions = {app: one.version for app, one in found.items()}
        self.pasts = {app: Past(one.revision, one.version) for app, one in found.items()}

    def _expect_versions(self, versions: dict[str, str]) -> None:
        """The running revision is that of the last deployment; the count stays."""
        found = self._served()
        self.owned |= {app: (found[app].revision, self.owned[app][1]) for app in APPS}
        self.versions |= versions
        for app in APPS:
            revision, _ = self.owned[app]
            self.pasts[app].went(revision, self.versions[app])

    def _newest(self, app: str) -> str:
        """The revision of the service's newest deployment."""
        with self.wire.aside():
            ecs, at = self.stack.client("ecs"), {"cluster": naming.cluster(STACK)}
            listed = ecs.list_service_deployments(**at, service=f"arbor-{STACK}-{app}")
            newest = max(listed["serviceDeployments"], key=lambda one: one["createdAt"])
            (revision,) = ecs.describe_service_revisions(
                serviceRevisionArns=[newest["targetServiceRevisionArn"]]
            )["serviceRevisions"]
        return str(revision["taskDefinition"])

    def _size(self, app: str) -> tuple[int, int]:
        with self.wire.aside():
            definition = self.stack.client("ecs").describe_task_definition(
                taskDefinition=self.owned[app][0]
            )["taskDefinition"]
        return int(definition["cpu"]), int(definition["memory"])

    def _floor(self, app: str) -> int:
        services = changes.changed(STACK, self.config, {"services.backend.port": 8000})
        return int(services["arbor:services"][app].get("min", ZONES))
