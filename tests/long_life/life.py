"""One stack that lives: what was done to it, what must be true of it now, and who may change what.

The model is small on purpose. A release, a rollback and an operator own the live revision and the
count of a service; the engine owns everything else; a change by hand of what the engine owns is
drift until it is taken back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import naming
from engine_stack import Deployed
from fault_cases.release import APPS, push, push_live
from fault_wire import Copy, Fault, Wire, wired
from faults import LONG
from long_life import changes, disturb
from long_life.hands import HANDS, Hand
from long_life.kept import kept
from long_life.past import Past
from pipeline import drift
from rotation_world import with_rds
from served import serving

STACK = "production"
REFUSED = 3
RAISED_QUOTA = 100.0
"""Of Fargate vCPUs."""
ZONES = 3
"""Without a `min` in config a service has one task in each."""
FORTNIGHT = "20160"
"""The longest pause, in minutes."""


class WrongError(AssertionError):
    """An invariant does not hold; the message has the sequence that led there."""


@dataclass
class Life:
    """A copy of a stack that is up, and the model of it."""

    stack: Deployed
    wire: Wire
    steps: list[str] = field(default_factory=list)
    """What was done, as calls of this class: a plain test is made of them."""
    owned: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Revision and count of each service, as those who own them left them."""
    versions: dict[str, str] = field(default_factory=dict)
    """Live, by service."""
    config: dict[str, Any] = field(default_factory=dict)
    """Keys that differ from the stack's file."""
    by_hand: dict[str, Hand] = field(default_factory=dict)
    """Changes that are drift now, by name."""
    kept: frozenset[str] = frozenset()
    """What must never be lost."""
    pasts: dict[str, Past] = field(default_factory=dict)
    """Deployments, by service."""
    under_test: str = ""
    """The version that waits for a person."""
    trouble: tuple[Fault, int] | None = None
    """Of the next command of arbor."""
    looked: bool = False

    def begin(self) -> None:
        """Take down what is there, as what must stay."""
        with self.wire.aside():
            push_live(self.wire)
        self._learn()
        self.kept = kept(self.stack)

    # What the engine does

    def up(self, values: changes.Values) -> None:
        """Bring a change of config up; a second run has nothing to do."""
        with self._step(f"up({values!r})"):
            keys = changes.changed(STACK, self.config, values)
            self.config |= keys
            self.stack.deployment.configure(keys)
            self.stack.up()
            if again := self.stack.up():
                self._wrong(f"the second `up` in a row did {again}")

    def disturbed_up(self, values: changes.Values, how: str, at: int) -> None:
        """An `up` whose n-th write is throttled, or that is killed at it; and then another."""
        with self._step(f"disturbed_up({values!r}, {how!r}, {at})"):
            keys = changes.changed(STACK, self.config, values)
            self.config |= keys
            self.stack.deployment.configure(keys)
            disturb.up(self.stack, how, at)
            if self.stack.up() and (again := self.stack.up()):
                self._wrong(f"the second `up` in a row did {again}")

    def up_again(self) -> None:
        """The same config once more; nothing is done, whatever was done by hand."""
        with self._step("up_again()"):
            if done := self.stack.up():
                self._wrong(f"an `up` without a change did {done}")

    def refresh(self) -> None:
        """Read the account into the state, when it is as the engine left it."""
        with self._step("refresh()"):
            self.stack.refresh()
            if wanted := self.stack.preview():
                self._wrong(f"after a refresh without drift, `up` would do {wanted}")

    def look_for_drift(self) -> None:
        """What the drift check finds is what was done by hand, and nothing else."""
        with self._step("look_for_drift()"):
            found = {
                (one.resource, one.property) for one in drift.find(self.stack.deployment.stack)
            }
            wanted = {place for hand in self.by_hand.values() for place in hand.drifts}
            if self.under_test:  # the pause shows: docs/decisions/bluegreen.md
                wanted |= {(f"{app}-service", "deploymentConfiguration") for app in APPS}
            if found != wanted:
                self._wrong(f"the drift check finds {sorted(found)} instead of {sorted(wanted)}")

    # What operators do

    def deploy(self, version: str) -> None:
        """Bring a version of both services to users, without migrations."""
        with self._step(f"deploy({version!r})"):
            self._push(version)
            self._arbor("deploy", version, "--no-url")
            self._expect_versions(dict.fromkeys(APPS, version))

    def release(self, version: str) -> None:
        """Bring a version of both services to users."""
        with self._step(f"release({version!r})"):
            self._push(version)
            self._arbor("release", version, "--no-url")
            self._expect_versions(dict.fromkeys(APPS, version))

    def restart(self, app: str) -> None:
        """New tasks of the same revision."""
        with self._step(f"restart({app!r})"):
            self._arbor("restart", app)

    def resize(self, app: str, cpu: int, memory: int) -> None:
        """The live version with another size."""
        with self._step(f"resize({app!r}, {cpu}, {memory})"):
            self._arbor("resize", app, "--cpu", str(cpu), "--memory", str(memory))
            self._expect_versions(self.versions)
            seen = self._size(app)
            if seen != (cpu, memory):
                self._wrong(f"{app} has {seen} after a resize to {(cpu, memory)}")

    def scale(self, app: str, count: int) -> None:
        """A count and a floor; the floor is drift where config says another."""
        with self._step(f"scale({app!r}, {count})"):
            self._arbor("scale", app, str(count))
            self.owned[app] = self.owned[app][0], count
            self.by_hand.pop(f"floor of {app}", None)
            if count != self._floor(app):
                self.by_hand[f"floor of {app}"] = Hand(
                    drifts=frozenset({(f"{app}-scaling-target", "minCapacity")})
                )

    def rollback(self, app: str) -> None:
        """Back to what was live before, as its deployments say; nowhere after a rollback."""
        with self._step(f"rollback({app!r})"):
            to = self.pasts[app].before()
            allowed = (REFUSED, 0) if to is None else (0,)
            self._arbor("rollback", app, allowed=allowed)
            if to is not None:
                self.owned[app] = to, self.owned[app][1]
                self.versions[app] = self.pasts[app].version_of[to]
                self.pasts[app].went(to)

    def start(self, version: str) -> None:
        """Deploy a version up to the pause, for a person to test."""
        with self._step(f"start({version!r})"):
            self._push(version)
            self._arbor("bluegreen", "start", version, "--timeout-minutes", FORTNIGHT)
            self.under_test = version

    def switch(self) -> None:
        """Give the tested version the users."""
        with self._step("switch()"):
            self._arbor("bluegreen", "switch", "--no-url")
            self._expect_versions(dict.fromkeys(APPS, self.under_test))
            self.under_test = ""

    def abort(self) -> None:
        """Take the tested version back; the users never had it."""
        with self._step("abort()"):
            self._arbor("bluegreen", "abort")
            self.under_test = ""
            for app in APPS:
                self.pasts[app].came_to_nothing(self._newest(app))

    def disturb(self, fault: Fault, at: int) -> None:
        """Let the next command of arbor meet this at its n-th write, and then be run again."""
        self.steps.append(f"disturb({fault}, {at})")
        self.trouble = fault, at

    def rotate_password(self) -> None:
        """A new master password; the tasks start anew with it."""
        with self._step("rotate_password()"), with_rds(self.wire):
            self._arbor("rotate-password")

    # What is done by hand

    def count_by_hand(self, app: str, count: int) -> None:
        """As the runbook has it: `aws ecs update-service --desired-count`."""
        with self._step(f"count_by_hand({app!r}, {count})"), self.wire.aside():
            self.stack.client("ecs").update_service(
                cluster=naming.cluster(STACK),
                service=f"arbor-{STACK}-{app}",
                desiredCount=count,
            )
            self.owned[app] = self.owned[app][0], count

    def by_hand_change(self, name: str) -> None:
        """Change what the engine owns."""
        with self._step(f"by_hand_change({name!r})"), self.wire.aside():
            HANDS[name].do(self.stack)
            self.by_hand[name] = HANDS[name]

    def take_back(self, name: str) -> None:
        """Change it back by hand."""
        with self._step(f"take_back({name!r})"), self.wire.aside():
            HANDS[name].undo(self.stack)
            del self.by_hand[name]

    def time_passes(self) -> None:
        """An hour."""
        with self._step("time_passes()"):
            self.stack.advance(3600)

    # What must be true

    def check(self) -> None:
        """The invariants that cost little."""
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
        if outages := self.stack.unserved():
            told = [f"{o['host']}{o['path']} after {o['call']}: {o['reason']}" for o in outages]
            self._wrong("users were not served: " + "; ".join(told))
        for app, one in self._served().items():
            if one.release != self.owned[app]:
                self._wrong(f"{app} is on {one.release} instead of {self.owned[app]}")
            if one.version != self.versions[app]:
                self._wrong(f"{app} serves {one.version} instead of {self.versions[app]}")
            if one.healthy < one.desired:
                self._wrong(f"{app} has {one.healthy} healthy targets of {one.desired}")

    def _check_locks(self) -> None:
        ssm = self.stack.client("ssm")
        held = ssm.get_parameters(Names=[naming.operation_lock(STACK)])["Parameters"]
        if held:
            self._wrong(f"arbor's lock is left: {held[0]['Value']}")
        backend = Path(self.stack.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        if left := list(backend.glob(".pulumi/locks/**/*.json")):
            self._wrong(f"Pulumi's lock is left: {left}")

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
            raise WrongError(self._told(f"{type(error).__name__}: {error}")) from error

    def _wrong(self, why: str) -> None:
        raise WrongError(self._told(why))

    def _told(self, why: str) -> str:
        return f"{why}\nafter\n" + "\n".join(f"    life.{step}" for step in self.steps)

    def _arbor(self, *words: str, allowed: tuple[int, ...] = (0,)) -> None:
        """In this process; raises WrongError unless it ends as it may.

        When it met trouble it is run again, and again after a while if it is refused.
        """
        words = (*words, "--stack", STACK)
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            result = disturb.arbor(self.wire, words, *trouble)
            if result.exit_code in allowed:
                return
        result = disturb.arbor(self.wire, words)
        if result.exit_code == REFUSED and trouble is not None and REFUSED not in allowed:
            self.stack.advance(LONG)  # what was begun ends
            result = disturb.arbor(self.wire, words)
        if result.exit_code not in allowed:
            self._wrong(f"`arbor {' '.join(words)}` ended with {result.exit_code}: {result.output}")

    def _push(self, version: str) -> None:
        with self.wire.aside():
            push(version)(self.wire)

    def _served(self) -> dict[str, Any]:
        with self.wire.aside():
            return serving(self.stack)

    def _learn(self) -> None:
        found = self._served()
        self.owned = {app: one.release for app, one in found.items()}
        self.versions = {app: one.version for app, one in found.items()}
        self.pasts = {app: Past(one.revision, one.version) for app, one in found.items()}

    def _expect_versions(self, versions: dict[str, str]) -> None:
        """What runs now is owned by the one who brought it; the count stays."""
        found = self._served()
        self.owned = {app: (found[app].revision, self.owned[app][1]) for app in self.owned}
        self.versions = dict(versions)
        for app, (revision, _) in self.owned.items():
            self.pasts[app].went(revision, versions[app])

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


@contextmanager
def lived(pristine: Deployed) -> Iterator[Life]:
    """A life of its own, which ends with this."""
    pristine.client("sts")  # the session of such clients is made before boto3 is led elsewhere
    with (
        pristine.copy() as stack,
        wired(Copy(port=stack.port), "us-east-1") as wire,
        pytest.MonkeyPatch.context() as patch,
    ):
        # README has it raised before the first `up`; here it is a new account's.
        patch.setattr("operations.ecs.quota.applied", lambda _: RAISED_QUOTA)
        life = Life(stack=stack, wire=wire)
        life.begin()
        yield life
