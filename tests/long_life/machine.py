"""The long life as a hypothesis state machine: which step is possible when; checks after each."""

from contextlib import ExitStack
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine_stack import Deployed
from fault_cases.release import APPS
from fault_wire import Fault
from long_life.changes import CHANGES, REFUSED
from long_life.hands import HANDS
from long_life.life import Life, lived

APP = st.sampled_from(APPS)
CHANGE = st.sampled_from(sorted(CHANGES)).flatmap(
    lambda path: st.sampled_from(CHANGES[path]).map(lambda value: {path: value})
)
BESIDE = frozenset({"wafRequestsPerFiveMinutes", "logRetentionDays", "databaseBackupDays"})
"""Changes without a deployment."""
MAKING = frozenset({"services.reports"})
"""A killed `up` may leave unrecorded resources: docs/decisions/long-life.md."""
SIZES = ((512, 1024), (1024, 2048), (1024, 4096))


class Tally:
    """The number of steps, over all sequences."""

    def __init__(self) -> None:
        self.sequences = self.steps = 0


class LongLife(RuleBasedStateMachine):
    """One sequence."""

    pristine: ClassVar[Deployed]
    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        self.kept = ExitStack()
        self.life: Life = self.kept.enter_context(lived(self.pristine))
        self.number = 0

    def teardown(self) -> None:
        if self.life.steps:
            self.tally.sequences += 1
            self.tally.steps += len(self.life.steps)
        self.kept.close()

    def version(self) -> str:
        self.number += 1
        return f"v1.1.{self.number}"

    # Hypothesis' simplest sequence repeats the first rule by name, so that one is free.
    @rule()
    def a_moment(self) -> None:
        return

    @precondition(lambda self: not self.life.by_hand and not self.life.under_test)
    @rule(values=CHANGE)
    def up(self, values: dict[str, object]) -> None:
        self.life.up(values)

    @precondition(lambda self: not self.life.by_hand and self.life.under_test)
    @rule(values=CHANGE.filter(lambda values: set(values) <= BESIDE))
    def up_beside_a_test(self, values: dict[str, object]) -> None:
        self.life.up(values)

    @precondition(lambda self: not self.life.by_hand and not self.life.under_test)
    @rule(
        values=CHANGE.filter(lambda values: not set(values) & MAKING),
        how=st.sampled_from(("killed", "throttled")),
        at=st.integers(1, 6),
    )
    def disturbed_up(self, values: dict[str, object], how: str, at: int) -> None:
        self.life.disturbed_up(values, how, at)

    @rule()
    def up_again(self) -> None:
        self.life.up_again()

    @precondition(lambda self: not self.life.by_hand and not self.life.under_test)
    @rule()
    def refresh(self) -> None:
        self.life.refresh()

    @rule()
    def look_for_drift(self) -> None:
        self.life.look_for_drift()

    @precondition(lambda self: not self.life.under_test)
    @rule()
    def deploy(self) -> None:
        self.life.deploy(self.version())

    @precondition(lambda self: not self.life.under_test)
    @rule()
    def release(self) -> None:
        self.life.release(self.version())

    @precondition(lambda self: not self.life.under_test)
    @rule(app=APP)
    def restart(self, app: str) -> None:
        self.life.restart(app)

    @precondition(lambda self: not self.life.under_test)
    @rule(app=APP, size=st.sampled_from(SIZES))
    def resize(self, app: str, size: tuple[int, int]) -> None:
        self.life.resize(app, *size)

    @precondition(lambda self: not self.life.under_test)
    @rule(app=APP)
    def rollback(self, app: str) -> None:
        self.life.rollback(app)

    @precondition(lambda self: not self.life.under_test)
    @rule()
    def start(self) -> None:
        self.life.start(self.version())

    @precondition(lambda self: self.life.under_test)
    @rule(gives=st.booleans())
    def answer(self, gives: bool) -> None:
        if gives:
            self.life.switch()
        else:
            self.life.abort()

    @precondition(lambda self: self.life.trouble is None)
    @rule(fault=st.sampled_from(Fault), at=st.integers(1, 8))
    def disturb(self, fault: Fault, at: int) -> None:
        self.life.disturb(fault, at)

    @rule(app=APP, count=st.integers(3, 6))
    def scale(self, app: str, count: int) -> None:
        self.life.scale(app, count)

    @rule(app=APP, count=st.integers(3, 6))
    def count_by_hand(self, app: str, count: int) -> None:
        self.life.count_by_hand(app, count)

    @precondition(lambda self: not self.life.under_test)
    @rule()
    def rotate_password(self) -> None:
        self.life.rotate_password()

    @rule(name=st.sampled_from(sorted(HANDS)), adopts=st.booleans())
    def by_hand(self, name: str, adopts: bool) -> None:
        if name not in self.life.by_hand:
            if not self.life.has_adopted(name):
                self.life.by_hand_change(name)
        elif adopts and HANDS[name].adopted:
            self.life.adopt(name)
        else:
            self.life.take_back(name)

    @precondition(lambda self: self.life.by_hand and not self.life.under_test)
    @rule()
    def put_back(self) -> None:
        self.life.put_back()

    @rule(values=st.sampled_from(REFUSED))
    def refused_up(self, values: dict[str, object]) -> None:
        self.life.refused_up(values)

    @rule()
    def time_passes(self) -> None:
        self.life.time_passes()

    @invariant()
    def all_is_well(self) -> None:
        self.life.check()


def machine(pristine: Deployed, tally: Tally) -> type[LongLife]:
    """A class, because hypothesis makes an instance for each sequence."""
    return type("LongLife", (LongLife,), {"pristine": pristine, "tally": tally})
