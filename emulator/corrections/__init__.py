"""Every correction of moto. Importing this registers them; `emulator.correction.apply` patches."""

from emulator.corrections import acm as acm
from emulator.corrections import appautoscaling as appautoscaling
from emulator.corrections import cloudwatch as cloudwatch
from emulator.corrections import ec2_in_use as ec2_in_use
from emulator.corrections import ecr as ecr
from emulator.corrections import ecs_clock as ecs_clock
from emulator.corrections import ecs_clusters as ecs_clusters
from emulator.corrections import ecs_deployments as ecs_deployments
from emulator.corrections import ecs_services as ecs_services
from emulator.corrections import ecs_task_definitions as ecs_task_definitions
from emulator.corrections import ecs_tasks as ecs_tasks
from emulator.corrections import elasticache as elasticache
from emulator.corrections import elasticache_parameters as elasticache_parameters
from emulator.corrections import elbv2 as elbv2
from emulator.corrections import elbv2_listeners as elbv2_listeners
from emulator.corrections import iam as iam
from emulator.corrections import kms as kms
from emulator.corrections import logs as logs
from emulator.corrections import logs_export as logs_export
from emulator.corrections import rds as rds
from emulator.corrections import s3 as s3
from emulator.corrections import secretsmanager as secretsmanager
from emulator.corrections import wafv2 as wafv2
