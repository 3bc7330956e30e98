"""A whole tunnel: a task of the emulated account, a session, the plugin and a real Redis."""

import json
from pathlib import Path

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ssm.models import ssm_backends
from typer.testing import CliRunner

import plugin_stand_ins
import redis_server
from arbor.__main__ import app
from cache_account import keep, make_group, name_primary
from pulumi_moto.corrections.ssm_sessions import sessions
from staging_fixtures import STACK, Staging

GROUP = f"arbor-{STACK}-redis"


def test_stats_use_a_tunnel_and_terminate_its_session(
    backend_with_exec: Staging,
    server: redis_server.Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert backend_with_exec.account.stack == STACK
    make_group(nodes=1, name=GROUP)
    keep(redis_server.TOKEN, f"arbor/{STACK}/redis")
    name_primary(redis_server.HOST, GROUP)
    plugin_stand_ins.forward(tmp_path, monkeypatch, redis_server.HOST, server.port)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
    server.fill(plan=3)
    done = CliRunner().invoke(app, ["cache", "stats", "--stack", STACK, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["keys"] == 3
    assert json.loads(done.stdout)["findings"] == []
    held = sessions(ssm_backends[DEFAULT_ACCOUNT_ID]["us-east-1"])
    assert list(held.values()) == [False]
