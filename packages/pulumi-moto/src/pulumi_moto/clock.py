"""The account's clock: minutes on AWS (a bake time) pass in seconds, or by hand."""

import threading
import time


class Clock:
    """Seconds that have passed in the emulated account.

    `speed` is the number of the account's seconds per real second. At 0 the clock stops until
    `advance`, so that a test sees each stage of a deployment.
    """

    def __init__(self, speed: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._speed = speed
        self._started = time.monotonic()
        self._skipped = 0.0

    def now(self) -> float:
        with self._lock:
            return self._skipped + (time.monotonic() - self._started) * self._speed

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._skipped += seconds

    def set_speed(self, speed: float) -> None:
        with self._lock:
            passed = (time.monotonic() - self._started) * self._speed
            self._skipped += passed
            self._started = time.monotonic()
            self._speed = speed


CLOCK = Clock()
"""The clock of this process's account; moto's backends are per process, too."""
