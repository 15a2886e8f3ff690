"""What tasks, storage, addresses and load balancers cost: once, whatever dies around their end, by Cost Explorer's operations and `wharf cost`."""

import calendar
import datetime
import json
import platform
import time

from harness import images, tasks
from harness.refusals import refused
from harness.waiting import wait_for

ARM = "ARM-" if platform.machine() == "aarch64" else ""
CPU, MEMORY = f"USE1-Fargate-{ARM}vCPU-Hours:perCPU", f"USE1-Fargate-{ARM}GB-Hours"
# A quarter vCPU and half a GB for a minute.
CPU_HOURS, GB_HOURS = "0.0041666667", "0.0083333333"
FARGATE = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}


def days(back=1):
    """From a day before to the day after this one: no test fails at midnight."""
    today = datetime.datetime.now(datetime.UTC).date()
    return {"Start": str(today - datetime.timedelta(days=back)), "End": str(today + datetime.timedelta(days=1))}


def usage(wharf, *groups, **more):
    """Quantities and costs by the keys of groups, added up over days."""
    definitions = [{"Type": kind, "Key": key} for kind, key in groups]
    asked = {"TimePeriod": days(), "Granularity": "DAILY", "Metrics": ["UsageQuantity", "UnblendedCost"], **more}
    answer = wharf.client("ce").get_cost_and_usage(GroupBy=definitions, **asked)
    assert len(answer["ResultsByTime"]) == 2 and "NextPageToken" not in answer
    found = {}
    for period in answer["ResultsByTime"]:
        for group in period["Groups"]:
            assert tuple(group["Keys"]) not in found, "a task is in one day here"
            metrics = group["Metrics"]
            found[tuple(group["Keys"])] = (metrics["UsageQuantity"]["Amount"], metrics["UnblendedCost"]["Amount"])
    return found


def of_resources(wharf, dimension, value):
    """Quantities of a service or usage type by the ids of resources, added up over days."""
    answer = wharf.client("ce").get_cost_and_usage_with_resources(
        TimePeriod=days(),
        Granularity="DAILY",
        Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
        Filter={"Dimensions": {"Key": dimension, "Values": [value]}},
    )
    found = {}
    for group in [group for period in answer["ResultsByTime"] for group in period["Groups"]]:
        resource = group["Keys"][0].rpartition("/")[2]
        found[resource] = found.get(resource, 0) + float(group["Metrics"]["UsageQuantity"]["Amount"])
    return found


def start(wharf, script, **options):
    wharf.client("ecs").create_cluster(clusterName="default")
    definition = tasks.register(
        wharf, images.push(wharf, "busybox"), network="awsvpc", task=FARGATE, execution_role=tasks.execution_role(wharf), **tasks.sh(script)
    )
    return tasks.start(wharf, definition, launchType="FARGATE", **options, **tasks.in_vpc(wharf))


def test_a_task_is_billed_a_minute_once_over_kills(fresh):
    task = start(fresh, "sleep 3", tags=[{"key": "team", "value": "blue"}], enableECSManagedTags=True)
    task.wait("RUNNING")
    for _ in range(3):
        fresh.kill_child("server")
    task.wait("STOPPED")
    fresh.kill_child("server")

    by_type = ("DIMENSION", "USAGE_TYPE")
    expected = {(CPU,), (MEMORY,)}
    found = wait_for(lambda: (it := usage(fresh, by_type)) and it, what="the task's cost")
    assert set(found) == expected
    assert [found[CPU,][0], found[MEMORY,][0]] == [CPU_HOURS, GB_HOURS]
    fresh.kill_child("server")
    assert usage(fresh, by_type) == found

    # By tags: the service's own are known at once, a user's once it is active.
    ce = fresh.client("ce")
    assert set(usage(fresh, ("TAG", "aws:ecs:clusterName"))) == {("aws:ecs:clusterName$default",)}
    assert set(usage(fresh, ("TAG", "team"))) == {("team$",)}
    known = {one["TagKey"]: one for one in ce.list_cost_allocation_tags()["CostAllocationTags"]}
    assert (known["team"]["Type"], known["team"]["Status"]) == ("UserDefined", "Inactive")
    change = [{"TagKey": "team", "Status": "Active"}, {"TagKey": "nobody", "Status": "Active"}]
    errors = ce.update_cost_allocation_tags_status(CostAllocationTagsStatus=change)["Errors"]
    assert [one["TagKey"] for one in errors] == ["nobody"]
    tagged = usage(fresh, ("TAG", "team"), by_type)
    assert tagged == {("team$blue", CPU): found[CPU,], ("team$blue", MEMORY): found[MEMORY,]}
    assert ce.get_tags(TimePeriod=days())["Tags"] == ["aws:ecs:clusterName", "team"]
    assert ce.get_tags(TimePeriod=days(), TagKey="team")["Tags"] == ["blue"]

    # Filters, totals and single tasks.
    only = {"And": [{"Tags": {"Key": "team", "Values": ["blue"]}}, {"Not": {"Dimensions": {"Key": "USAGE_TYPE", "Values": [CPU]}}}]}
    assert set(usage(fresh, by_type, Filter=only)) == {(MEMORY,)}
    none = {"Tags": {"Key": "team", "MatchOptions": ["ABSENT"]}}
    assert usage(fresh, by_type, Filter=none) == {}
    asked = {"TimePeriod": days(), "Granularity": "HOURLY", "Metrics": ["UnblendedCost"]}
    hours = ce.get_cost_and_usage(**asked)["ResultsByTime"]
    assert len(hours) == 48 and all(hour["Groups"] == [] and hour["Estimated"] for hour in hours[24:])
    charged = {hour["TimePeriod"]["Start"] for hour in hours if hour["Total"]["UnblendedCost"]["Amount"] != "0"}
    ran = task.describe()
    billed = ran["pullStartedAt"], max(ran["stoppedAt"], ran["pullStartedAt"] + datetime.timedelta(minutes=1))
    assert charged == {f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H}:00:00Z" for moment in billed}
    types = ce.get_dimension_values(TimePeriod=days(), Dimension="USAGE_TYPE", SearchString="vcpu")
    assert [one["Value"] for one in types["DimensionValues"]] == [CPU]
    by_task = ce.get_cost_and_usage_with_resources(
        TimePeriod=days(),
        Granularity="DAILY",
        Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
        Filter={"Dimensions": {"Key": "USAGE_TYPE", "Values": [CPU]}},
    )
    groups = [group for period in by_task["ResultsByTime"] for group in period["Groups"]]
    assert [(group["Keys"], group["Metrics"]["UsageQuantity"]["Amount"]) for group in groups] == [([task.arn], CPU_HOURS)]

    # The same at the command line.
    report = json.loads(fresh.run("cost", "--by", "tag:team", "--json").stdout)
    assert [one["key"] for one in report["groups"]] == ["blue"]
    assert abs(float(report["total"]) - float(found[CPU,][1]) - float(found[MEMORY,][1])) < 1e-9
    text = fresh.run("cost", "--by", "cluster").stdout
    assert "default" in text and "0.000206 USD" in text, text

    # The operator's prices; ones that cannot be used are said instead of others.
    prices = fresh.data / "server" / "prices.json"
    prices.write_text(fresh.run("cost", "--example-prices").stdout.replace('"0.04048"', '"240"').replace('"0.03238"', '"240"'))
    assert usage(fresh, by_type)[CPU,] == (CPU_HOURS, "1")
    prices.write_text("{}")
    code, message = refused(ce.get_cost_and_usage, **asked)
    assert code == "DataUnavailableException" and "price lists" in message


def test_storage_is_billed_by_its_size_for_as_long_as_it_is_there(fresh):
    ec2, efs = fresh.client("ec2"), fresh.client("efs")
    tagged = [{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "blue"}]}]
    sized = {"VolumeType": "gp3", "Size": 1000, "Iops": 6000, "Throughput": 500}
    # What comes of each call lies between two moments.
    times = [(time.time(), ec2.create_volume(AvailabilityZone="us-east-1a", TagSpecifications=tagged, **sized)["VolumeId"], time.time())]
    volume = times[0][1]
    files = efs.create_file_system(CreationToken="bill")["FileSystemId"]
    fresh.kill_child("server")
    times.append((time.time(), ec2.modify_volume(VolumeId=volume, Size=4000), time.time()))
    fresh.kill_child("server")
    times.append((time.time(), ec2.delete_volume(VolumeId=volume), time.time()))
    efs.delete_file_system(FileSystemId=files)
    fresh.kill_child("server")

    by_type = ("DIMENSION", "USAGE_TYPE")
    kinds = {"EBS:VolumeUsage.gp3", "EBS:VolumeP-IOPS.gp3", "EBS:VolumeP-Throughput.gp3", "USE1-TimedStorage-ByteHrs"}
    found = wait_for(lambda: set(it := usage(fresh, by_type)) == {(kind,) for kind in kinds} and it, what="the cost of storage")
    now = datetime.datetime.now(datetime.UTC)
    month_s = calendar.monthrange(now.year, now.month)[1] * 24 * 3600

    def seconds(first, last):
        """The least and the most between what two calls did."""
        return times[last][0] - times[first][2], times[last][2] - times[first][0]

    def billed(kind, *sizes):
        """Sizes by the calls that they lie between."""
        quantity, cost = (float(it) for it in found[kind,])
        least, most = (sum(size * seconds(*calls)[end] for calls, size in sizes) / month_s for end in (0, 1))
        assert least * 0.999 - 1e-9 <= quantity <= most * 1.001 + 1e-9, (kind, least, quantity, most)
        return cost / quantity

    assert abs(billed("EBS:VolumeUsage.gp3", ((0, 1), 1000), ((1, 2), 4000)) - 0.08) < 1e-4
    assert abs(billed("EBS:VolumeP-IOPS.gp3", ((0, 2), 3000)) - 0.005) < 1e-4
    assert abs(billed("EBS:VolumeP-Throughput.gp3", ((0, 2), 375 / 1024)) - 40.96) < 0.1

    ce = fresh.client("ce")
    services = usage(fresh, ("DIMENSION", "SERVICE"), ("DIMENSION", "OPERATION"))
    assert {keys[0] for keys in services} == {"EC2 - Other", "Amazon Elastic File System"}
    ce.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": "team", "Status": "Active"}])
    assert usage(fresh, ("TAG", "team"), by_type)["team$blue", "EBS:VolumeUsage.gp3"] == found["EBS:VolumeUsage.gp3",]
    assert set(of_resources(fresh, "SERVICE", "EC2 - Other")) == {volume}
    assert set(of_resources(fresh, "SERVICE", "Amazon Elastic File System")) == {files}
    report = json.loads(fresh.run("cost", "--by", "usage-type", "--json").stdout)
    (row,) = [one for one in report["groups"] if one["key"] == "EBS:VolumeUsage.gp3"]
    assert row["unit"] == "GB-Month" and float(row["quantity"]) == float(found["EBS:VolumeUsage.gp3",][0])
    # Its end counts once.
    fresh.kill_child("server")
    assert usage(fresh, by_type) == found


def test_addresses_load_balancers_and_endpoints_are_billed_by_their_time(fresh):
    ec2, elb = fresh.client("ec2"), fresh.client("elbv2")
    subnets = tasks.default_subnets(fresh)
    vpc = ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
    moments = []

    def timed(call, **parameters):
        """What comes of each call lies between two moments."""
        before = time.time()
        done = call(**parameters)
        moments.append((before, time.time()))
        return done

    address = timed(ec2.allocate_address, Domain="vpc")["AllocationId"]
    interface = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    fresh.kill_child("server")
    timed(ec2.associate_address, AllocationId=address, NetworkInterfaceId=interface)
    web = timed(elb.create_load_balancer, Name="web", Subnets=subnets[:2])["LoadBalancers"][0]["LoadBalancerArn"]
    inner = elb.create_load_balancer(Name="inner", Type="network", Scheme="internal", Subnets=subnets[:1])["LoadBalancers"][0]
    service = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.sts", "VpcEndpointType": "Interface"}
    endpoint = ec2.create_vpc_endpoint(SubnetIds=subnets[:1], **service)["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=subnets[1:2])
    fresh.kill_child("server")
    timed(elb.delete_load_balancer, LoadBalancerArn=web)
    elb.delete_load_balancer(LoadBalancerArn=inner["LoadBalancerArn"])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    timed(ec2.delete_network_interface, NetworkInterfaceId=interface)
    timed(ec2.release_address, AllocationId=address)

    by_type = ("DIMENSION", "USAGE_TYPE")
    balancers, endpoints = "LoadBalancerUsage", "USE1-VpcEndpoint-Hours"
    in_use, idle = "USE1-PublicIPv4:InUseAddress", "USE1-PublicIPv4:IdleAddress"
    kinds = {(it,) for it in (balancers, endpoints, in_use, idle)}
    found = wait_for(lambda: set(it := usage(fresh, by_type)) == kinds and it, what="the cost of all of them")
    # An hour that was begun of each load balancer, and of the endpoint in each zone.
    assert found[balancers,] == ("2", "0.045") and found[endpoints,] == ("2", "0.02")

    def billed(kind, *stretches):
        """Seconds, each stretch in whole ones; the meter hears of an end soon after it."""
        quantity, cost = (float(it) for it in found[kind,])
        least = sum(moments[last][0] - moments[first][1] for first, last in stretches)
        most = sum(moments[last][1] - moments[first][0] + 1 for first, last in stretches) + 10
        assert least <= quantity * 3600 <= most, (kind, least, quantity * 3600, most)
        assert abs(cost / quantity - 0.005) < 1e-5

    billed(in_use, (1, 4), (2, 3))
    billed(idle, (0, 1), (4, 5))
    services = usage(fresh, ("DIMENSION", "SERVICE"), ("DIMENSION", "OPERATION"))
    assert {keys[0] for keys in services} == {"Amazon Elastic Load Balancing", "Amazon Virtual Private Cloud"}
    operations = {"LoadBalancing:Application", "LoadBalancing:Network", "AllocateAddressVPC", "AssociateAddressVPC", "VpcEndpoint"}
    assert {keys[1] for keys in services} == operations
    assert of_resources(fresh, "USAGE_TYPE", endpoints) == {endpoint: 2}
    assert set(of_resources(fresh, "USAGE_TYPE", idle)) == {address}
    report = json.loads(fresh.run("cost", "--by", "usage-type", "--json").stdout)
    assert {one["key"]: one["unit"] for one in report["groups"]} == dict.fromkeys((it for (it,) in kinds), "Hrs")
    # Its end counts once.
    fresh.kill_child("server")
    assert usage(fresh, by_type) == found


def test_bad_input_is_refused(wharf):
    ce = wharf.client("ce")

    def said(**more):
        return refused(ce.get_cost_and_usage, **{"TimePeriod": days(), "Granularity": "DAILY", "Metrics": ["UnblendedCost"], **more})

    today = days()["Start"]
    assert said(TimePeriod={"Start": today, "End": today})[0] == "ValidationException"
    assert said(TimePeriod={"Start": "2001-01-01", "End": "2001-02-01"})[0] == "DataUnavailableException"
    assert said(TimePeriod={"Start": "yesterday", "End": today})[0] == "ValidationException"
    assert said(Metrics=["Money"])[0] == "ValidationException"
    assert said(Granularity="WEEKLY")[0] == "ValidationException"
    assert said(GroupBy=[{"Type": "DIMENSION", "Key": "AZ"}])[1] == "The dimension AZ is not supported by this version of wharf."
    assert said(GroupBy=[{"Type": "TAG", "Key": key} for key in "abc"])[0] == "ValidationException"
    assert said(NextPageToken="forged")[0] == "InvalidNextTokenException"
    category = {"CostCategories": {"Key": "team", "Values": ["blue"]}}
    assert "CostCategories" in said(Filter=category)[1]
    deep = {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}
    for _ in range(30):
        deep = {"Not": deep}
    assert said(Filter=deep)[0] == "ValidationException"
    assert refused(ce.get_cost_forecast, TimePeriod=days(), Metric="UNBLENDED_COST", Granularity="DAILY")[0] == "UnsupportedOperation"
    empty = ce.get_cost_and_usage(TimePeriod=days(2), Granularity="DAILY", Metrics=["UsageQuantity"], GroupBy=[{"Type": "TAG", "Key": "x"}])
    assert len(empty["ResultsByTime"]) == 3
