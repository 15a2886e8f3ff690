"""Request throttling as it is without a flag: documented sizes, each service's own words, and SDKs that wait and go on."""

import concurrent.futures
import datetime
import time

import boto3
import botocore.config
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from harness import tasks
from harness.control import scrape
from test_accounts import create


@pytest.fixture(scope="module")
def throttled():
    """An installation with the default rates."""
    from harness.installation import Installation

    with Installation(arguments=("--throttle", "1")) as alone:
        yield alone.start()


def until_refused(call, most):
    """How many calls get through before one is refused, and the refusal."""
    for through in range(most):
        try:
            call()
        except ClientError as error:
            return through, error.response
    raise AssertionError(f"{most} calls were let through")


@pytest.mark.parametrize(
    ("service", "call", "size", "code", "status", "text"),
    [
        ("ecs", lambda client: client.delete_cluster(cluster="nothing"), 20, "ThrottlingException", 400, "Rate exceeded"),
        ("ec2", lambda client: client.delete_vpc(VpcId="vpc-0"), 50, "RequestLimitExceeded", 503, "Request limit exceeded."),
        ("iam", lambda client: client.delete_user(UserName="nobody"), 50, "Throttling", 400, "Rate exceeded"),
        ("elbv2", lambda client: client.describe_load_balancers(), 40, "ThrottlingException", 400, "Rate exceeded"),
        ("logs", lambda client: client.describe_log_groups(), 10, "ThrottlingException", 400, "Rate exceeded"),
    ],
)
def test_bursts_have_their_documented_size(throttled, service, call, size, code, status, text):
    client = throttled.client(service)

    def once():
        try:
            call(client)
        except ClientError as error:
            # What there is not is refused for that, and has taken its token.
            if error.response["Error"]["Code"] in ("ThrottlingException", "Throttling", "RequestLimitExceeded"):
                raise

    started = time.monotonic()
    through, refusal = until_refused(once, size * 10)
    # Tokens that came back meanwhile, at up to 10 a second.
    assert size <= through <= size + (time.monotonic() - started) * 10 + 1, through
    assert refusal["Error"]["Code"] == code and refusal["Error"]["Message"] == text, refusal["Error"]
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] == status


def test_the_standard_retry_mode_gets_through(throttled):
    """A client that asks faster than its bucket refills is slowed down, not failed."""
    root = throttled.root
    client = boto3.client(
        "ecs",
        endpoint_url=throttled.endpoint,
        region_name="us-east-1",
        aws_access_key_id=root.access_key,
        aws_secret_access_key=root.secret_key,
        config=botocore.config.Config(retries={"mode": "standard", "total_max_attempts": 8}),
    )
    until_refused(lambda: throttled.client("ecs").register_task_definition(family="x", containerDefinitions=[one()]), 200)
    retried = 0
    for _ in range(3):
        answer = client.register_task_definition(family="patient", containerDefinitions=[one()])
        retried += answer["ResponseMetadata"]["RetryAttempts"]
    assert retried > 0


def test_metric_math_knows_the_rates(throttled):
    cloudwatch, now = throttled.client("cloudwatch"), datetime.datetime.now(datetime.UTC)

    def quota(operation, namespace="AWS/Usage"):
        dimensions = {"Type": "API", "Resource": operation, "Service": "CloudWatch", "Class": "None"}
        dimensions = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        metric = {"Namespace": namespace, "MetricName": "CallCount", "Dimensions": dimensions}
        calls = {"Id": "calls", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
        span = {"StartTime": now - datetime.timedelta(minutes=5), "EndTime": now}
        asked = [calls, {"Id": "quota", "Expression": "SERVICE_QUOTA(calls)"}]
        (found,) = cloudwatch.get_metric_data(MetricDataQueries=asked, **span)["MetricDataResults"]
        return set(found["Values"])

    # A second, as AWS documents them.
    assert (quota("PutMetricData"), quota("ListMetrics")) == ({500.0}, {25.0})
    assert quota("PutMetricsOfMine") == set()
    with pytest.raises(ClientError, match="takes a usage metric"):
        quota("PutMetricData", namespace="Own")


def one():
    return {"name": "main", "image": "x", "memory": 16}


def test_users_have_one_bucket_and_nodes_their_own(throttled):
    """A user who asks without end is refused for the whole account; the node is not, and stays connected."""
    ecs = throttled.client("ecs")
    _, keys = tasks.user(throttled)
    until_refused(lambda: ecs.list_container_instances(), 2000)
    mine, codes = throttled.client("ecs", keys), set()
    # A slow machine asks little more than what comes back of the bucket.
    for _ in range(2000):
        with pytest.raises(ClientError) as caught:
            mine.list_container_instances()
        codes.add(caught.value.response["Error"]["Code"])
        if "ThrottlingException" in codes:
            break
    # He may do nothing; what he asks is paid for from the account's bucket all the same.
    assert codes <= {"ThrottlingException", "AccessDeniedException"} and "ThrottlingException" in codes, codes
    time.sleep(1)
    arns = ecs.list_container_instances()["containerInstanceArns"]
    time.sleep(1)
    assert ecs.describe_container_instances(containerInstances=arns)["containerInstances"][0]["agentConnected"]


def held_back(throttled):
    """Answers that waited, of all."""
    (line,) = (it for it in scrape(throttled).text.splitlines() if it.startswith("wharf_answers_held_back_total "))
    return float(line.split()[1])


def test_a_client_that_does_not_wait_is_made_to(throttled):
    """Of the refusals of an account fifty, and ten a second, are answered at once; each of the others takes 100 ms."""
    _, keys = create(throttled, "hasty")
    before = held_back(throttled)
    ecs, refusals, codes, begun = throttled.client("ecs", keys), 150, [], time.monotonic()
    while codes.count("ThrottlingException") < refusals:
        with pytest.raises(ClientError) as caught:
            ecs.delete_cluster(cluster="nothing")
        codes.append(caught.value.response["Error"]["Code"])
        assert codes[-1] in ("ThrottlingException", "ClusterNotFoundException"), caught.value.response
    # In t seconds at most 50 + 10 t do not wait, and those that do come one after the other.
    took = time.monotonic() - begun
    assert took >= (refusals - 50) / (10 + 10)
    waited = held_back(throttled) - before
    assert refusals - 50 - 10 * took - 1 <= waited <= refusals - 50


def test_who_asks_prometheus_too_often_is_made_to_wait(throttled):
    """As by the other protocols, also where name and password say who asks."""
    _, keys = create(throttled, "graphs")
    url, before, begun = f"{throttled.endpoint}/workspaces/ws-us-east-1/api/v1/status/buildinfo", held_back(throttled), time.monotonic()

    def asks(_):
        with requests.Session() as session:
            session.auth = (keys.access_key, keys.secret_key)
            return [session.get(url, timeout=20).status_code for _ in range(250)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = [code for of_one in pool.map(asks, range(8)) for code in of_one]
    took, refused = time.monotonic() - begun, codes.count(429)
    assert set(codes) == {200, 429}, set(codes)
    waited = held_back(throttled) - before
    assert waited > 0 and refused - 50 - 10 * took - 1 <= waited <= refused - 50, (waited, refused, took)


def test_a_call_that_comes_too_fast_is_not_unpacked(throttled):
    """A token is taken, or not there, before the body is looked at: also for one that is no gzip."""
    _, keys = create(throttled, "packed")
    target = "AmazonEC2ContainerServiceV20141113.DeleteCluster"
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target, "Content-Encoding": "gzip"}
    codes = []
    while "ThrottlingException" not in codes and len(codes) < 500:
        request = AWSRequest(method="POST", url=f"{throttled.endpoint}/", data=b"no gzip", headers=headers)
        SigV4Auth(Credentials(keys.access_key, keys.secret_key), "ecs", "us-east-1").add_auth(request)
        answer = requests.post(request.url, data=b"no gzip", headers=dict(request.headers.items()), timeout=20)
        codes.append(answer.json()["__type"])
    assert set(codes) == {"SerializationException", "ThrottlingException"} and len(codes) > 20, codes
