"""Numbers of CloudWatch: all that are asked for in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from arbor.account import Account

PERIOD = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number, by what CloudWatch calls it."""

    namespace: str
    name: str
    stat: str
    dimensions: dict[str, str]

    def query(self, number: int) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        return {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": self.namespace,
                    "MetricName": self.name,
                    "Dimensions": dimensions,
                },
                "Period": int(PERIOD.total_seconds()),
                "Stat": self.stat,
            },
        }


def ask(
    account: Account, metrics: Sequence[Metric], now: datetime, window: timedelta
) -> list[list[float]]:
    """For each of them one value for every five minutes in which there was something to count.

    Begins at a full five minutes, as CloudWatch's own periods do: otherwise it would answer with
    fewer points. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """
    seconds = int(PERIOD.total_seconds())
    full = datetime.fromtimestamp((now - window).timestamp() // seconds * seconds, tz=now.tzinfo)
    answer = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=[metric.query(number) for number, metric in enumerate(metrics)],
        StartTime=full,
        EndTime=now,
    )
    values = {one["Id"]: one["Values"] for one in answer["MetricDataResults"]}
    return [[float(value) for value in values.get(f"m{n}", [])] for n in range(len(metrics))]


def of_database(name: str, stat: str, instance: str) -> Metric:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html."""
    return Metric(
        namespace="AWS/RDS", name=name, stat=stat, dimensions={"DBInstanceIdentifier": instance}
    )
