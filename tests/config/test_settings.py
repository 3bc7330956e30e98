"""The settings of both stacks, and what every valid config has in common."""

import json
from dataclasses import FrozenInstanceError
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from arbor_names import limits
from both_stacks import PRODUCTION, STAGING
from config import settings
from harness import declare
from stack_config import ROOT, stack_values, use


def test_production_has_the_original_sizes_and_a_task_in_each_zone() -> None:
    """Except the backend's maximum task count, which was 10 (database-connections.md)."""
    backend, frontend = PRODUCTION.services["backend"], PRODUCTION.services["frontend"]

    assert (backend.cpu, backend.memory) == (512, 1024)
    assert (backend.min_count, backend.count, backend.max_count) == (3, 3, 6)
    assert (frontend.cpu, frontend.memory) == (256, 512)
    assert (frontend.min_count, frontend.count, frontend.max_count) == (3, 3, 6)
    assert PRODUCTION.database.instance_class == "db.t3.medium"
    assert PRODUCTION.database.storage_gib == 20
    assert PRODUCTION.cache.node_type == "cache.t3.micro"
    assert PRODUCTION.network.cidr_block == "10.0.0.0/16"
    assert len(PRODUCTION.network.zones) == 3


def test_production_keeps_the_promises_of_the_runbook() -> None:
    assert PRODUCTION.database.multi_az
    assert PRODUCTION.database.backup_days == 7
    assert PRODUCTION.database.backup_window == "03:00-04:00"
    assert PRODUCTION.log_export_bucket == "arbor-log-exports"


def test_production_survives_the_loss_of_a_zone_and_a_mistaken_delete() -> None:
    assert PRODUCTION.network.nat_per_zone
    assert PRODUCTION.cache.nodes == 3
    assert PRODUCTION.spot_weight == 0
    assert PRODUCTION.protect_data
    assert PRODUCTION.secret_recovery_days == 30


def test_staging_is_small_and_can_be_destroyed() -> None:
    assert not STAGING.network.nat_per_zone
    assert not STAGING.database.multi_az
    assert STAGING.cache.nodes == 1
    assert not STAGING.protect_data
    assert STAGING.secret_recovery_days == 0
    assert STAGING.log_retention_days < PRODUCTION.log_retention_days
    for app, service in STAGING.services.items():
        assert service.max_count < PRODUCTION.services[app].max_count
    assert STAGING.log_export_bucket == "arbor-staging-log-exports"


@pytest.mark.parametrize("app", ["backend", "frontend"])
def test_both_stacks_run_the_same_application(app: str) -> None:
    def shape(stack: settings.Settings) -> tuple[object, ...]:
        s = stack.services[app]
        reached = (s.port, s.health_check_path, s.priority)
        return (*reached, s.database, s.cache, s.user, s.workers)

    assert shape(STAGING) == shape(PRODUCTION)


def test_ports_and_paths_are_the_applications() -> None:
    backend, frontend = PRODUCTION.services["backend"], PRODUCTION.services["frontend"]

    assert (backend.port, backend.health_check_path) == (8000, "/api/v1/health")
    assert backend.paths == ("/api/*",)
    assert (backend.user, backend.workers) == ("1000", 1)
    assert (frontend.port, frontend.health_check_path, frontend.paths) == (3000, "/", ())
    assert (frontend.user, frontend.workers) == ("1001", None)


def test_documentation_pages_are_routed_only_where_they_exist() -> None:
    pages = {"/docs", "/redoc", "/openapi.json"}
    assert set(STAGING.services["backend"].paths) == pages | {"/api/*"}
    assert STAGING.environment != "production", "its ENVIRONMENT, by which the application decides"
    assert not set(PRODUCTION.services["backend"].paths) & pages
    assert PRODUCTION.services["frontend"].paths == ()  # every other path, so it answers these


def test_a_fourth_zone_moves_no_subnet() -> None:
    network = PRODUCTION.network
    grown = {
        tier: [*cidrs, str(IPv4Network((int(IPv4Network(cidrs[-1]).broadcast_address) + 1, 20)))]
        for tier, cidrs in (
            ("publicCidrs", network.public_cidrs),
            ("privateCidrs", network.private_cidrs),
            ("isolatedCidrs", network.isolated_cidrs),
        )
    }
    more = settings.parse(
        stack_values("production", zones=[*network.zones, "us-east-1d"], **grown), "production"
    )
    assert more.network.public_cidrs[:3] == network.public_cidrs
    assert more.network.private_cidrs[:3] == network.private_cidrs
    assert more.network.isolated_cidrs[:3] == network.isolated_cidrs


def test_a_third_service_is_another_entry() -> None:
    services = json.loads(stack_values("production")["arbor:services"])
    admin = services["frontend"] | {"paths": ["/admin/*"], "priority": 150, "user": "1000:1000"}
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/admin:v2"
    admin["image"] = image
    del admin["version"]

    more = settings.parse(
        stack_values("production", services=services | {"admin": admin}), "production"
    )
    assert more.services["admin"].image == image
    assert more.services["admin"].version is None
    assert more.services["backend"] == PRODUCTION.services["backend"]


def test_every_component_gets_the_five_tags() -> None:
    assert STAGING.tags("network") == {
        "Project": "arbor",
        "Stack": "staging",
        "Environment": "staging",
        "Component": "network",
        "ManagedBy": "pulumi",
    }


def test_settings_are_immutable() -> None:
    with pytest.raises(FrozenInstanceError):
        PRODUCTION.domain = "other.example"  # type: ignore[misc] # it is frozen


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_load_reads_the_config_from_the_engine(stack: str) -> None:
    use(stack, domain="other.example")
    got: list[settings.Settings] = []
    declare(lambda: got.append(settings.load()), stack=stack)

    assert (got[0].stack, got[0].domain) == (stack, "other.example")


def test_wrong_config_stops_the_program_before_anything_is_registered() -> None:
    use("staging", domain="nothing")

    with pytest.raises(settings.SettingsError):
        declare(settings.load, stack="staging")
    assert issubclass(settings.SettingsError, pulumi.RunError), "the CLI shows no traceback"


def schema() -> dict[str, dict[str, Any]]:
    project: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    return project["config"]


def test_every_setting_is_declared_with_type_and_description() -> None:
    for key, entry in schema().items():
        assert key.startswith("arbor:")
        assert entry["type"] in {"string", "integer", "boolean", "array", "object"}, key
        assert entry["description"].endswith("."), key


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_a_stack_file_repeats_no_default(stack: str) -> None:
    stated = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    for key, entry in schema().items():
        if key in stated and "default" in entry:
            assert stated[key] != entry["default"], key


def test_every_declared_setting_is_read() -> None:
    values = stack_values("production")
    assert set(schema()) == {key for key in values if key.startswith("arbor:")}
    settings.parse(values, "production")  # refuses a key that it does not read


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, Any]:
    """Valid zones and blocks, anywhere in private address space and in any order."""
    count = draw(st.integers(2, 6))
    bits = draw(st.integers(16, 22))
    vpc = next(IPv4Network((10 << 24 | draw(st.integers(0, 255)) << 16, bits)).subnets(0))
    size = draw(st.integers(bits + 5, 27))
    blocks = draw(st.permutations([str(b) for b in vpc.subnets(new_prefix=size)][:32]))
    return {
        "vpcCidr": str(vpc),
        "zones": [f"us-east-1{letter}" for letter in draw(st.permutations("abcdef"))[:count]],
        "publicCidrs": blocks[:count],
        "privateCidrs": blocks[count : 2 * count],
        "isolatedCidrs": blocks[2 * count : 3 * count],
    }


@given(layouts())
def test_every_valid_layout_is_accepted(layout: dict[str, Any]) -> None:
    network = settings.parse(stack_values("staging", **layout), "staging").network

    assert network.cidr_block == layout["vpcCidr"]
    assert list(network.zones) == layout["zones"]
    assert list(network.isolated_cidrs) == layout["isolatedCidrs"]


@given(layouts(), st.data())
def test_a_layout_with_an_overlap_is_refused(layout: dict[str, Any], data: st.DataObject) -> None:
    inside = next(IPv4Network(layout["publicCidrs"][0]).subnets(new_prefix=28))
    tier = data.draw(st.sampled_from(["privateCidrs", "isolatedCidrs"]))
    layout[tier] = [str(inside), *layout[tier][1:]]

    with pytest.raises(settings.SettingsError, match="blocks without overlap"):
        settings.parse(stack_values("staging", **layout), "staging")


@pytest.mark.parametrize("stack", [PRODUCTION, STAGING], ids=lambda stack: stack.stack)
def test_a_deployment_at_full_load_leaves_connections_free(stack: settings.Settings) -> None:
    """Computed by this test itself, so that an error of the program shows."""
    backend = stack.services["backend"]
    assert backend.workers is not None
    workers = 2 * backend.max_count * backend.workers
    usable = {"db.t3.medium": 384, "db.t3.small": 170}[stack.database.instance_class]

    assert [app for app, service in stack.services.items() if service.database] == ["backend"]
    assert stack.database.pool_size == 30
    assert workers * 30 <= usable
    assert (stack.cache.node_type, workers * 20 <= 2048) == ("cache.t3.micro", True)


@given(
    st.integers(1, 400),
    st.integers(1, 64),
    st.integers(1, 100),
    st.sampled_from(sorted(limits.DATABASE_MEMORY_GIB)),
)
def test_connections_are_refused_exactly_when_both_colours_exceed_the_limit(
    tasks: int, workers: int, pool: int, instance_class: str
) -> None:
    services = json.loads(stack_values("staging")["arbor:services"])
    services["backend"] |= {"max": tasks, "workers": workers, "cpu": 32768, "memory": 61440}
    values = stack_values(
        "staging",
        services=services,
        databasePoolSize=pool,
        databaseClass=instance_class,
        fargateVcpuQuota=100_000,
        cacheNodeType="cache.r7g.large",
    )
    assume(2 * tasks * workers * 20 <= limits.MOST_CACHE_CONNECTIONS)
    if 2 * tasks * workers * pool <= limits.usable_connections(instance_class):
        settings.parse(values, "staging")
    else:
        with pytest.raises(settings.SettingsError, match="databaseClass"):
            settings.parse(values, "staging")
