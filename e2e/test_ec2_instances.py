"""EC2 instances on a host: user data, networks, consoles, metadata, stops and starts, over deaths of the agent."""

import json
import re

import pytest

from harness import images, tasks
from harness.installation import Installation
from harness.tasks import sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(4)

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


def profile(wharf):
    iam, name = wharf.client("iam"), tasks.unique("instances")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return name


def page(wharf, image, address):
    """What a task in the same network gets from the instance."""
    task = tasks.run(wharf, image, "awsvpc", run_options=tasks.in_vpc(wharf), **sh(f"wget -q -T 5 -O - http://{address}/ || echo nothing"))
    task.wait()
    return " ".join(task.lines())


@pytest.fixture
def fresh():
    """An installation whose machine keeps instances."""
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


def test_an_instance_lives_through_everything(fresh):
    ec2, image = fresh.client("ec2"), images.push(fresh, "busybox")
    role, own_image = profile(fresh), fresh.client("ssm").get_parameter(Name=OWN_IMAGE)["Parameter"]["Value"]
    (made,) = ec2.run_instances(
        ImageId=own_image,
        InstanceType="t3.nano",
        MinCount=1,
        MaxCount=1,
        UserData=USER_DATA,
        IamInstanceProfile={"Name": role},
        MetadataOptions={"HttpTokens": "required"},
    )["Instances"]
    instance, address = made["InstanceId"], made["PrivateIpAddress"]
    wait_state(ec2, instance, "running")
    wait_for(lambda: "user data ended" in console(ec2, instance), 60, "the end of user data")
    said = console(ec2, instance)
    assert f"I am {instance} in us-east-1" in said, said
    assert "nothing without a token" in said, said
    assert re.search(rf"role {role} [1-9]", said), said
    assert f"page of ip-{address.replace('.', '-')}.ec2.internal" in page(fresh, image, address)

    fresh.kill_child("agent")
    assert "page of" in wait_for(lambda: page(fresh, image, address), 60, "an answer after the agent's death")
    assert state(ec2, instance) == "running"

    ec2.stop_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "stopped")
    fresh.kill_child("agent")
    ec2.start_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "running")
    wait_for(lambda: "serves again" in console(ec2, instance), 60, "the second boot")
    assert "page of" in page(fresh, image, address)
    assert "I am" not in console(ec2, instance), "user data runs once"

    ec2.terminate_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "terminated")
