"""Alias Records from the hosts to the load balancer."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class AliasRecordsArgs:
    """Type A only, because the load balancer has no IPv6 address."""

    hosts: tuple[str, ...]
    zone_id: pulumi.Input[str]
    load_balancer_dns_name: pulumi.Input[str]
    load_balancer_zone_id: pulumi.Input[str]
    """The load balancer's own hosted zone, not the domain's."""

    def __post_init__(self) -> None:
        if not self.hosts or len(set(self.hosts)) != len(self.hosts):
            raise ValueError(f"hosts must be one or more unique names, got {self.hosts}")


class AliasRecords(pulumi.ComponentResource):
    """One record for each host. Route 53 records have no tags."""

    def __init__(
        self, name: str, args: AliasRecordsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:dns:AliasRecords", name, None, opts)

        for host in args.hosts:
            aws.route53.Record(
                f"{name}-{host}",
                zone_id=args.zone_id,
                name=host,
                type="A",
                aliases=[
                    {
                        "name": args.load_balancer_dns_name,
                        "zone_id": args.load_balancer_zone_id,
                        "evaluate_target_health": True,
                    }
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
