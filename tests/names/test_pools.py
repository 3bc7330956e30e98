"""Workers and their connections: the arithmetic that config and commands share."""

import re

import pytest
import yaml

from arbor_names import limits, pools
from stack_config import ROOT

SMALLEST_WORKER_MIB = 200
TABLE = re.compile(r"^\| (db\.\S+) \| ([\d,]+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
"""Class, connections, and tasks of one and of two workers."""


@pytest.mark.parametrize(
    ("cpu", "workers"), [(256, 1), (512, 2), (1024, 3), (2048, 5), (4096, 9), (32768, 65)]
)
def test_a_size_carries_two_workers_for_each_vcpu_and_one_more(cpu: int, workers: int) -> None:
    assert pools.workers_carried(cpu) == workers


@pytest.mark.parametrize("cpu", limits.FARGATE_MEMORY)
def test_the_workers_of_a_size_fit_into_its_smallest_memory(cpu: int) -> None:
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


def test_the_most_tasks_have_the_largest_fitting_peak() -> None:
    assert pools.tasks_allowed(384, workers=1, pool=30) == 6
    assert pools.tasks_allowed(360, workers=1, pool=30) == 6
    assert pools.tasks_allowed(359, workers=1, pool=30) == 5
    assert pools.tasks_allowed(170, workers=4, pool=30) == 0


def test_a_revision_without_a_label_has_the_default_pool() -> None:
    config = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert config["arbor:databasePoolSize"]["default"] == pools.POOL_SIZE


@pytest.mark.parametrize("row", TABLE.findall((ROOT / "docs" / "runbook.md").read_text()))
def test_the_runbooks_table_of_classes_matches(row: tuple[str, str, str, str]) -> None:
    name, leaves, *tasks = row
    usable = limits.usable_connections(name)
    assert usable == int(leaves.replace(",", ""))
    assert [int(count) for count in tasks] == [
        pools.tasks_allowed(usable, workers, pools.POOL_SIZE) for workers in (1, 2)
    ]


def test_the_runbook_has_that_table() -> None:
    names = [name for name, *_ in TABLE.findall((ROOT / "docs" / "runbook.md").read_text())]
    assert {"db.t3.small", "db.t3.medium"} <= set(names)


@pytest.mark.parametrize(
    ("node_type", "connections"),
    [
        ("cache.t3.micro", 2048),
        ("cache.t4g.small", 5608),
        ("cache.t3.medium", 12656),
        ("cache.m6g.large", 65000),
        ("cache.r7g.16xlarge", 65000),
    ],
)
def test_a_small_cache_node_runs_out_of_memory_before_it_runs_out_of_clients(
    node_type: str, connections: int
) -> None:
    assert limits.cache_connections(node_type) == connections


@pytest.mark.parametrize("node_type", limits.CACHE_NODE_TYPES)
def test_every_allowed_node_type_has_a_number_of_connections(node_type: str) -> None:
    assert 0 < limits.cache_connections(node_type) <= limits.MOST_CACHE_CONNECTIONS
