"""Starts a policy pack as the official language host does, for tests/support/language_host.py.

The official host puts a proxy before the pack (pulumi/pulumi, sdk/policy_proxy.go): the engine
sends it ConfigureStack, and then the pack starts with the stack and its config in environment
variables. Here the pack receives ConfigureStack itself and sets the same variables.
"""

import json
import os
import runpy
import sys
from typing import Any

from pulumi_policy.policy import _PolicyAnalyzerServicer

_configure = _PolicyAnalyzerServicer.ConfigureStack


def configure_stack(self: Any, request: Any, context: Any) -> Any:
    """Set the variables from which the pack reads the stack and its config."""
    os.environ |= {
        "PULUMI_PROJECT": request.project,
        "PULUMI_STACK": request.stack,
        "PULUMI_DRY_RUN": str(request.dry_run).lower(),
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
    }
    return _configure(self, request, context)


if __name__ == "__main__":
    _PolicyAnalyzerServicer.ConfigureStack = configure_stack  # type: ignore[method-assign,assignment] # until it does so itself
    program = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path.insert(0, program)
    runpy.run_path(program, run_name="__main__")
