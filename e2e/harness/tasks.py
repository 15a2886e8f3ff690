"""Running tasks and looking at them."""

import contextlib
import itertools
import json

from .waiting import wait_for

RUN_DEADLINE_S = 30
# A shell as the first process does not hear SIGTERM: its stop takes the default stopTimeout, 30 s.
STOP_DEADLINE_S = 45
_numbers = itertools.count(1)

TRUST_TASKS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def unique(prefix):
    """A name no other test uses."""
    return f"{prefix}-{next(_numbers)}"


def document(action, resource="*", effect="Allow", **more):
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource, **more}]})


class Task:
    """A task, followed with the operations a user has."""

    def __init__(self, wharf, arn, group=None, cluster="default"):
        self.wharf, self.arn, self.group, self.cluster = wharf, arn, group, cluster

    @property
    def id(self):
        return self.arn.rpartition("/")[2]

    def describe(self):
        found = self.wharf.client("ecs").describe_tasks(cluster=self.cluster, tasks=[self.arn])
        assert not found["failures"], found["failures"]
        return found["tasks"][0]

    def container(self, name="main"):
        return next(one for one in self.describe()["containers"] if one["name"] == name)

    @property
    def exit_code(self):
        return self.container().get("exitCode")

    def wait(self, status="STOPPED", deadline_s=RUN_DEADLINE_S):
        """Wait for a last status and return the description; a task that stops instead is an error that says why."""

        def there():
            task = self.describe()
            if task["lastStatus"] == "STOPPED" and status != "STOPPED":
                return task
            return task if task["lastStatus"] == status else None

        task = wait_for(there, deadline_s, f"{status} of task {self.id}")
        assert task["lastStatus"] == status, f"the task stopped: {task.get('stoppedReason')} {task['containers']} {self.lines()}"
        return task

    def stop(self, reason=None, wait=True):
        self.wharf.client("ecs").stop_task(cluster=self.cluster, task=self.arn, **({"reason": reason} if reason else {}))
        return self.wait("STOPPED", STOP_DEADLINE_S) if wait else None

    def lines(self, name="main"):
        """Everything the container wrote, line by line."""
        logs = self.wharf.client("logs")
        try:
            events, token = [], None
            while True:
                page = logs.get_log_events(
                    logGroupName=self.group,
                    logStreamName=f"t/{name}/{self.id}",
                    startFromHead=True,
                    **({"nextToken": token} if token else {}),
                )
                events += page["events"]
                if page["nextForwardToken"] == token:
                    return [event["message"] for event in events]
                token = page["nextForwardToken"]
        except logs.exceptions.ResourceNotFoundException:
            return []

    def output(self, name="main"):
        return "\n".join(self.lines(name))

    def wait_line(self, text, deadline_s=RUN_DEADLINE_S, name="main"):
        """Wait for a line that contains `text`; returns it."""
        what = f"'{text}' in the log of task {self.id}"
        return wait_for(lambda: next((line for line in self.lines(name) if text in line), None), deadline_s, what)


def ensure_group(wharf, group="/e2e"):
    logs = wharf.client("logs")
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    return group


def awslogs(group, region="us-east-1"):
    return {"logDriver": "awslogs", "options": {"awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": "t"}}


def sh(script):
    """Container settings that run a script."""
    return {"entryPoint": ["sh", "-c"], "command": [script]}


def register(wharf, image, network="none", containers=None, role=None, execution_role=None, task=None, **container):
    """Register a definition of one container `main` (or of those given); returns its ARN."""
    group = ensure_group(wharf)
    defaults = {"name": "main", "image": image, "memory": 64, "logConfiguration": awslogs(group, wharf.region)}
    definition = {
        "family": unique("e2e"),
        "networkMode": network,
        "containerDefinitions": [{k: v for k, v in {**defaults, **one}.items() if v is not None} for one in (containers or [container])],
        **(task or {}),
    }
    if role:
        definition["taskRoleArn"] = role
    if execution_role:
        definition["executionRoleArn"] = execution_role
    return wharf.client("ecs").register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]


def start(wharf, definition, keys=None, cluster="default", **options):
    """RunTask for one task, which must be placed."""
    answer = wharf.client("ecs", keys).run_task(cluster=cluster, taskDefinition=definition, **options)
    assert not answer["failures"], answer["failures"]
    return Task(wharf, answer["tasks"][0]["taskArn"], "/e2e", cluster)


def run(wharf, image, network="none", run_options=None, **definition):
    """Register and start in one go."""
    return start(wharf, register(wharf, image, network, **definition), **(run_options or {}))


def run_script(wharf, image, script, **definition):
    """Run a script to its end; returns the finished task."""
    task = run(wharf, image, **sh(script), **definition)
    task.wait("STOPPED")
    return task


def default_subnets(wharf):
    """Of the default VPC, by their zones: machines are in the first one where nobody says otherwise."""
    ec2 = wharf.client("ec2")
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = ec2.describe_subnets(Filters=default)["Subnets"]
    return [it["SubnetId"] for it in sorted(subnets, key=lambda it: it["AvailabilityZone"])]


def in_vpc(wharf, **more):
    """RunTask options that put a task into the default VPC's first subnet."""
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": default_subnets(wharf)[:1], **more}}}


def open_group(wharf):
    """A security group of the default VPC that lets everybody in, as the default group does not."""
    ec2, name = wharf.client("ec2"), "open"
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    filters = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc]}]
    for group in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]:
        return group["GroupId"]
    group = ec2.create_security_group(GroupName=name, Description="everybody may ask", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    return group


def task_role(wharf, action, resource="*"):
    """A role for tasks that allows one thing; returns its ARN."""
    iam, name = wharf.client("iam"), unique("task")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST_TASKS)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="allow", PolicyDocument=document(action, resource))
    return arn


def execution_role(wharf):
    """The role under which images are pulled and logs written, as AWS's guides make it; returns its ARN."""
    iam, name = wharf.client("iam"), "ecsTaskExecutionRole"
    try:
        return iam.get_role(RoleName=name)["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST_TASKS)["Role"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
        return arn


def user(wharf, *policies):
    """A user with inline policies; returns name and Keys."""
    from .installation import Keys

    iam, name = wharf.client("iam"), unique("user")
    iam.create_user(UserName=name)
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=policy)
    return name, Keys.of_user(iam.create_access_key(UserName=name)["AccessKey"])
