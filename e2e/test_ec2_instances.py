"""EC2 instances on a host: user data, networks, consoles, metadata, stops and starts, over deaths of the agent."""

import base64
import datetime
import json
import re
import urllib.request

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.installation import Installation, free_port
from harness.tasks import sh
from harness.waiting import wait_for
from test_cost import usage
from test_measured import MIB, early_in_a_minute, this_minute
from test_network_load_balancers import Flows, kept, wait_as_boto3

pytestmark = pytest.mark.minutes(1)

# Shown by Parameter Store, as AWS shows its own.
OWN_IMAGE = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
}
# Metadata is asked as SDKs ask for it: a token first.
USER_DATA = """#!/bin/sh
imds() { printf 'PUT /latest/api/token HTTP/1.0\\r\\nX-aws-ec2-metadata-token-ttl-seconds: 60\\r\\n\\r\\n' \
  | nc 169.254.169.254 80 | tail -n 1 > /tmp/token; \
  wget -q -O - --header "X-aws-ec2-metadata-token: $(cat /tmp/token)" http://169.254.169.254/latest/$1; }
echo "I am $(imds meta-data/instance-id) in $(imds meta-data/placement/availability-zone)"
echo "one of $(imds meta-data/placement/group-name)"
wget -q -O - http://169.254.169.254/latest/meta-data/instance-id || echo "nothing without a token"
role=$(imds meta-data/iam/security-credentials/)
echo "role $role $(imds meta-data/iam/security-credentials/$role | grep -c 'AccessKeyId')"
mkdir -p /srv/www && echo "page of $(hostname)" > /srv/www/index.html
printf '#!/bin/sh\\nhttpd -h /srv/www\\necho "serves again"\\n' > /etc/rc.local && chmod +x /etc/rc.local
"""


def state(ec2, instance):
    (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    return reservation["Instances"][0]["State"]["Name"]


def wait_state(ec2, instance, wanted):
    wait_for(lambda: state(ec2, instance) == wanted, 60, f"{instance} {wanted}")


def console(ec2, instance):
    # boto3 has decoded it already.
    return ec2.get_console_output(InstanceId=instance).get("Output", "")


def own_image_of(wharf):
    return wharf.client("ssm").get_parameter(Name=OWN_IMAGE)["Parameter"]["Value"]


def profile(wharf, *policies):
    iam, name = wharf.client("iam"), tasks.unique("instances")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    for policy in policies:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return name


def page(wharf, image, address):
    """What a task in the same network gets from the instance."""
    task = tasks.run(
        wharf, image, "awsvpc", run_options=tasks.in_vpc(wharf), **sh(f"timeout 5 wget -qO- http://{address}/ || echo nothing")
    )
    task.wait()
    return " ".join(task.lines())


@pytest.fixture
def fresh():
    """An installation whose machine keeps instances."""
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


def test_an_instance_lives_through_everything(fresh):
    ec2, image = fresh.client("ec2"), images.push(fresh, "busybox")
    role, own_image = profile(fresh), own_image_of(fresh)
    ec2.create_placement_group(GroupName="apart", Strategy="spread")
    asked = {
        "ImageId": own_image,
        "InstanceType": "t3.nano",
        "MinCount": 1,
        "MaxCount": 1,
        "UserData": USER_DATA,
        "IamInstanceProfile": {"Name": role},
        "MetadataOptions": {"HttpTokens": "required"},
        "Placement": {"GroupName": "apart"},
    }
    (made,) = ec2.run_instances(**asked)["Instances"]
    with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
        ec2.run_instances(**asked)
    with pytest.raises(ClientError, match="InvalidPlacementGroup.InUse"):
        ec2.delete_placement_group(GroupName="apart")
    instance, address = made["InstanceId"], made["PrivateIpAddress"]
    wait_state(ec2, instance, "running")
    wait_for(lambda: "user data ended" in console(ec2, instance), 60, "the end of user data")
    said = console(ec2, instance)
    assert f"I am {instance} in us-east-1" in said, said
    assert "one of apart" in said, said
    assert "nothing without a token" in said, said
    assert re.search(rf"role {role} [1-9]", said), said
    assert f"page of ip-{address.replace('.', '-')}.ec2.internal" in page(fresh, image, address)

    fresh.kill_child("agent")
    wait_for(lambda: "page of" in page(fresh, image, address), 60, "an answer after the agent's death")
    assert state(ec2, instance) == "running"

    stopped_by_alarm(fresh, instance)
    wait_state(ec2, instance, "stopped")
    fresh.kill_child("agent")
    ec2.start_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "running")
    wait_for(lambda: "serves again" in console(ec2, instance), 60, "the second boot")
    wait_for(lambda: "page of" in page(fresh, image, address), 60, "an answer after the second boot")
    assert "I am" not in console(ec2, instance), "user data runs once"

    ec2.terminate_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "terminated")
    ec2.delete_placement_group(GroupName="apart")

    # It ran twice, and each time counts for a minute at least.
    wait_for(lambda: metered(fresh, "t3.nano") >= 2 / 60 - 1e-9, 20, "the cost of both times")
    assert metered(fresh, "t3.nano") < 1
    assert re.search(r"BoxUsage:t3\.nano\s", fresh.run("cost", "--by", "usage-type").stdout)


# A page that says who asks for it.
WHO_ASKS = """#!/bin/sh
mkdir -p /srv/www/cgi-bin
printf '#!/bin/sh\necho Content-type: text/plain; echo; echo $REMOTE_ADDR\n' > /srv/www/cgi-bin/who
chmod +x /srv/www/cgi-bin/who && httpd -h /srv/www
"""


def test_an_instance_sees_who_calls_its_load_balancer(fresh):
    ec2, elb, image = fresh.client("ec2"), fresh.client("elbv2"), images.push(fresh, "busybox")
    balancer = Flows(fresh, None)
    balancer.make_balancer(free_port(), kind="instance", Scheme="internal")
    called = ec2.create_security_group(GroupName="called", Description="the load balancer may call")["GroupId"]
    pairs = [{"GroupId": balancer.group}]
    ec2.authorize_security_group_ingress(GroupId=called, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": pairs}])
    (made,) = ec2.run_instances(
        ImageId=own_image_of(fresh), InstanceType="t3.nano", MinCount=1, MaxCount=1, UserData=WHO_ASKS, SecurityGroupIds=[called]
    )["Instances"]
    wait_state(ec2, made["InstanceId"], "running")
    elb.register_targets(TargetGroupArn=balancer.target_group, Targets=[{"Id": made["InstanceId"]}])
    wait_as_boto3(elb, "target_in_service", TargetGroupArn=balancer.target_group)
    url = f"http://{balancer.balancer['DNSName']}:{balancer.port}/cgi-bin/who"

    def asked():
        """A caller's own address, and as whom the instance saw it."""
        command = sh(f"hostname -i; timeout 20 wget -qO- {url} || echo nothing")
        task = tasks.run(fresh, image, "awsvpc", run_options=tasks.in_vpc(fresh), **command)
        task.wait()
        own, seen = task.lines()
        return own.split()[0], seen.strip("[]").removeprefix("::ffff:")

    own, seen = asked()
    assert seen == own, "as on AWS, by default"
    assert kept(elb, balancer.target_group, "false") == "false"
    own, seen = asked()
    assert seen != own
    assert kept(elb, balancer.target_group, "true") == "true"
    own, seen = asked()
    assert seen == own


def test_an_instance_is_a_target_until_it_ends(fresh):
    ec2, elb = fresh.client("ec2"), fresh.client("elbv2")
    groups = [tasks.open_group(fresh)]
    (made,) = ec2.run_instances(
        ImageId=own_image_of(fresh), InstanceType="t3.nano", MinCount=1, MaxCount=1, UserData=USER_DATA, SecurityGroupIds=groups
    )["Instances"]
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    other = elb.create_target_group(Name="elsewhere", Protocol="TCP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    balancer = Flows(fresh, None)
    balancer.make_balancer(free_port(), kind="instance")
    group, target = balancer.target_group, {"Id": made["InstanceId"]}
    wait_state(ec2, made["InstanceId"], "running")
    with pytest.raises(ClientError, match="not in the target group VPC"):
        elb.register_targets(TargetGroupArn=other, Targets=[target])
    elb.register_targets(TargetGroupArn=group, Targets=[target])
    wait_as_boto3(elb, "target_in_service", TargetGroupArn=group)
    with urllib.request.urlopen(f"http://127.0.0.1:{balancer.port}/", timeout=5) as answer:
        assert answer.read().decode().startswith("page of ip-")
    (shown,) = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert shown["Target"] == {**target, "Port": 80, "AvailabilityZone": made["Placement"]["AvailabilityZone"]}
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    # Its address may be another's soon.
    wait_for(lambda: elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"] == [], 30, "no target")
    with pytest.raises(ClientError, match="not in a running state"):
        elb.register_targets(TargetGroupArn=group, Targets=[target])


def stopped_by_alarm(wharf, instance):
    cloudwatch, stop = wharf.client("cloudwatch"), "arn:aws:automate:us-east-1:ec2:stop"
    # What was measured never is so little: the state is set by hand alone.
    never = {"Threshold": -1, "ComparisonOperator": "LessThanThreshold", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1}
    alarm = {"AlarmName": "idle", "Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "AlarmActions": [stop]} | never
    with pytest.raises(ClientError, match="InstanceId"):
        cloudwatch.put_metric_alarm(**alarm)
    cloudwatch.put_metric_alarm(Dimensions=[{"Name": "InstanceId", "Value": instance}], **alarm)
    cloudwatch.set_alarm_state(AlarmName="idle", StateValue="ALARM", StateReason="nobody needs it")


def metered(wharf, kind):
    """Hours that instances of a type are billed for."""
    hours, _ = usage(wharf, ("DIMENSION", "USAGE_TYPE")).get((f"BoxUsage:{kind}",), (0, 0))
    return float(hours)


JOINS = """#!/bin/sh
mkdir -p /etc/ecs && echo ECS_CLUSTER=machines >> /etc/ecs/ecs.config
"""
MAY_JOIN = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"


def test_an_instance_joins_a_cluster_and_runs_a_task(fresh):
    ec2, ecs = fresh.client("ec2"), fresh.client("ecs")
    image, role = images.push(fresh, "busybox"), profile(fresh, MAY_JOIN)
    ecs.create_cluster(clusterName="machines")
    own_image = own_image_of(fresh)
    (made,) = ec2.run_instances(
        ImageId=own_image,
        InstanceType="t3.small",
        MinCount=1,
        MaxCount=1,
        UserData=JOINS,
        IamInstanceProfile={"Name": role},
    )["Instances"]
    arn = wait_for(
        lambda: ecs.list_container_instances(cluster="machines", status="ACTIVE")["containerInstanceArns"],
        60,
        "the instance in its cluster",
    )[0]
    (shown,) = ecs.describe_container_instances(cluster="machines", containerInstances=[arn])["containerInstances"]
    assert shown["ec2InstanceId"] == made["InstanceId"]
    registered = {it["name"]: it.get("integerValue") for it in shown["registeredResources"]}
    assert registered["CPU"] == 2048 and registered["MEMORY"] <= 2048
    options = {**tasks.in_vpc(fresh), "cluster": "machines", "launchType": "EC2"}
    task = tasks.run(fresh, image, "awsvpc", run_options=options, **sh("sleep 600"))
    task.wait("RUNNING")
    assert task.describe()["containerInstanceArn"] == arn

    # The machine's agent dies: both are there as before.
    fresh.kill_child("agent")
    wait_for(
        lambda: ecs.describe_container_instances(cluster="machines", containerInstances=[arn])["containerInstances"][0]["agentConnected"],
        60,
        "its agent",
    )
    assert task.describe()["lastStatus"] == "RUNNING"

    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    wait_state(ec2, made["InstanceId"], "terminated")
    task.wait()
    wait_for(lambda: ecs.list_container_instances(cluster="machines")["containerInstanceArns"] == [], 60, "its deregistration")


def test_a_group_keeps_its_number_of_instances_in_a_cluster(fresh):
    ec2, ecs, groups = fresh.client("ec2"), fresh.client("ecs"), fresh.client("autoscaling")
    role = profile(fresh, MAY_JOIN)
    ecs.create_cluster(clusterName="machines")
    own_image = own_image_of(fresh)
    data = {
        "ImageId": own_image,
        "InstanceType": "t3.nano",
        "IamInstanceProfile": {"Name": role},
        "UserData": base64.b64encode(JOINS.encode()).decode(),
    }
    ec2.create_launch_template(LaunchTemplateName="machines", LaunchTemplateData=data)

    def joined():
        arns = ecs.list_container_instances(cluster="machines", status="ACTIVE")["containerInstanceArns"]
        known = ecs.describe_container_instances(cluster="machines", containerInstances=arns)["containerInstances"] if arns else []
        return {it["ec2InstanceId"] for it in known if it["agentConnected"]}

    def in_service():
        (group,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["machines"])["AutoScalingGroups"]
        return {it["InstanceId"] for it in group["Instances"] if it["LifecycleState"] == "InService"}

    groups.create_auto_scaling_group(
        AutoScalingGroupName="machines",
        LaunchTemplate={"LaunchTemplateName": "machines", "Version": "$Latest"},
        MinSize=0,
        MaxSize=3,
        DesiredCapacity=2,
        VPCZoneIdentifier=",".join(tasks.default_subnets(fresh)),
    )
    wait_for(lambda: len(joined()) == 2 and joined() == in_service(), 90, "two instances in the cluster")
    lost = sorted(joined())[0]
    # The server dies while one is replaced.
    ec2.terminate_instances(InstanceIds=[lost])
    fresh.kill_child("server")
    wait_for(lambda: len(joined() - {lost}) == 2 and joined() == in_service(), 120, "another in its place")
    groups.update_auto_scaling_group(AutoScalingGroupName="machines", DesiredCapacity=0)
    wait_for(lambda: not in_service() and not joined(), 90, "none of them")
    running = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}])
    assert running["Reservations"] == []
    groups.delete_auto_scaling_group(AutoScalingGroupName="machines")


def test_a_warm_pool_rests_until_its_group_grows(fresh):
    ec2, groups = fresh.client("ec2"), fresh.client("autoscaling")
    data = {"ImageId": own_image_of(fresh), "InstanceType": "t3.nano"}
    ec2.create_launch_template(LaunchTemplateName="warm", LaunchTemplateData=data)
    named = {"AutoScalingGroupName": "warm"}
    groups.create_auto_scaling_group(
        **named,
        LaunchTemplate={"LaunchTemplateName": "warm", "Version": "$Latest"},
        MinSize=0,
        MaxSize=2,
        DesiredCapacity=0,
        VPCZoneIdentifier=",".join(tasks.default_subnets(fresh)),
    )
    groups.put_warm_pool(**named, MaxGroupPreparedCapacity=1, InstanceReusePolicy={"ReuseOnScaleIn": True})

    def pool():
        return {it["InstanceId"]: it["LifecycleState"] for it in groups.describe_warm_pool(**named)["Instances"]}

    def of_group():
        (group,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["warm"])["AutoScalingGroups"]
        return {it["InstanceId"]: it["LifecycleState"] for it in group["Instances"]}

    wait_for(lambda: list(pool().values()) == ["Warmed:Stopped"], 90, "one that is prepared")
    (instance,) = pool()
    assert state(ec2, instance) == "stopped" and not of_group()
    (group,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["warm"])["AutoScalingGroups"]
    assert (group["WarmPoolSize"], group["WarmPoolConfiguration"]["PoolState"]) == (1, "Stopped")
    # The server dies while the group takes it.
    groups.set_desired_capacity(**named, DesiredCapacity=1)
    fresh.kill_child("server")
    wait_for(lambda: of_group() == {instance: "InService"} and not pool(), 90, "the same in service")
    assert state(ec2, instance) == "running"
    groups.set_desired_capacity(**named, DesiredCapacity=0)
    wait_for(lambda: pool() == {instance: "Warmed:Stopped"} and not of_group(), 90, "it is back in the pool")
    told = [it["Description"] for it in groups.describe_scaling_activities(**named)["Activities"]]
    assert told == [
        f"Returning EC2 instance to warm pool: {instance}",
        f"Launching a new EC2 instance from warm pool: {instance}",
        f"Launching a new EC2 instance into warm pool: {instance}",
    ]
    with pytest.raises(groups.exceptions.ResourceInUseFault):
        groups.delete_warm_pool(**named)
    groups.delete_warm_pool(**named, ForceDelete=True)
    wait_for(lambda: "WarmPoolConfiguration" not in groups.describe_warm_pool(**named), 90, "no pool")
    assert state(ec2, instance) == "terminated"
    groups.delete_auto_scaling_group(**named)


SERVES = f"""#!/bin/sh
mkdir -p /srv/www && head -c {MIB} /dev/zero > /srv/www/file && httpd -h /srv/www && echo "serves"
"""


def test_an_agent_tells_what_instances_used_before_it_was_killed(fresh):
    ec2, cloudwatch = fresh.client("ec2"), fresh.client("cloudwatch")
    (made,) = ec2.run_instances(
        ImageId=own_image_of(fresh), InstanceType="t3.micro", MinCount=1, MaxCount=1, UserData=SERVES, Monitoring={"Enabled": True}
    )["Instances"]
    instance, group = made["InstanceId"], made["SecurityGroups"][0]["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0")
    wait_for(lambda: "serves" in console(ec2, instance), 60, "what it serves")

    def fetch(times):
        for _ in range(times):
            with urllib.request.urlopen(f"http://{made['PrivateIpAddress']}/file", timeout=10) as answer:
                assert len(answer.read()) == MIB

    def sent():
        """MiB and samples by the minute."""
        now = datetime.datetime.now(datetime.UTC)
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/EC2", MetricName="NetworkOut", Dimensions=[{"Name": "InstanceId", "Value": instance}], Period=60,
            Statistics=["Sum", "SampleCount"], StartTime=now - datetime.timedelta(minutes=30), EndTime=now,
        )["Datapoints"]  # fmt: skip
        return {it["Timestamp"]: (it["Sum"] / MIB, it["SampleCount"]) for it in found}

    wait_for(sent, 150, "the first whole minute")
    minute = early_in_a_minute()
    fetch(10)
    for _ in range(2):
        fresh.kill_child("node")
        fetch(5)
    assert this_minute() == minute, "the minute was too short for what was to be done in it"
    wait_for(lambda: this_minute() > minute, 70, "the next minute")
    # What was told of it may not be acknowledged yet.
    fresh.kill_child("node")
    fetch(3)
    following = this_minute()
    wait_for(lambda: following in sent(), 150, "the minute in which another agent began")
    counted = sent()
    assert {samples for _, samples in counted.values()} == {1.0}
    assert 20 <= counted[minute][0] < 22
    assert 3 <= counted[following][0] < 5
