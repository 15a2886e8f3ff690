"""The stock `aws` without its start: see quick_start.py."""

import functools
import os
import sys

from . import quick_start, tools


@functools.cache
def program():
    """What is run in the place of `aws`, as a path."""
    return quick_start.Quick("harness.quick_aws", tools.AWS).program


def go_home():
    """Files below the home folder, whose names `aws` makes as it is imported: that of this process is another."""
    from awscli.customizations import assumerole
    from awscli.customizations.eks import update_kubeconfig

    assumerole.CACHE_DIR = os.path.expanduser("~/.aws/cli/cache")
    update_kubeconfig.DEFAULT_PATH = os.path.expanduser("~/.kube/config")


def serve(path):
    # Here, since the tests themselves need none of it.
    import awscli.handlers  # noqa: F401 (what each command loads)
    from awscli import clidriver
    from awscli.botocore import client, endpoint, loaders, paginate, waiter  # noqa: F401 (what nearly each command loads)

    # `aws` finds its own models by what it set as it was imported.
    own_models = os.environ["AWS_DATA_PATH"]
    quick_start.read_once(loaders, os.path.dirname(awscli.__file__), own_models, ("ec2", "ecr", "ecs", "eks", "sts"))

    def main():
        given = os.environ.get("AWS_DATA_PATH")
        os.environ["AWS_DATA_PATH"] = f"{given}{os.pathsep}{own_models}" if given else own_models
        go_home()
        sys.argv[0] = "aws"
        return clidriver.main()

    quick_start.serve(path, main)


if __name__ == "__main__":
    quick_start.end_with_who_started()
    serve(sys.argv[1])
