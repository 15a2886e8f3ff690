"""The Python of ansible's modules without its start: see quick_start.py.

With pipelining, each module of a play is a script on the input of a new interpreter. Of what it imports only Amazon's SDK
is there before; ansible's own comes with the script, as it does on any machine.
"""

import atexit
import functools
import os
import sys
import types

from . import quick_start, tools


@functools.cache
def python():
    """What `ansible_python_interpreter` is, as a path."""
    return quick_start.Quick("harness.quick_ansible", tools.client("python"), scripts_only=True).program


def run_script():
    """The script on this process's input, as Python itself runs it."""
    with open(0, closefd=False) as given:
        script = given.read()
    sys.argv = [""]
    sys.modules["__main__"] = module = types.ModuleType("__main__")
    try:
        exec(compile(script, "<stdin>", "exec"), module.__dict__)
    finally:
        # A module's folder is taken away there.
        atexit._run_exitfuncs()


def serve(path):
    # Here, since the tests themselves need none of it.
    import boto3
    import botocore
    from botocore import endpoint, loaders, paginate, waiter  # noqa: F401 (what nearly each module loads)

    services = ("autoscaling", "ec2", "ecr", "ecs", "elbv2", "iam", "sts")
    package = os.path.dirname(botocore.__file__)
    quick_start.read_once(loaders, package, os.path.join(package, "data"), services)
    # What is first loaded as a client is made.
    boto3.client("sts", region_name="us-east-1")
    quick_start.serve(path, run_script)


if __name__ == "__main__":
    quick_start.end_with_who_started()
    serve(sys.argv[1])
