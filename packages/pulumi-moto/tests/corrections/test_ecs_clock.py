"""Concurrent calls run one at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi_moto.corrections.ecs_clock import call_action

MOMENT = 0.005


def test_concurrent_calls_run_one_at_a_time() -> None:
    inside: list[int] = []
    most = []

    def answer(_: Any) -> None:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(MOMENT)  # so that another one would come in between
        inside.pop()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: call_action(answer, object()), range(12)))
    assert most == [1] * 12
