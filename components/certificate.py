"""A DNS-validated certificate: Certificate, its validation Records, CertificateValidation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

TTL_SECONDS = 60
WAIT_MINUTES = 30
"""ACM issues within minutes once the domain is delegated. The provider's default of 75 minutes
leaves too little of a job's credentials for the rest of the `up`; the next `up` waits again."""
LONGEST_DOMAIN = 64


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Every name must be in the zone, where ACM reads its records now and at each renewal."""

    domain: str
    alternative_names: tuple[str, ...]
    zone_id: pulumi.Input[str]
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.domain) > LONGEST_DOMAIN:
            raise ValueError(
                f"{self.domain}: a certificate's first name must have at most {LONGEST_DOMAIN} "
                f"characters, got {len(self.domain)}"
            )
        hosts = (self.domain, *self.alternative_names)
        if len(set(hosts)) != len(hosts) or any("*" in host for host in hosts):
            raise ValueError(
                f"{self.domain}: names must be unique and without *, because each has its own "
                f"validation record, got {', '.join(hosts)}"
            )


class Certificate(pulumi.ComponentResource):
    """A certificate that ACM renews automatically."""

    arn: pulumi.Output[str]
    """Known once the certificate is issued."""

    def __init__(
        self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:dns:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        certificate = aws.acm.Certificate(
            f"{name}-certificate",
            domain_name=args.domain,
            subject_alternative_names=list(args.alternative_names),
            validation_method="DNS",
            tags=args.tags,
            opts=child,
        )
        records = [
            self._record(name, host, certificate, args.zone_id)
            for host in (args.domain, *args.alternative_names)
        ]
        validated = aws.acm.CertificateValidation(
            f"{name}-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=pulumi.ResourceOptions(
                parent=self,
                custom_timeouts=pulumi.CustomTimeouts(create=f"{WAIT_MINUTES}m"),
            ),
        )

        self.arn = validated.certificate_arn
        self.register_outputs({"arn": self.arn})

    def _record(
        self, name: str, host: str, certificate: aws.acm.Certificate, zone_id: pulumi.Input[str]
    ) -> aws.route53.Record:
        """The validation record of one host; ACM lists them in any order."""

        def option(
            options: Sequence[aws.acm.outputs.CertificateDomainValidationOption],
        ) -> aws.acm.outputs.CertificateDomainValidationOption:
            return next(o for o in options if o.domain_name == host)

        found = certificate.domain_validation_options.apply(option)
        return aws.route53.Record(
            f"{name}-{host}",
            zone_id=zone_id,
            name=found.apply(lambda o: str(o.resource_record_name)),
            type=found.apply(lambda o: str(o.resource_record_type)),
            records=[found.apply(lambda o: str(o.resource_record_value))],
            ttl=TTL_SECONDS,
            # The record is the same for every certificate of this host in this account.
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
