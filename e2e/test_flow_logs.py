"""Flow logs with stock clients: what tasks send and what is refused reaches log groups and buckets, over kill -9 of agent and server too."""

import contextlib
import gzip
import json
import re

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.machines import SILENCE_S, Machines
from harness.waiting import wait_for
from harness.ways_out import Network

ACCOUNT = "000000000000"
PRINCIPAL = "vpc-flow-logs.amazonaws.com"
WRITER = "delivery.logs.amazonaws.com"
DEFAULT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end}"
    " ${action} ${log-status}"
)
OWN = "${version} ${vpc-id} ${subnet-id} ${instance-id} ${az-id} ${region} ${tcp-flags} ${type} ${flow-direction} ${dstport} ${action} ${log-status}"
# The first window of an interface ends after some ten seconds; on a slow machine what is looked for may be in the second.
FIRST_S = 90


@pytest.fixture(scope="module")
def wharf(installation):
    """One of its own, for its agent and its server are killed here."""
    return installation


def role(wharf, principal=PRINCIPAL, allowed=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")):
    """Name and ARN."""
    iam, name = wharf.client("iam"), tasks.unique("flows")
    trust = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allow(wharf, name, *allowed)
    return name, arn


def allow(wharf, name, *actions):
    if actions:
        wharf.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=tasks.document(list(actions)))


def bucket(wharf, lets_in=True):
    """One whose policy is that of AWS's documentation."""
    s3, name = wharf.client("s3"), tasks.unique("flows")
    s3.create_bucket(Bucket=name)
    if lets_in:
        where = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:*"}}
        full = {"StringEquals": where["StringEquals"] | {"s3:x-amz-acl": "bucket-owner-full-control"}, "ArnLike": where["ArnLike"]}
        arn, service = f"arn:aws:s3:::{name}", {"Service": WRITER}
        write = {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"{arn}/*", "Condition": full}
        look = {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn, "Condition": where}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [write, look]}))
    return name


def interface_of(wharf, machine):
    found = wharf.client("ec2").describe_network_interfaces(Filters=[{"Name": "addresses.private-ip-address", "Values": [machine.address]}])
    (interface,) = found["NetworkInterfaces"]
    return interface["NetworkInterfaceId"]


def events(wharf, group, stream):
    """What the stock CLI finds in a stream, as lists of fields."""
    logs = wharf.client("logs")
    with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNames=[stream])
        return [event["message"].split() for page in pages for event in page["events"]]
    return []


def to_port(records, port, action):
    return [it for it in records if it[6] == str(port) and it[12] == action and it[13] == "OK"]


def shown(wharf, log):
    (found,) = wharf.client("ec2").describe_flow_logs(FlowLogIds=[log])["FlowLogs"]
    return found


def test_what_tasks_send_and_what_is_refused(wharf, image):
    ec2, network = wharf.client("ec2"), Network(wharf, "10.95.0.0/16")
    subnet, group = network.subnet("10.95.1.0/24"), network.open_group()
    (_, arn), (weak, weak_arn) = role(wharf), role(wharf, allowed=())
    name, place = tasks.unique("/flows"), bucket(wharf)
    of_vpc = ["--resource-type", "VPC", "--resource-ids", network.vpc, "--traffic-type", "ALL"]
    to_logs = ["--log-group-name", name, "--deliver-logs-permission-arn", arn, "--max-aggregation-interval", "60"]
    made = wharf.aws("ec2", "create-flow-logs", *of_vpc, *to_logs, "--client-token", name)
    (log,) = made["FlowLogIds"]
    assert made["Unsuccessful"] == [] and made["ClientToken"] == name
    again = wharf.aws("ec2", "create-flow-logs", *of_vpc, *to_logs, "--client-token", name)
    assert again["FlowLogIds"] == [log], "the same request"
    files = ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[network.vpc], TrafficType="REJECT", LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{place}/kept/", LogFormat=OWN,
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "of", "Value": "e2e"}]}],
    )  # fmt: skip
    assert files["Unsuccessful"] == []
    (file_log,) = files["FlowLogIds"]
    barred = ec2.create_flow_logs(
        ResourceType="Subnet", ResourceIds=[subnet], TrafficType="ACCEPT", LogGroupName=f"{name}-barred", DeliverLogsPermissionArn=weak_arn
    )
    (barred_log,) = barred["FlowLogIds"]

    with Machines(wharf, image) as run:
        server, other, idle = run(subnet, group), run(subnet, group), run(subnet, group)
        server_id, other_id, idle_id = (interface_of(wharf, it) for it in (server, other, idle))
        assert other.gets(server)
        assert other.inside("curl", "-sS", "--max-time", SILENCE_S, f"http://{server.address}:81/").returncode != 0

        sent = wait_for(lambda: to_port(events(wharf, name, f"{other_id}-all"), 80, "ACCEPT"), FIRST_S, "what the one sent")
        version, account, interface, source, destination, _, _, protocol, packets, size, start, end, *_ = sent[0]
        assert (version, account, interface, protocol) == ("2", ACCOUNT, other_id, "6")
        assert (source, destination) == (other.address, server.address)
        assert 3 <= int(packets) <= 20 and 40 * int(packets) <= int(size) < 400 * int(packets) and 0 <= int(end) - int(start) <= 60
        wait_for(lambda: to_port(events(wharf, name, f"{server_id}-all"), 81, "REJECT"), FIRST_S, "what the server got")
        at_server = events(wharf, name, f"{server_id}-all")
        (got,) = to_port(at_server, 80, "ACCEPT")
        assert got[5:10] == sent[0][5:10], "both ends saw the same packets"
        assert not to_port(at_server, 81, "ACCEPT")
        assert to_port(events(wharf, name, f"{other_id}-all"), 81, "ACCEPT"), "the sender's group let it go"
        answers = [it for it in at_server if it[5] == "80"]
        assert answers and all(it[12] == "ACCEPT" for it in answers)
        silence, *_ = wait_for(lambda: events(wharf, name, f"{idle_id}-all"), FIRST_S, "the word that nothing passed")
        assert silence[3:10] == ["-"] * 7 and silence[12:] == ["-", "NODATA"]

        # Files of the bucket.
        s3 = wharf.client("s3")
        found = wait_for(lambda: s3.list_objects_v2(Bucket=place).get("Contents"), FIRST_S, "a file")
        path = rf"kept/AWSLogs/{ACCOUNT}/vpcflowlogs/us-east-1/\d{{4}}/\d\d/\d\d/"
        file = rf"{ACCOUNT}_vpcflowlogs_us-east-1_{file_log}_\d{{8}}T\d{{4}}Z_[0-9a-f]{{8}}\.log\.gz"
        assert all(re.fullmatch(path + file, it["Key"]) for it in found), found
        read = lambda: [  # noqa: E731
            line.split()
            for it in s3.list_objects_v2(Bucket=place)["Contents"]
            for line in gzip.decompress(s3.get_object(Bucket=place, Key=it["Key"])["Body"].read()).decode().splitlines()
        ]
        records = wait_for(lambda: (all_ := read()) and any(it[9] == "81" for it in all_) and all_, 90, "what was refused")
        assert records[0] == re.findall(r"\$\{(.*?)\}", OWN)
        (refused,) = [it for it in records if it[9] == "81"]
        assert refused == ["5", network.vpc, subnet, "-", refused[4], "us-east-1", "2", "IPv4", "ingress", "81", "REJECT", "OK"]
        assert not [it for it in records if it[10] == "ACCEPT"]

        # A role that may not write is told of, and heals.
        wait_for(lambda: shown(wharf, barred_log)["DeliverLogsStatus"] == "FAILED", FIRST_S, "the failure")
        assert shown(wharf, barred_log)["DeliverLogsErrorMessage"] == "Access error"
        allow(wharf, weak, "logs:*")

        # Nothing is lost or told twice where agent and server die; an interface that goes tells its last at once.
        before = {it[5] for it in to_port(events(wharf, name, f"{other_id}-all"), 80, "ACCEPT")}
        assert other.gets(server)
        wharf.kill_child("agent")
        assert other.gets(server)
        wharf.kill_child("server")
        wait_for(lambda: ec2.describe_flow_logs()["FlowLogs"], 30, "the server")
        other.task.stop()
        last = lambda: to_port(events(wharf, name, f"{other_id}-all"), 80, "ACCEPT")  # noqa: E731
        wait_for(lambda: len({it[5] for it in last()}) == len(before) + 2, FIRST_S, "the last records")
        per_call = {port: sum(int(it[8]) for it in last() if it[5] == port) for port in {it[5] for it in last()}}
        assert all(3 <= packets <= 20 for packets in per_call.values()), per_call
        assert len(set(map(tuple, last()))) == len(last())
        wait_for(lambda: shown(wharf, barred_log)["DeliverLogsStatus"] == "SUCCESS", FIRST_S, "the role's recovery")
        assert to_port(events(wharf, f"{name}-barred", f"{server_id}-accept"), 80, "ACCEPT"), "what waited came"

    assert shown(wharf, log)["DeliverLogsStatus"] == "SUCCESS"
    ec2.delete_flow_logs(FlowLogIds=[log, file_log, barred_log])
    assert ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [network.vpc, subnet]}])["FlowLogs"] == []


def test_flow_logs_are_described_and_tagged(wharf):
    ec2 = wharf.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.96.0.0/16")["Vpc"]["VpcId"]
    (_, arn), place = role(wharf), bucket(wharf)
    group = tasks.unique("/flows")
    wanted = {"ResourceType": "VPC", "ResourceIds": [vpc], "TrafficType": "ALL"}
    to_logs = wanted | {"LogDestination": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}", "DeliverLogsPermissionArn": arn}
    (one,) = ec2.create_flow_logs(**to_logs)["FlowLogIds"]
    options = {"HiveCompatiblePartitions": True, "PerHourPartition": True, "FileFormat": "plain-text"}
    to_s3 = wanted | {"LogDestinationType": "s3", "LogDestination": f"arn:aws:s3:::{place}", "DestinationOptions": options}
    (two,) = ec2.create_flow_logs(**to_s3)["FlowLogIds"]
    (item,) = ec2.create_flow_logs(**to_logs)["Unsuccessful"]
    assert (item["ResourceId"], item["Error"]["Code"]) == (vpc, "FlowLogAlreadyExists")
    (item,) = ec2.create_flow_logs(**to_logs | {"TrafficType": "ACCEPT"})["Unsuccessful"]
    assert item["Error"]["Code"] == "FlowLogsLimitExceeded"
    found = shown(wharf, one)
    assert (found["FlowLogStatus"], found["LogGroupName"], found["LogFormat"], found["MaxAggregationInterval"]) == (
        "ACTIVE",
        group,
        DEFAULT,
        600,
    )
    assert (shown(wharf, two)["DestinationOptions"], shown(wharf, two)["LogDestination"]) == (options, to_s3["LogDestination"])
    ec2.create_tags(Resources=[one], Tags=[{"Key": "a", "Value": "b"}])
    for name, value, expected in [
        ("resource-id", vpc, {one, two}),
        ("log-destination-type", "s3", {two}),
        ("log-group-name", group, {one}),
        ("traffic-type", "REJECT", set()),
        ("deliver-log-status", "SUCCESS", {one, two}),
        ("tag:a", "b", {one}),
    ]:
        filters = [{"Name": name, "Values": [value]}, {"Name": "flow-log-id", "Values": [one, two]}]
        assert {it["FlowLogId"] for it in ec2.describe_flow_logs(Filters=filters)["FlowLogs"]} == expected, name
    pages = ec2.get_paginator("describe_flow_logs").paginate(FlowLogIds=[one, two], PaginationConfig={"PageSize": 1})
    assert [len(page["FlowLogs"]) for page in pages] == [1, 1]
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["ec2:vpc-flow-log"])
    assert any(it["ResourceARN"].endswith(f":vpc-flow-log/{one}") for it in tagged["ResourceTagMappingList"])
    ec2.delete_flow_logs(FlowLogIds=[one, two])
    with pytest.raises(ClientError) as caught:
        ec2.delete_flow_logs(FlowLogIds=[one])
    assert caught.value.response["Error"]["Code"] == "InvalidFlowLogId.NotFound"


def test_what_is_refused(wharf):
    ec2 = wharf.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.97.0.0/16")["Vpc"]["VpcId"]
    _, arn = role(wharf)
    shut = bucket(wharf, lets_in=False)
    good = {"ResourceType": "VPC", "ResourceIds": [vpc], "TrafficType": "ALL", "LogGroupName": "/g", "DeliverLogsPermissionArn": arn}
    for changed, code in [
        ({"DryRun": True}, "DryRunOperation"),
        ({"TrafficType": None}, "MissingParameter"),
        ({"ResourceType": "TransitGateway"}, "UnsupportedOperation"),
        ({"LogDestinationType": "kinesis-data-firehose"}, "UnsupportedOperation"),
        ({"DeliverCrossAccountRole": arn}, "UnsupportedOperation"),
        ({"LogFormat": "${version} ${traffic-path}"}, "UnsupportedOperation"),
        ({"LogFormat": "${nonsense}"}, "InvalidParameter"),
        ({"MaxAggregationInterval": 61}, "InvalidParameter"),
        ({"DeliverLogsPermissionArn": None}, "InvalidParameter"),
        ({"DeliverLogsPermissionArn": "arn:aws:iam::111111111111:role/other"}, "UnauthorizedOperation"),
        ({"LogGroupName": None}, "InvalidParameter"),
        ({"LogDestination": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g"}, "InvalidParameter"),
        ({"LogGroupName": None, "LogDestination": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:g"}, "InvalidParameterValue"),
        ({"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::b"}, "InvalidParameter"),
    ]:
        asked = {name: value for name, value in (good | changed).items() if value is not None}
        with pytest.raises(ClientError) as caught:
            ec2.create_flow_logs(**asked)
        assert caught.value.response["Error"]["Code"] == code, changed
    s3 = {"ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3"}
    for bucket_name, text in [
        ("nobodys-bucket-of-flows", "LogDestination: nobodys-bucket-of-flows does not exist."),
        (shut, f"Access Denied for LogDestination: {shut}. Please check LogDestination permission"),
    ]:
        answer = ec2.create_flow_logs(**s3, ResourceIds=[vpc], LogDestination=f"arn:aws:s3:::{bucket_name}")
        assert [it["Error"] for it in answer["Unsuccessful"]] == [{"Code": "400", "Message": text}]
        assert answer["FlowLogIds"] == []
    answer = ec2.create_flow_logs(**good | {"ResourceIds": ["vpc-0123456789abcdef0", vpc]})
    assert [it["Error"]["Code"] for it in answer["Unsuccessful"]] == ["InvalidVpcID.NotFound"]
    ec2.delete_flow_logs(FlowLogIds=answer["FlowLogIds"])
