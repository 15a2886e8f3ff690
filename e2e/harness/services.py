"""A service behind a load balancer, made as a user makes one."""

import collections
import http.client
import urllib.parse

from . import tasks
from .waiting import wait_for

STABLE_DEADLINE_S = 90


class Web:
    """Tasks of the image `web` behind an application load balancer of their own, in the default VPC."""

    def __init__(self, wharf, image, name=None, cluster="default", launch_type="FARGATE"):
        self.wharf, self.image, self.cluster, self.launch_type = wharf, image, cluster, launch_type
        self.name = name or tasks.unique("web")
        self.ecs, self.ec2, self.elb = wharf.client("ecs"), wharf.client("ec2"), wharf.client("elbv2")
        self.balancer = self.target_group = self.listener = None

    # Making and ending

    def make(self, tasks_wanted=3, port=None, **service):
        """All of it; returns when the service is stable and the load balancer answers from every task."""
        self.make_balancer(port)
        self.make_service(tasks_wanted, **service)
        self.wait_stable()
        self.wait_healthy()
        self.wait_answers()
        return self

    def make_balancer(self, port=None, **balancer):
        vpc = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
        self.subnets = [one["SubnetId"] for one in self.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]]
        made = self.ec2.create_security_group(GroupName=self.name, Description="everybody may ask", VpcId=vpc)
        self.group = made["GroupId"]
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0")
        made = self.elb.create_load_balancer(
            Name=self.name, Subnets=self.subnets, SecurityGroups=[tasks.open_group(self.wharf)], **balancer
        )
        self.balancer = made["LoadBalancers"][0]
        made = self.elb.create_target_group(
            Name=self.name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip",
            HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
        )  # fmt: skip
        self.target_group = made["TargetGroups"][0]["TargetGroupArn"]
        self.elb.modify_target_group_attributes(
            TargetGroupArn=self.target_group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]
        )
        self.port = port or 80
        made = self.elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"], Protocol="HTTP", Port=self.port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.target_group}],
        )  # fmt: skip
        self.listener = made["Listeners"][0]["ListenerArn"]

    def make_service(self, tasks_wanted, **service):
        self.ecs.create_service(
            cluster=self.cluster, serviceName=self.name, taskDefinition=self.define("v1"), desiredCount=tasks_wanted,
            launchType=self.launch_type, networkConfiguration=self.network,
            loadBalancers=[{"targetGroupArn": self.target_group, "containerName": "main", "containerPort": 80}], **service,
        )  # fmt: skip

    @property
    def network(self):
        return {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.group]}}

    def define(self, version, environment=(), **container):
        more = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"} if self.launch_type == "FARGATE" else {}
        return tasks.register(
            self.wharf, self.image, network="awsvpc", task=more, execution_role=tasks.execution_role(self.wharf), environment=[{"name": "VERSION", "value": version}, *environment],
            portMappings=[{"containerPort": 80}], **container,
        )  # fmt: skip

    def close(self):
        """Ends everything that `make` made, waiting where AWS lets one wait."""
        self.ecs.delete_service(cluster=self.cluster, service=self.name, force=True)
        wait_for(lambda: not self.tasks(), STABLE_DEADLINE_S, f"the end of {self.name}'s tasks")
        self.elb.delete_load_balancer(LoadBalancerArn=self.balancer["LoadBalancerArn"])
        self.elb.delete_target_group(TargetGroupArn=self.target_group)

    # Looking

    def describe(self):
        return self.ecs.describe_services(cluster=self.cluster, services=[self.name])["services"][0]

    def tasks(self, status="RUNNING"):
        """Descriptions of the service's tasks of a desired status."""
        arns = self.ecs.list_tasks(cluster=self.cluster, serviceName=self.name, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []

    def addresses(self):
        return sorted(address(task) for task in self.tasks() if task["lastStatus"] == "RUNNING")

    def stable(self):
        service = self.describe()
        return (
            len(service["deployments"]) == 1
            and service["runningCount"] == service["desiredCount"] == service["deployments"][0]["runningCount"]
        )

    def wait_stable(self, deadline_s=STABLE_DEADLINE_S):
        try:
            wait_for(self.stable, deadline_s, f"{self.name} being stable")
        except AssertionError as late:
            said = [event["message"] for event in self.describe()["events"]]
            ended = [(task.get("stoppedReason"), task["containers"][0].get("reason")) for task in self.tasks("STOPPED")]
            raise AssertionError(f"{late}\nevents: {said}\nended: {ended}") from late

    # Asking

    @property
    def host(self):
        """Name and port under which a browser on this machine reaches it."""
        return f"{self.balancer['DNSName']}:{self.port}"

    def ask(self, path="/", connection=None):
        """Status and body of one request, by name on the loopback address."""
        line = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", path, headers={"Host": self.host})
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        finally:
            if connection is None:
                line.close()

    def answers(self, count=100):
        """How often each body came back in so many requests, each of which succeeds."""
        seen = collections.Counter()
        for _ in range(count):
            status, body = self.ask()
            assert status == 200, f"{status} {body}"
            seen[body.strip()] += 1
        return seen

    def wait_healthy(self, deadline_s=30):
        """Until every task takes its share, as `aws elbv2 wait target-in-service` does."""

        def healthy():
            targets = self.elb.describe_target_health(TargetGroupArn=self.target_group)["TargetHealthDescriptions"]
            return {one["Target"]["Id"] for one in targets if one["TargetHealth"]["State"] == "healthy"} >= set(self.addresses())

        wait_for(healthy, deadline_s, f"the health of {self.name}'s targets")

    def wait_answers(self, deadline_s=30):
        wait_for(lambda: self.ask()[0] == 200, deadline_s, f"an answer of {self.name}")

    @property
    def url(self):
        return urllib.parse.urlunsplit(("http", self.host, "/", "", ""))


def address(task):
    """The private address of a task in awsvpc."""
    details = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
    return details["privateIPv4Address"]
