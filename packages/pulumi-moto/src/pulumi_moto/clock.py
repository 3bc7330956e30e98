"""The account's clock: what takes minutes on AWS (a bake time) passes faster here, or by hand."""

import threading
import time


class Clock:
    """Seconds that have passed in the emulated account.

    `speed` is how many of the account's seconds pass in one real second; 0 stands still until
    `advance`, so that a test sees every stage of a deployment.
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
"""The one clock of this process's account, as moto's backends are this process's too."""
