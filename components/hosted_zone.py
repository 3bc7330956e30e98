"""The domain's hosted zone: an existing one by its id, or a new Zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class HostedZoneArgs:
    """With `zone_id` the stack only adds records to that zone."""

    domain: str
    zone_id: str | None
    protect: bool
    """A new zone has other name servers, which must then be set at the registrar."""
    tags: Mapping[str, str] = field(default_factory=dict)


class HostedZone(pulumi.ComponentResource):
    """The zone of the stack's records."""

    zone_id: pulumi.Output[str]
    name_servers: pulumi.Output[list[str]]
    """Set these at the registrar; empty for an existing zone."""

    def __init__(
        self, name: str, args: HostedZoneArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:dns:HostedZone", name, None, opts)

        if args.zone_id is not None:
            self.zone_id = pulumi.Output.from_input(args.zone_id)
            self.name_servers = pulumi.Output.from_input(list[str]())
        else:
            zone = aws.route53.Zone(
                f"{name}-zone",
                name=args.domain,
                comment="Made by the stack that serves this domain",
                tags=args.tags,
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            self.zone_id = zone.zone_id
            self.name_servers = zone.name_servers.apply(list)
        self.register_outputs({"zone_id": self.zone_id, "name_servers": self.name_servers})
