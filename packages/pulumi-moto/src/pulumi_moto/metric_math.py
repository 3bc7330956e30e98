"""CloudWatch's metric math on time series.

Modelled: numbers, ids, `+ - * /`, comparisons, IF, FILL with a number, and SUM, MIN and MAX of an
array. The rules for missing values are the documentation's:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
FILL of a metric without any datapoint is undocumented, so the caller decides (`fills_empty`).
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

Series = dict[int, float]
"""Values by the start of their period, without the missing ones."""
Value = Series | float
ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
OF_ARRAYS: Mapping[str, Callable[[Sequence[float]], float]] = {"SUM": sum, "MIN": min, "MAX": max}


class NotModelledError(ValueError):
    """The expression is not modelled; the message names the part."""


def evaluate(
    expression: str,
    metrics: Mapping[str, Series],
    periods: Sequence[int],
    *,
    fills_empty: bool = False,
) -> Value:
    """Evaluate an expression over `periods`.

    `fills_empty`: whether FILL adds values to a metric without any in the range.
    """
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise NotModelledError(expression) from error
    return _Evaluation(metrics, periods, fills_empty=fills_empty).of(tree)


class _Evaluation:
    def __init__(
        self, metrics: Mapping[str, Series], periods: Sequence[int], *, fills_empty: bool
    ) -> None:
        self._metrics = metrics
        self._periods = periods
        self._fills_empty = fills_empty

    def of(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._metrics:
                return self._metrics[name]
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in ARITHMETIC:
                return _joined(ARITHMETIC[type(sign)], self.of(left), self.of(right))
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                return _compared(COMPARISONS[type(sign)], self.of(left), self.of(right))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._called(name, args)
        raise NotModelledError(ast.unparse(node))

    def _called(self, name: str, args: list[ast.expr]) -> Value:
        match name, args:
            case "IF", [condition, *branches]:
                return _chosen(self.of(condition), [self.of(branch) for branch in branches])
            case "FILL", [filled, by]:
                return self._filled(self.of(filled), self.of(by))
            case _, [ast.List(elts=array)] if name in OF_ARRAYS:
                return _of_array(OF_ARRAYS[name], [self.of(one) for one in array])
        raise NotModelledError(name)

    def _filled(self, value: Value, by: Value) -> Value:
        if not isinstance(value, dict) or isinstance(by, dict):
            raise NotModelledError("FILL takes a time series and a number here")
        if not value and not self._fills_empty:
            return {}
        return dict.fromkeys(self._periods, by) | value


def _joined(sign: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Combine the values; a missing one is 0, and a division by 0 drops the datapoint."""
    if not isinstance(left, dict) and not isinstance(right, dict):
        return sign(left, right)
    found: Series = {}
    for period in _periods_of(left, right):
        try:
            found[period] = sign(_at(left, period), _at(right, period))
        except ZeroDivisionError:
            continue
    return found


def _compared(sign: Callable[[float, float], bool], left: Value, right: Value) -> Value:
    """Return 1 or 0 for each period; a missing value of two series is 0."""
    if not isinstance(left, dict) and not isinstance(right, dict):
        return float(sign(left, right))
    return {
        period: float(sign(_at(left, period), _at(right, period)))
        for period in _periods_of(left, right)
    }


def _chosen(condition: Value, branches: Sequence[Value]) -> Value:
    """Return the first branch where the condition holds, with 0 if missing; else the second."""
    if not isinstance(condition, dict):
        raise NotModelledError("IF takes a time series as its condition here")
    then, other = branches[0], branches[1] if len(branches) > 1 else {}
    found: Series = {}
    for period, holds in condition.items():
        if holds:
            found[period] = _at(then, period)
        elif not isinstance(other, dict):
            found[period] = other
        elif period in other:
            found[period] = other[period]
    return found


def _of_array(function: Callable[[Sequence[float]], float], array: Sequence[Value]) -> Series:
    """Apply the function to the present values; a period without any is left out."""
    every = [one for one in array if isinstance(one, dict)]
    if len(every) != len(array):
        raise NotModelledError("an array of numbers")
    periods = sorted({period for one in every for period in one})
    return {p: function([one[p] for one in every if p in one]) for p in periods}


def _periods_of(left: Value, right: Value) -> list[int]:
    return sorted({p for one in (left, right) if isinstance(one, dict) for p in one})


def _at(value: Value, period: int) -> float:
    return value.get(period, 0.0) if isinstance(value, dict) else value
