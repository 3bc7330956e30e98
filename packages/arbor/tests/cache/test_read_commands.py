"""`arbor cache stats|connect`, against a real Redis with TLS and AUTH."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import redis_server
from arbor.__main__ import app
from arbor.cache import stats
from cache_account import SECRET

HEALTHY = stats.Stats(
    role="master",
    up_seconds=90000,
    hits=900,
    misses=100,
    hit_ratio=0.9,
    evicted=0,
    expired=3,
    memory_used=10 * 2**20,
    memory_max=100 * 2**20,
    clients=8,
    rejected=0,
    keys=5,
    replicas=1,
)


def cache(*words: str) -> Result:
    return CliRunner().invoke(app, ["cache", *words])


@pytest.mark.usefixtures("tunnel_ports")
def test_stats_show_redis_counters(server: redis_server.Server) -> None:
    server.fill(plan=3, other=2)
    with server.client() as application:
        for key in ("plan:0", "plan:1", "plan:2", "none"):
            application.get(key)
        application.config_set("maxmemory", 50 * 2**20)
        shown, found = cache("stats"), cache("stats", "--json")
    assert shown.exit_code == 0, shown.output
    answer = json.loads(found.stdout)
    assert (answer["hits"], answer["misses"], answer["hit_ratio"]) == (3, 1, 0.75)
    assert (answer["keys"], answer["role"], answer["evicted"]) == (5, "master", 0)
    assert answer["clients"] >= 2
    assert answer["memory_max"] == 50 * 2**20
    assert 0 < answer["memory_used"] < answer["memory_max"]
    assert "75.0%  (3 hits, 1 misses" in shown.stdout
    assert "of 50 MB" in shown.stdout
    # The real Redis has no replica, and the group has two nodes.
    assert [line[:27] for line in answer["findings"]] == ["0 of 1 replicas follow the "]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"hit_ratio": None, "hits": 0, "misses": 0}, []),
        ({"hit_ratio": 0.1, "hits": 1, "misses": 9}, []),
        ({"hit_ratio": 0.8}, []),
        ({"hit_ratio": 0.79}, ["`arbor cache warm --stack staging`"]),
        ({"evicted": 1}, ["set a larger node type in Pulumi.staging.yaml"]),
        ({"memory_used": 90 * 2**20}, ["90% of the memory is used"]),
        ({"memory_used": 90 * 2**20, "memory_max": 0}, []),
        ({"replicas": 0}, ["0 of 1 replicas follow the primary"]),
        ({"role": "slave", "replicas": 0}, ["a failover is in progress"]),
        ({"rejected": 2}, ["2 connections were rejected"]),
    ],
)
def test_each_finding_is_a_line_with_a_remedy(changes: dict[str, object], words: list[str]) -> None:
    lines = list(stats.findings(replace(HEALTHY, **changes), "staging", 2))  # type: ignore[arg-type] # a table's row
    assert len(lines) == len(words)
    assert all(word in line for word, line in zip(words, lines, strict=True))


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 1)])
def test_connect_passes_the_token_in_the_environment(
    tunnel_ports: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ends: int
) -> None:
    seen, program = tmp_path / "seen", tmp_path / "redis-cli"
    program.write_text(f'#!/bin/sh\necho "$REDISCLI_AUTH" "$@" > {seen}\nexit {code}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = cache("connect", "--port", "16555")
    assert done.exit_code == ends, done.output
    token, *words = seen.read_text().split()
    assert token == redis_server.TOKEN
    assert words[:5] == ["--tls", "--sni", redis_server.HOST, "-h", "127.0.0.1"]
    assert tunnel_ports == [16555]


@pytest.mark.usefixtures("tunnel_ports")
def test_without_redis_cli_the_tunnel_stays_open_until_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("threading.Event.wait", lambda _: interrupted())
    done = cache("connect", "--tunnel-only")
    assert done.exit_code == 0, done.output
    assert f"--secret-id {SECRET}" in done.stdout
    assert f"redis-cli --tls --sni {redis_server.HOST} -h 127.0.0.1 -p" in done.stdout
    assert redis_server.TOKEN not in done.output
