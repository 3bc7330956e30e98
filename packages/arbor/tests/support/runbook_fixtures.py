"""Helpers of the runbook's tests: the commands in a document, and staging with data."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

from ecs_world import client
from staging_fixtures import DOMAIN, STACK, Staging, tags

ROOT = Path(__file__).parents[4]
ORIGINAL = ROOT / "packages/arbor/tests/runbook/original.md"
RUNBOOK = ROOT / "docs/runbook.md"
COMMANDS = ROOT / "docs/runbook-commands.md"
SHELL = ("bash", "sh")


def parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def commands(path: Path) -> dict[str, list[str]]:
    """The shell commands by `##` section, each once, on one line."""
    found: dict[str, list[str]] = {}
    section = ""
    tokens = parser().parse(path.read_text())
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            section = tokens[at + 1].content
        if token.type == "fence" and token.info.strip() in SHELL:
            for command in split(token.content):
                seen = found.setdefault(section, [])
                if command not in seen:
                    seen.append(command)
    return found


def split(script: str) -> Iterator[str]:
    """The commands of a block without comments; continued and quoted lines are joined."""
    open_ = ""
    for line in script.splitlines():
        if not open_ and (not line.strip() or line.lstrip().startswith("#")):
            continue
        open_ = f"{open_} {line.strip()}" if open_ else line.strip()
        if open_.endswith("\\"):
            open_ = open_[:-1].rstrip()
            continue
        if _quoted(open_):
            continue
        yield _one_line(open_)
        open_ = ""
    if open_:
        yield _one_line(open_)


def _quoted(text: str) -> bool:
    """Whether a quote is open at its end."""
    quote = ""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return bool(quote)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def complete(staging: Staging) -> None:
    """Add the resources in the runbook that a release doesn't use: HTTPS, data, exported logs."""
    elb, ec2 = client("elbv2"), client("ec2")
    certificate = _certificate()
    (rule,) = elb.describe_rules(RuleArns=[staging.rules["backend"]])["Rules"]
    listener = rule["RuleArn"].replace(":listener-rule/", ":listener/").rpartition("/")[0]
    elb.modify_listener(
        ListenerArn=listener,
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}],
    )
    (subnet,) = ec2.describe_subnets(SubnetIds=staging.subnets[:1])["Subnets"]
    groups = {
        purpose: ec2.create_security_group(
            GroupName=purpose, Description="Data", VpcId=subnet["VpcId"]
        )["GroupId"]
        for purpose in ("database", "cache")
    }
    rds, cache = client("rds"), client("elasticache")
    rds.create_db_subnet_group(
        DBSubnetGroupName="isolated", DBSubnetGroupDescription="Data", SubnetIds=staging.subnets
    )
    rds.create_db_instance(
        DBInstanceIdentifier=f"arbor-{STACK}-db",
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        MasterUsername="arbor_user",
        MasterUserPassword="a" * 32,
        AllocatedStorage=20,
        DBSubnetGroupName="isolated",
        VpcSecurityGroupIds=[groups["database"]],
    )
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="isolated",
        CacheSubnetGroupDescription="Data",
        SubnetIds=staging.subnets,
    )
    cache.create_replication_group(
        ReplicationGroupId=f"arbor-{STACK}-redis",
        ReplicationGroupDescription="Cache",
        Engine="redis",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=1,
        CacheSubnetGroupName="isolated",
        SecurityGroupIds=[groups["cache"]],
    )
    s3 = client("s3")
    for name, component in (("exports-of-ours", "log-export"), ("access-logs", "balancer")):
        s3.create_bucket(Bucket=name)
        pairs = [{"Key": key, "Value": value} for key, value in tags(component).items()]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs})


def _certificate() -> str:
    """A certificate that is issued, as its record exists."""
    acm, dns = client("acm"), client("route53")
    arn = acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    zone = dns.create_hosted_zone(Name=DOMAIN, CallerReference="1")["HostedZone"]["Id"]
    described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    record = described["DomainValidationOptions"][0]["ResourceRecord"]
    entry = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    change = {"Action": "CREATE", "ResourceRecordSet": entry}
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    return str(arn)
