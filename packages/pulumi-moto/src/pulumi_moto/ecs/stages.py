"""The effects of a service deployment's stages on tasks and listener rules."""

from typing import TYPE_CHECKING

from pulumi_moto.ecs import traffic
from pulumi_moto.ecs.deployment import RECONCILE, RollbackError
from pulumi_moto.ecs.role import may_manage
from pulumi_moto.ecs.rollout import Rollout
from pulumi_moto.ecs.traffic import Routes, routes_of

if TYPE_CHECKING:
    from pulumi_moto.ecs.state import ServiceState


class StageActions:
    """The actions of one deployment."""

    def __init__(self, state: "ServiceState", rollout: Rollout) -> None:
        self._state = state
        self._rollout = rollout
        self._routes = rollout.routes

    def enter(self, stage: str) -> None:
        if stage == RECONCILE:
            self._reconcile()
        elif stage == "PRE_SCALE_UP" and self._routes:
            self._check(self._routes)
        elif stage == "SCALE_UP":
            self._rollout.target_group = self._group()
            self._rollout.runs = True
            self._scale(self._rollout)
        elif stage == "TEST_TRAFFIC_SHIFT" and self._routes and self._routes.test:
            self._shift(self._routes, self._routes.test)
        elif stage == "PRODUCTION_TRAFFIC_SHIFT" and self._routes:
            self._shift(self._routes, self._routes.production)
            self._swap(self._routes)
        elif stage == "CLEAN_UP":
            for source in self._rollout.sources:
                self._stop(source)

    def done(self, stage: str) -> bool:
        if stage != "SCALE_UP":
            return True
        started = len(self._rollout.tasks) >= self._state.service.desired_count
        return started and not self._rollout.unregistered

    def alarm(self) -> str | None:
        return self._state.in_alarm(self._rollout.alarms)

    def shift_back(self) -> None:
        source = self._rollout.source
        assert source is not None
        source.runs = True
        self._scale(source)
        source.revision.restore(self._state.service)
        # Production first: a test rule that lags behind affects no users.
        for rule, before in reversed(self._rollout.weights_before.items()):
            if traffic.weights(rule) != before:
                traffic.set_weights(rule, before)

    def stop_target(self) -> None:
        self._stop(self._rollout)

    def _reconcile(self) -> None:
        """Return to one revision: point the rules at the first source and stop the others."""
        first, *others = self._rollout.sources
        if self._routes and first.target_group in self._routes.groups:
            for rule in self._routes.rules:
                self._routes.shift(rule, to=first.target_group)
        for other in others:
            self._stop(other)

    def _group(self) -> str | None:
        """Return the target group of the new tasks: in blue/green, the alternate one.

        A caller that passes the groups in another order than ECS's directs the deployment at the
        serving group.
        https://github.com/hashicorp/terraform-provider-aws/issues/45678
        """
        source = self._rollout.source.target_group if self._rollout.source else None
        balancer = self._rollout.revision.load_balancer
        if self._routes is not None:
            known = source in self._routes.groups
            alternate = balancer["advancedConfiguration"]["alternateTargetGroupArn"]
            return str(alternate) if known else self._routes.idle()
        both = routes_of(balancer)
        return source if both and source in both.groups else balancer.get("targetGroupArn")

    def _check(self, routes: Routes) -> None:
        routes.check()
        for rule in routes.rules:
            for group in routes.groups:
                if not may_manage(routes.role, rule=rule, target_group=group):
                    raise RollbackError(
                        f"{traffic.INVALID} ECS was unable to manage the ELB resources due to "
                        f"missing permissions on ECS Infrastructure Role '{routes.role}'."
                    )

    def _shift(self, routes: Routes, rule: str) -> None:
        self._check(routes)
        group = self._rollout.target_group
        assert group is not None
        self._rollout.weights_before[rule] = traffic.weights(rule)
        routes.shift(rule, to=group)

    def _swap(self, routes: Routes) -> None:
        """Make the serving group the service's target group, and the other its alternate.

        The stage at which ECS does this is undocumented; after a deployment it is done.
        https://github.com/hashicorp/terraform-provider-aws/issues/45678
        """
        rollout = self._rollout
        assert rollout.target_group is not None
        balancer = rollout.revision.load_balancer
        other = routes.other(rollout.target_group)
        advanced = {**balancer["advancedConfiguration"], "alternateTargetGroupArn": other}
        swapped = {"targetGroupArn": rollout.target_group, "advancedConfiguration": advanced}
        rollout.revision = rollout.revision.routed([{**balancer, **swapped}])
        self._state.service.load_balancers = [{**balancer, **swapped}]

    def _scale(self, rollout: Rollout) -> None:
        self._state.scale(rollout, int(self._state.service.desired_count))

    def _stop(self, rollout: Rollout) -> None:
        rollout.runs = False
        self._state.scale(rollout, 0)
