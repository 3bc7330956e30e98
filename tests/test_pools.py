"""Workers and their connections: the arithmetic that config and commands share."""

import pytest
import yaml

import limits
import pools
from stack_config import ROOT

SMALLEST_WORKER_MIB = 200


@pytest.mark.parametrize(
    ("cpu", "workers"), [(256, 1), (512, 2), (1024, 3), (2048, 5), (4096, 9), (32768, 65)]
)
def test_a_size_carries_two_workers_for_each_vcpu_and_one_more(cpu: int, workers: int) -> None:
    assert pools.workers_carried(cpu) == workers


@pytest.mark.parametrize("cpu", limits.FARGATE_MEMORY)
def test_the_workers_of_a_size_fit_into_the_least_memory_that_it_can_have(cpu: int) -> None:
    least = min(limits.FARGATE_MEMORY[cpu])
    assert pools.workers_carried(cpu) * SMALLEST_WORKER_MIB <= least


@pytest.mark.parametrize(
    ("command", "workers"),
    [
        ([], 4),
        (["gunicorn", "app.main:app", "--workers", "2", "--bind", "0.0.0.0:8000"], 2),
        (["gunicorn", "app.main:app", "--workers=12"], 12),
        (["gunicorn", "-w", "3", "app.main:app"], 3),
        (["sh", "-c", "exec gunicorn --workers 2 app.main:app"], 2),
        (["uvicorn", "app.main:app"], 1),
        (["gunicorn", "--worker-class", "uvicorn.workers.UvicornWorker"], 1),
    ],
)
def test_the_workers_of_a_command_are_read_from_it(command: list[str], workers: int) -> None:
    assert pools.workers_of(command) == workers


def test_a_peak_counts_every_pool_in_both_colours() -> None:
    assert pools.peak(tasks=6, workers=2, pool=30) == 720


def test_the_most_tasks_are_those_whose_peak_fits() -> None:
    assert pools.tasks_allowed(384, workers=1, pool=30) == 6
    assert pools.tasks_allowed(360, workers=1, pool=30) == 6
    assert pools.tasks_allowed(359, workers=1, pool=30) == 5
    assert pools.tasks_allowed(170, workers=4, pool=30) == 0


def test_a_revision_without_a_label_is_taken_for_what_config_says_by_default() -> None:
    config = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert config["arbor:databasePoolSize"]["default"] == pools.POOL_SIZE
