"""CloudWatch's dimensions for both target groups of a service, for metric math.

`blue + green` treats a missing value as 0, so a sum exists as soon as one target group has a
datapoint. FILL would not help: ELB reports a metric some seconds late, so the latest minute of a
filled series would always be 0.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

import pulumi

NAMESPACE = "AWS/ApplicationELB"


def dimensions(
    load_balancer: pulumi.Input[str], *, blue: pulumi.Input[str], green: pulumi.Input[str]
) -> dict[str, dict[str, pulumi.Input[str]]]:
    """Dimensions by colour, from the ARN suffixes of the load balancer and the target groups."""
    return {
        colour: {"LoadBalancer": load_balancer, "TargetGroup": group}
        for colour, group in (("blue", blue), ("green", green))
    }
