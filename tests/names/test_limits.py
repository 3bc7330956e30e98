"""AWS's tables and the arithmetic on them."""

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbor_names import limits

blocks = st.builds(
    lambda address, bits: str(IPv4Network((address, bits), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(16, 28),
)


@pytest.mark.parametrize(
    ("cpu", "memory"), [(256, 512), (512, 1024), (1024, 8192), (8192, 20480), (32768, 249856)]
)
def test_a_pair_that_fargate_runs_is_in_the_table(cpu: int, memory: int) -> None:
    assert memory in limits.FARGATE_MEMORY[cpu]


@pytest.mark.parametrize(
    ("cpu", "memory"), [(256, 4096), (512, 512), (1024, 1024), (4096, 31744), (8192, 17408)]
)
def test_a_pair_that_fargate_refuses_is_not_in_the_table(cpu: int, memory: int) -> None:
    assert memory not in limits.FARGATE_MEMORY[cpu]


@given(st.sampled_from(sorted(limits.FARGATE_MEMORY)))
def test_memory_is_one_to_eight_gib_for_a_vcpu(cpu: int) -> None:
    for memory in limits.FARGATE_MEMORY[cpu]:
        assert 1.8 * cpu <= memory <= 8 * cpu


@pytest.mark.parametrize(
    ("gib", "connections"), [(1, 112), (2, 225), (4, 450), (8, 901), (16, 1802), (64, 5000)]
)
def test_max_connections_follows_the_formula_of_rds(gib: int, connections: int) -> None:
    assert limits.max_connections(gib * limits.GIB) == connections


@pytest.mark.parametrize(
    ("instance_class", "seen"), [("db.t3.micro", 81), ("db.t3.small", 190), ("db.t3.medium", 405)]
)
def test_usable_connections_stay_below_observed_limits(instance_class: str, seen: int) -> None:
    assert 0.7 * seen < limits.usable_connections(instance_class) <= seen - 15


def too_large_a_burstable_one(name: str) -> bool:
    return name.startswith(("db.t3.", "db.t4g.")) and name.rsplit(".", 1)[1] not in {
        "micro",
        "small",
        "medium",
    }


@pytest.mark.parametrize(
    ("like", "needed", "advised"),
    [
        ("db.t3.small", 320, "db.t3.medium"),
        ("db.t4g.micro", 320, "db.t4g.medium"),
        ("db.t3.medium", 640, "db.m6i.large"),
        ("db.t4g.medium", 1300, "db.m7g.xlarge"),
        ("db.t3.2xlarge", 4900, "db.m6i.4xlarge"),
        ("db.m5.large", 1300, "db.m5.xlarge"),
        ("db.r6g.large", 4900, "db.r6g.2xlarge"),
        ("db.t3.medium", 5000, None),
    ],
)
def test_a_burstable_class_is_advised_for_a_small_load_only(
    like: str, needed: int, advised: str | None
) -> None:
    assert limits.class_with_connections(needed, like) == advised


@given(st.sampled_from(sorted(limits.DATABASE_MEMORY_GIB)), st.integers(1, 6000))
def test_the_advised_class_is_the_smallest_that_fits(like: str, needed: int) -> None:
    advised = limits.class_with_connections(needed, like)
    family = like.rsplit(".", 1)[0]
    families = (f"{family}.", f"{limits.STEADY_FAMILY.get(family, family)}.")
    fitting = [
        name
        for name in limits.DATABASE_MEMORY_GIB
        if name.startswith(families)
        and limits.usable_connections(name) >= needed
        and not too_large_a_burstable_one(name)
    ]
    if advised is None:
        assert not fitting
    else:
        smallest = min(limits.DATABASE_MEMORY_GIB[c] for c in fitting)
        assert advised in fitting
        assert limits.DATABASE_MEMORY_GIB[advised] == smallest


@pytest.mark.parametrize("gone", ["db.t1.micro", "db.t3.nano", "db.m5.xxlarge", "t3.medium", ""])
def test_a_class_that_does_not_exist_is_not_in_the_table(gone: str) -> None:
    assert gone not in limits.DATABASE_MEMORY_GIB


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [("db.t4g.medium", 4), ("db.m6g.large", 8), ("db.m5.4xlarge", 64), ("db.r6g.xlarge", 32)],
)
def test_memory_of_a_class(instance_class: str, gib: int) -> None:
    assert limits.DATABASE_MEMORY_GIB[instance_class] == gib


def test_cache_node_types_can_fail_over() -> None:
    assert "cache.t3.micro" in limits.CACHE_NODE_TYPES
    assert not [t for t in limits.CACHE_NODE_TYPES if t.startswith(("cache.t1", "cache.m1"))]


@given(blocks)
def test_every_block_of_a_vpc_is_read_back_as_written(cidr: str) -> None:
    assert str(limits.network(cidr)) == cidr


@pytest.mark.parametrize(
    "wrong",
    ["10.0.0.0", "10.0.0.1/16", "10.0.0.0/15", "10.0.0.0/29", "10.0.0/16", "300.0.0.0/16", "::/64"],
)
def test_a_block_that_a_vpc_cannot_have_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="block"):
        limits.network(wrong)


@given(blocks, blocks)
def test_two_blocks_overlap_exactly_when_one_lies_in_the_other(one: str, two: str) -> None:
    inside = not limits.outside(one, [two]) or not limits.outside(two, [one])
    assert bool(limits.overlapping([one, two])) == inside


@given(blocks, st.data())
def test_the_parts_of_a_block_lie_inside_it_and_apart(cidr: str, data: st.DataObject) -> None:
    block = IPv4Network(cidr)
    bits = data.draw(st.integers(block.prefixlen, 28))
    parts = [str(part) for _, part in zip(range(8), block.subnets(new_prefix=bits), strict=False)]

    assert limits.outside(cidr, parts) == []
    assert limits.overlapping(parts) == []
    assert limits.overlapping([*parts, cidr]) != []


@pytest.mark.parametrize(
    ("zone", "region"), [("us-east-1a", "us-east-1"), ("ap-southeast-2c", "ap-southeast-2")]
)
def test_a_zone_names_its_region(zone: str, region: str) -> None:
    assert limits.region_of(zone) == region


@pytest.mark.parametrize(
    "wrong", ["us-east-1", "us-east-1z", "us-east-1-bos-1a", "a", "US-EAST-1A"]
)
def test_an_invalid_zone_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="us-east-1a"):
        limits.region_of(wrong)


@pytest.mark.parametrize("name", ["arbor-energy.com", "a.b.example.org", "xn--bcher-kva.example"])
def test_domains(name: str) -> None:
    assert limits.is_domain(name)


@pytest.mark.parametrize(
    "name",
    [
        *("com", "arbor", "Arbor.com", "arbor_energy.com", "-a.com", "a-.com", ".com", "a..com"),
        *("https://arbor-energy.com", "arbor-energy.com/", "arbor-energy.com.", "1.2.3.4", "a b.c"),
        f"{'a' * 61}.com",
    ],
)
def test_invalid_domains(name: str) -> None:
    assert not limits.is_domain(name)


@pytest.mark.parametrize("name", ["arbor-log-exports", "a.b.c", "123", "a" * 63])
def test_bucket_names(name: str) -> None:
    assert limits.is_bucket(name)


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "Arbor", "a_b", "-ab", "a..b", "10.0.0.1", "xn--a", "a-s3alias"]
)
def test_invalid_bucket_names(name: str) -> None:
    assert not limits.is_bucket(name)


DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "image",
    [
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/backend:v1.0.0",
        f"public.ecr.aws/docker/library/python@{DIGEST}",
        f"localhost:5000/backend:v1@{DIGEST}",
        "nginx:1.27",
    ],
)
def test_an_image_by_tag_or_digest_stays_the_same_image(image: str) -> None:
    assert limits.is_fixed_image(image)


@pytest.mark.parametrize(
    "image",
    ["nginx", "nginx:latest", "localhost:5000/backend", "Backend:v1", "a b:v1", "a@sha256:12", ""],
)
def test_a_mutable_image_is_refused(image: str) -> None:
    assert not limits.is_fixed_image(image)


@pytest.mark.parametrize("path", ["/", "/api/*", "/a?", "/openapi.json"])
def test_path_patterns(path: str) -> None:
    assert limits.is_path_pattern(path)


@pytest.mark.parametrize("path", ["", "api/*", "/a b", "/ä", "/" + "a" * 128, "/a#b"])
def test_invalid_path_patterns(path: str) -> None:
    assert not limits.is_path_pattern(path)


@pytest.mark.parametrize(
    ("window", "minutes"), [("03:00-04:00", 60), ("23:30-00:30", 60), ("00:00-00:30", 30)]
)
def test_a_daily_window_may_pass_midnight(window: str, minutes: int) -> None:
    assert len(limits.daily_window(window, 30)) == minutes


@pytest.mark.parametrize(
    "wrong", ["3:00-4:00", "03:00", "24:00-01:00", "03:00-03:29", "03:00-03:00"]
)
def test_an_invalid_or_short_daily_window_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"UTC|minutes"):
        limits.daily_window(wrong, 30)


@pytest.mark.parametrize(
    ("window", "minutes"), [("sun:05:00-sun:06:00", 60), ("sun:23:30-mon:00:30", 60)]
)
def test_a_weekly_window_may_pass_the_end_of_the_week(window: str, minutes: int) -> None:
    assert len(limits.weekly_window(window, 60)) == minutes


@pytest.mark.parametrize(
    "wrong", ["sun:05:00-sun:05:59", "sun:05:00-tue:06:00", "Sun:05:00-Sun:06:00", "05:00-06:00"]
)
def test_an_invalid_short_or_long_weekly_window_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"UTC|minutes"):
        limits.weekly_window(wrong, 60)


@pytest.mark.parametrize(
    ("daily", "weekly", "meet"),
    [
        ("03:00-04:00", "sun:05:00-sun:06:00", False),
        ("03:00-04:00", "sun:04:00-sun:05:00", False),
        ("03:00-04:00", "wed:03:30-wed:04:30", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("23:30-00:30", "sun:23:00-mon:00:00", True),
        ("00:00-01:00", "sun:23:30-mon:00:30", True),
        ("23:00-00:00", "mon:00:00-mon:01:00", False),
    ],
)
def test_windows_that_share_a_minute_are_found(daily: str, weekly: str, meet: bool) -> None:
    found = limits.windows_meet(limits.daily_window(daily, 30), limits.weekly_window(weekly, 30))
    assert found is meet


@given(st.integers(0, 1439), st.integers(30, 600), st.integers(0, 10079), st.integers(30, 1440))
def test_windows_overlap_exactly_when_they_share_a_minute(
    begin: int, length: int, week_begin: int, week_length: int
) -> None:
    every_day = {(begin + m) % 1440 for m in range(length)}
    in_week = {(week_begin + m) % 10080 % 1440 for m in range(week_length)}

    found = limits.windows_meet(
        range(begin, begin + length), range(week_begin, week_begin + week_length)
    )
    assert found is bool(every_day & in_week)


@pytest.mark.parametrize("version", ["v1.2.3", "0736955c65aa9799114490f184d3c03cfa870091", DIGEST])
def test_a_version_is_an_immutable_tag_or_a_digest(version: str) -> None:
    assert limits.is_version(version)


@pytest.mark.parametrize("version", ["latest", "", "a/b", "sha256:12", DIGEST.upper(), "-v1"])
def test_mutable_and_invalid_tags_are_no_versions(version: str) -> None:
    assert not limits.is_version(version)


def test_a_digest_follows_an_at_sign() -> None:
    assert limits.image_in("host/backend", "v1") == "host/backend:v1"
    assert limits.image_in("host/backend", DIGEST) == f"host/backend@{DIGEST}"
    assert limits.is_fixed_image(limits.image_in("host/backend", DIGEST))
