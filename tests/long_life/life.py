"""The steps of a live stack, each with its effect on the model."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pulumi.automation import CommandError

from arbor.account import Account
from arbor_names import naming
from engine_stack import Deployed
from fault_cases.release import APPS
from fault_wire import Copy, Fault, wired
from long_life import changes, disturb
from long_life.hands import HANDS, Hand
from long_life.watched import REFUSED, STACK, Watched
from pipeline.drift import drift, unowned
from pipeline.stacks import Opened
from rotation_fixtures import with_rds

RAISED_QUOTA = 100.0
"""The quota of Fargate vCPUs."""
FORTNIGHT = "20160"
"""The longest pause, in minutes."""


class Life(Watched):
    """Each method is a step; a plain test consists of them."""

    # The engine's steps

    def up(self, values: changes.Values) -> None:
        """Apply a change of config; a second run changes nothing."""
        with self._step(f"up({values!r})"):
            self._bring(values)

    def adopt(self, name: str) -> None:
        """Adopt the manual changes in config: no drift remains, and nothing changes."""
        with self._step(f"adopt({name!r})"):
            self._bring(HANDS[name].adopted)
            del self.by_hand[name]

    def _bring(self, values: changes.Values) -> None:
        keys = changes.changed(STACK, self.config, values)
        self.config |= keys
        self.stack.deployment.configure(keys)
        self.stack.up()
        if again := self.stack.up():
            self._wrong(f"the second `up` in a row did {again}")
        self._meet()

    def put_back(self) -> None:
        """Refresh, and let `up` revert manual changes of its resources."""
        with self._step("put_back()"):
            self.stack.refresh()
            wanted = {
                place for hand in self.by_hand.values() if hand.is_owned for place in hand.drifts
            }
            found = {(step.name, key) for step in self.stack.preview() for key in step.keys}
            if found != wanted:
                self._wrong(f"`up` would change {sorted(found)} instead of {sorted(wanted)}")
            self.stack.up()
            self.stack.advance(3600)
            self.by_hand = {k: hand for k, hand in self.by_hand.items() if not hand.is_owned}
            if again := self.stack.up():
                self._wrong(f"the second `up` in a row did {again}")

    def refused_up(self, values: changes.Values) -> None:
        """A config that settings refuse: nothing happens, and the old one stays."""
        with self._step(f"refused_up({values!r})"):
            keys = changes.changed(STACK, self.config, values)
            calls = self.stack.calls()
            self.stack.deployment.configure(keys)
            with pytest.raises(CommandError, match="Nothing was deployed"):
                self.stack.preview()
            if self.stack.calls() != calls:
                self._wrong("a refused config made calls")
            self.stack.deployment.configure(dict.fromkeys(keys) | self._before(keys))

    def disturbed_up(self, values: changes.Values, how: str, at: int) -> None:
        """An `up` whose n-th write is throttled, or that is killed at it; then another one."""
        with self._step(f"disturbed_up({values!r}, {how!r}, {at})"):
            self.stack.deployment.configure(changes.changed(STACK, self.config, values))
            disturb.up(self.stack, how, at)
            self._bring(values)

    def up_again(self) -> None:
        """Run `up` with the same config: nothing is done, whatever was changed by hand."""
        with self._step("up_again()"):
            if done := self.stack.up():
                self._wrong(f"an `up` without a change did {done}")

    def refresh(self) -> None:
        """Refresh the state while the account is as the engine left it."""
        with self._step("refresh()"):
            self.stack.refresh()
            if wanted := self.stack.preview():
                self._wrong(f"after a refresh without drift, `up` would do {wanted}")

    def look_for_drift(self) -> None:
        """The drift check finds exactly the manual changes."""
        with self._step("look_for_drift()"):
            stack = self.stack.deployment.stack
            with self.wire.aside():
                account = Account(stack=STACK, client=self.stack.client)
                opened = Opened(stack=stack, account=account)
                looked = [*drift.find(stack, []), *unowned.find(opened)]
            found = {(one.resource, one.property) for one in looked}
            wanted = {place for hand in self.by_hand.values() for place in hand.drifts}
            if self.under_test:  # the pause is visible: docs/decisions/bluegreen.md
                wanted |= {(f"{app}-service", "deploymentConfiguration") for app in APPS}
            if found != wanted:
                self._wrong(f"the drift check finds {sorted(found)} instead of {sorted(wanted)}")

    # The operators' steps

    def deploy(self, version: str) -> None:
        """Deploy a version of both services, without migrations."""
        with self._step(f"deploy({version!r})"):
            self._push(version)
            self._arbor("deploy", version, "--no-url")
            self._expect_versions(dict.fromkeys(APPS, version))

    def release(self, version: str) -> None:
        """Release a version of both services."""
        with self._step(f"release({version!r})"):
            self._push(version)
            self._arbor("release", version, "--no-url")
            self._expect_versions(dict.fromkeys(APPS, version))

    def restart(self, app: str) -> None:
        """Start new tasks of the same revision."""
        with self._step(f"restart({app!r})"):
            self._arbor("restart", app)

    def resize(self, app: str, cpu: int, memory: int) -> None:
        """Deploy the live version with another size."""
        with self._step(f"resize({app!r}, {cpu}, {memory})"):
            self._arbor("resize", app, "--cpu", str(cpu), "--memory", str(memory))
            self._expect_versions(self.versions)
            seen = self._size(app)
            if seen != (cpu, memory):
                self._wrong(f"{app} has {seen} after a resize to {(cpu, memory)}")

    def scale(self, app: str, count: int) -> None:
        """Set count and floor; a floor that differs from config is drift."""
        with self._step(f"scale({app!r}, {count})"):
            self._arbor("scale", app, str(count))
            self.owned[app] = self.owned[app][0], count
            self.by_hand.pop(f"floor of {app}", None)
            if count != self._floor(app):
                self.by_hand[f"floor of {app}"] = Hand(
                    drifts=frozenset({(f"{app}-scaling-target", "minCapacity")})
                )

    def rollback(self, app: str) -> None:
        """Roll back to the previous revision; no change after a rollback."""
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
        """Continue the paused deployment with the tested version."""
        with self._step("switch()"):
            self._arbor("bluegreen", "switch", "--no-url")
            self._expect_versions(dict.fromkeys(APPS, self.under_test))
            self.under_test = ""

    def abort(self) -> None:
        """Abort the tested version, which never got production traffic."""
        with self._step("abort()"):
            self._arbor("bluegreen", "abort")
            self.under_test = ""
            for app in APPS:
                self.pasts[app].came_to_nothing(self._newest(app))

    def disturb(self, fault: Fault, at: int) -> None:
        """Give the next command of arbor this fault at its n-th write; it is then run again."""
        self.steps.append(f"disturb({fault}, {at})")
        self.trouble = fault, at

    def rotate_password(self) -> None:
        """Rotate the master password; the tasks restart with it."""
        with self._step("rotate_password()"), with_rds(self.wire):
            self._arbor("rotate-password")

    # Manual changes

    def count_by_hand(self, app: str, count: int) -> None:
        """Change the count as in the runbook: `aws ecs update-service --desired-count`."""
        with self._step(f"count_by_hand({app!r}, {count})"), self.wire.aside():
            self.stack.client("ecs").update_service(
                cluster=naming.cluster(STACK), service=f"arbor-{STACK}-{app}", desiredCount=count
            )
            self.owned[app] = self.owned[app][0], count

    def by_hand_change(self, name: str) -> None:
        """Change what the engine owns."""
        with self._step(f"by_hand_change({name!r})"), self.wire.aside():
            HANDS[name].do(self.stack)
            self.by_hand[name] = HANDS[name]

    def has_adopted(self, name: str) -> bool:
        """Whether config has adopted it."""
        adopted = changes.changed(STACK, self.config, HANDS[name].adopted)
        return bool(adopted) and self._before(adopted) == adopted

    def take_back(self, name: str) -> None:
        """Revert it by hand."""
        with self._step(f"take_back({name!r})"), self.wire.aside():
            HANDS[name].undo(self.stack)
            del self.by_hand[name]

    def time_passes(self) -> None:
        """Let an hour pass."""
        with self._step("time_passes()"):
            self.stack.advance(3600)


@contextmanager
def lived(pristine: Deployed) -> Iterator[Life]:
    """A life of its own, which ends with the block."""
    pristine.client("sts")  # such a client's session is created before boto3 is redirected
    with (
        pristine.copy() as stack,
        wired(Copy(port=stack.port), "us-east-1") as wire,
        pytest.MonkeyPatch.context() as patch,
    ):
        # The README raises it before the first `up`; here it is a new account's.
        patch.setattr("arbor.ecs.quota.applied", lambda _: RAISED_QUOTA)
        life = Life(stack=stack, wire=wire)
        life.begin()
        yield life
