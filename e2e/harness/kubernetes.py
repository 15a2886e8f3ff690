"""Clusters of EKS, and kubectl on them as its users have it."""

import functools
import json
import shutil
import tempfile
import uuid

import urllib3

from . import quick_aws, tools
from .kube_reads import NotRead, Reads
from .waiting import wait_for

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def name(kind):
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def role(wharf):
    """The ARN of a role for clusters."""
    iam = wharf.client("iam")
    made = iam.create_role(RoleName=name("eks"), AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    iam.attach_role_policy(RoleName=made["RoleName"], PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    return made["Arn"]


def subnets(wharf):
    """Those of the default VPC."""
    found = wharf.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    return [subnet["SubnetId"] for subnet in found]


class Cluster:
    """A cluster that is active, made with boto3; kubectl finds it by what `aws eks update-kubeconfig` writes."""

    def __init__(self, wharf, mode="API_AND_CONFIG_MAP", kubectl="kubectl-1.36", **more):
        self.wharf = wharf
        self.name = name("cluster")
        self.program = tools.program(kubectl)
        self.folder = tempfile.mkdtemp(prefix="wharf-kube-")
        self.kubeconfig = f"{self.folder}/config"
        self.eks = wharf.client("eks")
        self.eks.create_cluster(
            name=self.name,
            roleArn=role(wharf),
            resourcesVpcConfig={"subnetIds": subnets(wharf)},
            accessConfig={"authenticationMode": mode},
            **more,
        )

    def __enter__(self):
        return self.wait_active()

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def described(self):
        return self.eks.describe_cluster(name=self.name)["cluster"]

    def wait_active(self):
        wait_for(lambda: self.described()["status"] == "ACTIVE", 30, "an active cluster")
        self.update_kubeconfig()
        return self

    def update_kubeconfig(self, keys=None, path=None):
        """What the aws command line writes, and says."""
        path = path or self.kubeconfig
        return self.wharf.aws(
            "eks", "update-kubeconfig", "--name", self.name, "--kubeconfig", path, "--region", self.wharf.region, keys=keys
        )

    def environment(self, keys=None):
        variables = self.wharf.environment(keys)
        # What kubectl runs for a token: the same aws, which knows the endpoint from the environment alone.
        variables["PATH"] = f"{quick_aws.program().parent}:{variables['PATH']}"
        variables["AWS_ENDPOINT_URL"] = self.wharf.endpoint
        variables["KUBECONFIG"] = self.kubeconfig
        variables["HOME"] = self.folder
        # It ends before its garbage matters.
        variables["GOGC"] = "400"
        return variables

    def kubectl(self, *arguments, keys=None, stdin=None, check=True, timeout_s=60):
        """What kubectl printed; with check=False, the finished process."""
        done = tools.run(self.program, *arguments, env=self.environment(keys), stdin=stdin, check=check, timeout_s=timeout_s)
        return done.stdout if check else done

    @functools.cached_property
    def reads(self):
        return Reads(self.kubeconfig, self.environment())

    def get(self, *arguments):
        """What `kubectl get ... -o json` prints."""
        return self.reads.get(*arguments)

    def find(self, kind, name, namespace=None):
        """Nothing while it is not there, or nobody answers."""
        try:
            return self.get(kind, name, *(["-n", namespace] if namespace else []))
        except (NotRead, urllib3.exceptions.HTTPError):
            return {}

    def is_gone(self, kind, name, namespace=None):
        """Whether the API server says so."""
        try:
            self.get(kind, name, *(["-n", namespace] if namespace else []))
        except NotRead as refused:
            return refused.status == 404
        return False
