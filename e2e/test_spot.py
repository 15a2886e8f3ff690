"""Spot instances and fleets, through the aws CLI and boto3: what they are shown as, how their capacity is taken back, what replaces them."""

import json

import pytest

from harness import tasks
from harness.installation import Installation
from harness.waiting import wait_for
from test_ec2_instances import console, own_image_of, state, wait_state
from test_sns import queue

pytestmark = pytest.mark.minutes(0.5)

NOTICE_S = 8
SMALL = "t3.nano"
# One fills a machine, beside which another has no room: by what each claims.
FILLING = [("c5.4xlarge", 16384, 32768), ("c5.2xlarge", 8192, 16384), ("c5.xlarge", 4096, 8192), ("c5.large", 2048, 4096)]
WATCHES = """#!/bin/sh
ask() { wget -q -O - http://169.254.169.254/latest/meta-data/$1; }
echo "I am $(ask instance-life-cycle)"
ask spot/termination-time || echo "nothing is taken back"
until ask spot/instance-action > /tmp/notice; do sleep 1; done
echo "notice $(cat /tmp/notice) at $(ask spot/termination-time)"
"""


@pytest.fixture(scope="module")
def alone():
    """An installation whose machine keeps instances."""
    with Installation(arguments=["--instances", "--spot-notice", str(NOTICE_S)]) as installation:
        yield installation.start()


@pytest.fixture(scope="module")
def ec2(alone):
    return alone.client("ec2")


@pytest.fixture(scope="module")
def image(alone):
    return own_image_of(alone)


def instance_of(ec2, instance):
    (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    return reservation["Instances"][0]


def request_of(ec2, request):
    (found,) = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[request])["SpotInstanceRequests"]
    return found


def wait_request(ec2, request, state, code):
    def look():
        found = request_of(ec2, request)
        return (found["State"], found["Status"]["Code"]) == (state, code) and found

    return wait_for(look, 60, f"{request} {state}, {code}")


def test_a_request_gets_an_instance(alone, ec2, image):
    (price,) = ec2.describe_spot_price_history(InstanceTypes=[SMALL], AvailabilityZone="us-east-1a", ProductDescriptions=["Linux/UNIX"])[
        "SpotPriceHistory"
    ]
    assert price["SpotPrice"] == "0.001560"
    specification = json.dumps({"ImageId": image, "InstanceType": SMALL})
    tags = "ResourceType=spot-instances-request,Tags=[{Key=team,Value=a}]"
    made = alone.aws("ec2", "request-spot-instances", "--launch-specification", specification, "--tag-specifications", tags)
    (made,) = made["SpotInstanceRequests"]
    request = made["SpotInstanceRequestId"]
    assert (made["State"], made["Status"]["Code"]) == ("open", "pending-evaluation")
    instance = wait_request(ec2, request, "active", "fulfilled")["InstanceId"]
    wait_state(ec2, instance, "running")
    shown = instance_of(ec2, instance)
    assert (shown["InstanceLifecycle"], shown["SpotInstanceRequestId"]) == ("spot", request)
    found = ec2.describe_spot_instance_requests(Filters=[{"Name": "tag:team", "Values": ["a"]}])["SpotInstanceRequests"]
    assert [it["SpotInstanceRequestId"] for it in found] == [request]
    # What pays too little waits, and says why.
    cheap = alone.aws("ec2", "request-spot-instances", "--spot-price", "0.0001", "--launch-specification", specification)
    (cheap,) = cheap["SpotInstanceRequests"]
    wait_request(ec2, cheap["SpotInstanceRequestId"], "open", "price-too-low")
    both = [request, cheap["SpotInstanceRequestId"]]
    cancelled = ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=both)["CancelledSpotInstanceRequests"]
    assert {it["State"] for it in cancelled} == {"cancelled"}
    assert state(ec2, instance) == "running"
    ec2.terminate_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "terminated")


def filling(alone):
    """A type of which the machine has room for one."""
    ecs = alone.client("ecs")
    arns = ecs.list_container_instances()["containerInstanceArns"]
    (machine,) = ecs.describe_container_instances(containerInstances=arns)["containerInstances"]
    there = {it["name"]: it.get("integerValue", 0) for it in machine["registeredResources"]}
    return next(name for name, cpu, memory in FILLING if cpu <= there["CPU"] and memory <= there["MEMORY"])


def test_capacity_is_taken_back(alone, ec2, image):
    events, sqs, rule = alone.client("events"), alone.client("sqs"), tasks.unique("spot")
    pattern = {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]}
    arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    url, target = queue(alone, arn, service="events.amazonaws.com")
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": target}])
    kind = filling(alone)
    asked = ["ec2", "run-instances", "--image-id", image, "--instance-type", kind]
    (spot,) = alone.aws(*asked, "--instance-market-options", "MarketType=spot", "--user-data", WATCHES)["Instances"]
    spot, request = spot["InstanceId"], spot["SpotInstanceRequestId"]
    wait_state(ec2, spot, "running")
    wait_for(lambda: "nothing is taken back" in console(ec2, spot), 60, "the instance asks for its notice")
    assert "I am spot" in console(ec2, spot)

    (new,) = alone.aws(*asked)["Instances"]
    new = new["InstanceId"]
    wait_request(ec2, request, "active", "marked-for-termination")
    said = wait_for(lambda: "notice" in console(ec2, spot) and console(ec2, spot), 30, "the instance reads its notice")
    assert 'notice {"action":"terminate","time":"20' in said, said
    assert state(ec2, new) == "pending"
    message = wait_for(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), 30, "the warning is told")
    event = json.loads(message[0]["Body"])
    assert event["detail"] == {"instance-id": spot, "instance-action": "terminate"}
    zone = instance_of(ec2, spot)["Placement"]["AvailabilityZone"]
    assert event["resources"] == [f"arn:aws:ec2:{zone}:instance/{spot}"]

    wait_state(ec2, spot, "terminated")
    assert instance_of(ec2, spot)["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    wait_request(ec2, request, "closed", "instance-terminated-no-capacity")
    wait_state(ec2, new, "running")
    ec2.terminate_instances(InstanceIds=[new])
    wait_state(ec2, new, "terminated")


def members(ec2, fleet):
    return [it["InstanceId"] for it in ec2.describe_fleet_instances(FleetId=fleet)["ActiveInstances"]]


def test_fleets(alone, ec2, image):
    data = {"ImageId": image, "InstanceType": SMALL}
    template = ec2.create_launch_template(LaunchTemplateName="fleet", LaunchTemplateData=data)["LaunchTemplate"]
    specification = {"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"}
    configs = [{"LaunchTemplateSpecification": specification, "Overrides": [{"InstanceType": SMALL}, {"InstanceType": "t3.micro"}]}]
    capacity = {"TotalTargetCapacity": 2, "OnDemandTargetCapacity": 1, "DefaultTargetCapacityType": "spot"}
    instant = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=configs,
        TargetCapacitySpecification=capacity,
        SpotOptions={"AllocationStrategy": "price-capacity-optimized"},
    )
    assert instant["Errors"] == []
    launched = {it["Lifecycle"]: it["InstanceIds"] for it in instant["Instances"]}
    assert {kind: len(ids) for kind, ids in launched.items()} == {"spot": 1, "on-demand": 1}
    (spot,) = launched["spot"]
    wait_state(ec2, spot, "running")
    shown = instance_of(ec2, spot)
    assert shown["InstanceType"] == SMALL
    assert {"Key": "aws:ec2:fleet-id", "Value": instant["FleetId"]} in shown["Tags"]
    (data,) = ec2.describe_fleets(FleetIds=[instant["FleetId"]])["Fleets"]
    assert (data["FulfilledCapacity"], data["FulfilledOnDemandCapacity"], data["ActivityStatus"]) == (2.0, 1.0, "fulfilled")

    kept = ec2.create_fleet(
        Type="maintain",
        LaunchTemplateConfigs=configs,
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"},
    )["FleetId"]
    (first,) = wait_for(lambda: members(ec2, kept), 30, "the fleet launches")
    wait_state(ec2, first, "running")
    ec2.terminate_instances(InstanceIds=[first])
    (second,) = wait_for(lambda: [it for it in members(ec2, kept) if it != first], 60, "the fleet replaces")
    deleted = ec2.delete_fleets(FleetIds=[instant["FleetId"], kept], TerminateInstances=True)
    assert len(deleted["SuccessfulFleetDeletions"]) == 2
    for instance in [spot, second]:
        wait_state(ec2, instance, "terminated")
    wait_for(lambda: members(ec2, kept) == [], 30, "nothing of the fleet is left")
