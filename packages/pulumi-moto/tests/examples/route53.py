from typing import Any

import boto3

from row_example import Example

LOAD_BALANCER_ZONE = "Z35SXDOTRQ7X7K"


def _zone() -> dict[str, Any]:
    return {
        "name": "shop.example.com",
        "comment": "Made by the stack that serves this domain",
        "forceDestroy": True,
        "tags": {"Stack": "test", "Component": "zone"},
    }


def _record() -> dict[str, Any]:
    """A record has either values or an alias, so one example can't use every input at once."""
    made = boto3.client("route53").create_hosted_zone(
        Name="shop.example.com", CallerReference="record"
    )
    return {
        "zoneId": made["HostedZone"]["Id"].split("/")[-1],
        "name": "app.shop.example.com",
        "type": "CNAME",
        "ttl": 60,
        "records": ["elsewhere.example.com"],
        "aliases": [],
        "allowOverwrite": True,
    }


EXAMPLES = {
    "aws:route53/zone:Zone": Example(
        inputs=_zone,
        change={"comment": "The domain", "forceDestroy": False, "tags": {"Stack": "other"}},
    ),
    "aws:route53/record:Record": Example(
        inputs=_record,
        change={"ttl": 300, "records": ["other.example.com"], "allowOverwrite": False},
        more={
            "type": {"type": "TXT", "records": ['"elsewhere"']},
            "aliases": {
                "type": "A",
                "ttl": None,
                "records": None,
                "aliases": [
                    {
                        "name": "shop.us-east-1.elb.amazonaws.com",
                        "zoneId": LOAD_BALANCER_ZONE,
                        "evaluateTargetHealth": True,
                    }
                ],
            },
        },
    ),
}
