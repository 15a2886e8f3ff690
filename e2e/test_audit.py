"""The audit log: who asked for what, what decided, and nothing of what must stay secret."""

import datetime
import gzip
import json
import re
import signal

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from harness import control, joining, tasks, tools
from harness.installation import Installation, Keys
from harness.waiting import wait_for
from session.client import Session

ACCOUNT = "000000000000"


def events(wharf, **attribute):
    ((key, value),) = attribute.items()
    wanted = [{"AttributeKey": key, "AttributeValue": value}]
    pages = wharf.client("cloudtrail").get_paginator("lookup_events").paginate(LookupAttributes=wanted)
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]


def user(wharf, *statements):
    """A user with a policy of its own, and its keys."""
    iam, name = wharf.client("iam"), tasks.unique("audited")
    iam.create_user(UserName=name)
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    return name, Keys.of_user(iam.create_access_key(UserName=name)["AccessKey"])


def test_a_denial_names_the_statement(wharf):
    name, keys = user(
        wharf,
        {"Sid": "Clusters", "Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
        {"Sid": "NeverDelete", "Effect": "Deny", "Action": "ecs:DeleteCluster", "Resource": "*"},
    )
    ecs = wharf.client("ecs", keys=keys)
    cluster = tasks.unique("audit")
    ecs.create_cluster(clusterName=cluster)
    with pytest.raises(ClientError) as refused:
        ecs.delete_cluster(cluster=cluster)
    request = refused.value.response["ResponseMetadata"]["RequestId"]
    denied = wait_for(lambda: [one for one in events(wharf, Username=name) if one["requestID"] == request], 10, "the event")[0]
    assert denied["eventName"] == "DeleteCluster" and denied["eventSource"] == "ecs.amazonaws.com"
    assert denied["errorCode"] == "AccessDeniedException" and "explicit deny" in denied["errorMessage"]
    assert denied["userIdentity"]["type"] == "IAMUser" and denied["userIdentity"]["userName"] == name
    assert denied["userIdentity"]["accessKeyId"] == keys.access_key
    assert denied["sourceIPAddress"] == "127.0.0.1" and "Boto" in denied["userAgent"]
    assert denied["requestParameters"] == {"cluster": cluster} and denied["readOnly"] is False
    (decided,) = denied["additionalEventData"]["authorization"]
    assert decided["allowed"] is False and "statement 2 (NeverDelete)" in decided["by"]
    made = next(one for one in events(wharf, Username=name) if one["eventName"] == "CreateCluster")
    assert made["responseElements"]["cluster"]["clusterName"] == cluster
    assert "statement 1 (Clusters)" in made["additionalEventData"]["authorization"][0]["by"]
    printed = tools.run(tools.wharf(), "why", request, "--data", wharf.data).stdout
    assert "denied ecs:DeleteCluster" in printed and "NeverDelete" in printed and name in printed
    unknown = tools.run(tools.wharf(), "why", "no-such-request", "--data", wharf.data, check=False)
    assert unknown.returncode != 0
    wharf.client("ecs").delete_cluster(cluster=cluster)


def test_of_data_only_denials_are_told(wharf):
    name, keys = user(wharf, {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    bucket = tasks.unique("told").lower()
    s3 = wharf.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    theirs = wharf.client("s3", keys=keys)
    assert theirs.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
    requests_of = []
    for _ in range(3):
        with pytest.raises(ClientError) as refused:
            theirs.put_object(Bucket=bucket, Key="a", Body=b"b")
        requests_of.append(refused.value.response["ResponseMetadata"]["RequestId"])
    (told,) = wait_for(lambda: events(wharf, Username=name), 10, "the event")
    assert told["eventName"] == "PutObject" and told["errorCode"] == "AccessDenied" and told["requestID"] == requests_of[0]
    assert "denied s3:PutObject" in why(wharf, requests_of[0])
    # What was allowed is not told.
    reads = [one for one in events(wharf, EventSource="s3.amazonaws.com") if one["eventName"] == "GetObject"]
    assert all("errorCode" in one for one in reads)


def test_secrets_are_not_written_down(wharf):
    secret, family = tasks.unique("hunter"), tasks.unique("audited")
    wharf.client("ecs").register_task_definition(
        family=family,
        containerDefinitions=[{"name": "main", "image": "i", "memory": 64, "environment": [{"name": "TOKEN", "value": secret}]}],
    )
    name, keys = user(wharf)
    wharf.client("ecr").get_authorization_token()

    def written():
        found = [one for one in events(wharf, EventName="RegisterTaskDefinition") if one["requestParameters"].get("family") == family]
        return found and events(wharf, EventName="CreateAccessKey")

    wait_for(written, 30, "the events")
    text = json.dumps([events(wharf, EventName=one) for one in ("RegisterTaskDefinition", "CreateAccessKey", "GetAuthorizationToken")])
    assert secret not in text and keys.secret_key not in text
    assert "HIDDEN_DUE_TO_SECURITY_REASONS" in text


def test_who_may_not_look_does_not(wharf):
    _, keys = user(wharf)
    with pytest.raises(ClientError) as refused:
        wharf.client("cloudtrail", keys=keys).lookup_events()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    with pytest.raises(ClientError) as none:
        wharf.client("cloudtrail").create_trail(Name="main", S3BucketName="nowhere")
    assert none.value.response["Error"]["Code"] == "S3BucketDoesNotExistException"


def test_events_outlive_the_server_and_reach_a_trail(tmp_path):
    folder = tmp_path / "buckets"
    with Installation(arguments=["--trails", folder]) as wharf:
        wharf.start(node=False)
        trails = wharf.client("cloudtrail")
        made = trails.create_trail(Name="main", S3BucketName="audit", S3KeyPrefix="wharf")
        trails.start_logging(Name=made["TrailARN"])
        wharf.client("ecs").create_cluster(clusterName="kept")
        wait_for(lambda: events(wharf, EventName="CreateCluster"), 10, "the event")
        wharf.kill_child("server")
        found = wait_for(lambda: events(wharf, EventName="CreateCluster"), 20, "the event after the server's death")
        assert any(one["requestParameters"] == {"clusterName": "kept"} for one in found)
        # The next server delivers at its start what the one before did not.
        files = wait_for(lambda: list(folder.glob("audit/wharf/AWSLogs/*/CloudTrail/us-east-1/*/*/*/*.json.gz")), 80, "a delivered file")
        records = [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
        assert any(record["eventName"] == "CreateCluster" for record in records)
        status = trails.get_trail_status(Name="main")
        assert status["IsLogging"] is True


def _lets_in(bucket, trail, put=True):
    """The policy that CloudTrail's guide gives."""
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    of_trail = {"aws:SourceArn": trail}
    look = {**service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}", "Condition": {"StringEquals": of_trail}}
    write = {
        **service,
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/wharf/AWSLogs/{ACCOUNT}/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **of_trail}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [look, write] if put else [look]})


def test_a_trail_has_a_bucket():
    with Installation() as wharf:
        wharf.start(node=False)
        trails, s3 = wharf.client("cloudtrail"), wharf.client("s3")
        s3.create_bucket(Bucket="audit")
        asked = {"Name": "main", "S3BucketName": "audit", "S3KeyPrefix": "wharf"}
        arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
        for policy in (None, _lets_in("audit", arn, put=False), _lets_in("audit", f"{arn}2")):
            if policy:
                s3.put_bucket_policy(Bucket="audit", Policy=policy)
            with pytest.raises(ClientError) as shut:
                trails.create_trail(**asked)
            assert shut.value.response["Error"] == {
                "Code": "InsufficientS3BucketPolicyException",
                "Message": "Incorrect S3 bucket policy is detected for bucket: audit",
            }
        s3.put_bucket_policy(Bucket="audit", Policy=_lets_in("audit", arn))
        trails.create_trail(**asked, TagsList=[{"Key": "of", "Value": "audit"}, {"Key": "team", "Value": "a"}])
        trails.start_logging(Name="main")
        trails.add_tags(ResourceId=arn, TagsList=[{"Key": "team", "Value": "b"}])
        trails.remove_tags(ResourceId=arn, TagsList=[{"Key": "of"}])
        tags = [{"ResourceId": arn, "TagsList": [{"Key": "team", "Value": "b"}]}]
        assert trails.list_tags(ResourceIdList=[arn])["ResourceTagList"] == tags
        (found,) = wharf.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "team"}])["ResourceTagMappingList"]
        assert found["ResourceARN"] == arn
        with pytest.raises(ClientError) as none:
            trails.update_trail(Name="main", S3BucketName="nowhere")
        assert none.value.response["Error"]["Message"] == "S3 bucket nowhere does not exist!"
        wharf.client("ecs").create_cluster(clusterName="kept")
        wait_for(lambda: events(wharf, EventName="CreateCluster"), 10, "the event")
        # The next server delivers at its start what the one before did not.
        wharf.kill_child("server")
        prefix = f"wharf/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/"
        files = wait_for(lambda: s3.list_objects_v2(Bucket="audit", Prefix=prefix).get("Contents"), 80, "a delivered file")
        records = []
        for file in files:
            got = s3.get_object(Bucket="audit", Key=file["Key"])
            assert (got["ContentType"], got["ContentEncoding"]) == ("application/json", "gzip")
            records += json.loads(gzip.decompress(got["Body"].read()))["Records"]
        assert any(record["eventName"] == "CreateCluster" for record in records)
        wait_for(lambda: "LatestDeliveryTime" in trails.get_trail_status(Name="main"), 20, "the word that it was delivered")


def test_a_trail_has_a_log_group():
    with Installation() as wharf:
        wharf.start(node=False)
        trails, s3, iam, logs = (wharf.client(it) for it in ("cloudtrail", "s3", "iam", "logs"))
        s3.create_bucket(Bucket="audit")
        arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
        s3.put_bucket_policy(Bucket="audit", Policy=_lets_in("audit", arn))
        asked = {"Name": "main", "S3BucketName": "audit", "S3KeyPrefix": "wharf"}
        group, stream = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trails:*", f"{ACCOUNT}_CloudTrail_us-east-1"

        def role(service, actions):
            trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
            name = f"for-{service.split('.')[0]}-{len(actions)}"
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
            may = {"Effect": "Allow", "Action": actions or ["logs:DescribeLogGroups"], "Resource": "*"}
            iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}))
            return made["Role"]["Arn"]

        writes = ["logs:CreateLogStream", "logs:PutLogEvents"]
        good = role("cloudtrail.amazonaws.com", writes)
        group_is_wrong, role_is_wrong = "InvalidCloudWatchLogsLogGroupArnException", "InvalidCloudWatchLogsRoleArnException"
        for given, code, message in (
            ((group, None), role_is_wrong, "You must specify a role ARN as well as a log group."),
            ((None, good), group_is_wrong, "You must specify a log group as well as a role ARN."),
            ((group.removesuffix(":*"), good), group_is_wrong, "CloudTrail cannot validate the specified log group ARN."),
            ((group, good), group_is_wrong, "CloudTrail cannot validate the specified log group ARN."),
            ((group, role("ecs.amazonaws.com", writes)), role_is_wrong, "Access denied. Check the trust relationships for your role."),
            ((group, role("cloudtrail.amazonaws.com", [])), group_is_wrong, "Access denied. Check the permissions for your role."),
        ):
            both = dict(zip(("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"), given, strict=True))
            with pytest.raises(ClientError) as refused:
                trails.create_trail(**asked, **{key: value for key, value in both.items() if value})
            assert refused.value.response["Error"] == {"Code": code, "Message": message}
        logs.create_log_group(logGroupName="trails")
        trails.create_trail(**asked)
        trails.start_logging(Name="main")
        made = trails.update_trail(Name="main", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=good)
        assert (made["CloudWatchLogsLogGroupArn"], made["CloudWatchLogsRoleArn"]) == (group, good)
        wharf.client("ecs").create_cluster(clusterName="logged")
        wait_for(lambda: events(wharf, EventName="CreateCluster"), 10, "the event")
        # The next server delivers at its start what the one before did not.
        wharf.kill_child("server")

        def told():
            got = logs.get_log_events(logGroupName="trails", logStreamName=stream, startFromHead=True)["events"]
            return [it for it in (json.loads(it["message"]) for it in got) if it["eventName"] == "CreateCluster"]

        (one,) = wait_for(told, 80, "the event in the log group")
        assert one["requestParameters"] == {"clusterName": "logged"}
        wait_for(lambda: "LatestCloudWatchLogsDeliveryTime" in trails.get_trail_status(Name="main"), 20, "the word that it was delivered")
        trails.update_trail(Name="main", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")
        assert "CloudWatchLogsLogGroupArn" not in trails.get_trail(Name="main")["Trail"]


def event(wharf, name, wanted=lambda event: True):
    """The newest event of that name that is as wanted, once it is written."""
    return wait_for(lambda: [one for one in events(wharf, EventName=name) if wanted(one)], 10, f"an event {name}")[0]


def why(wharf, request):
    return tools.run(tools.wharf(), "why", request, "--data", wharf.data).stdout


def ask(wharf, operation, keys=None, **parameters):
    """A call of wharf's own service."""
    return control.call(wharf, operation, keys or wharf.root, **parameters)


def test_spent_tokens_are_told_but_never_shown(wharf):
    token = joining.token(wharf)
    number, secret, digest = token.split(".")
    made = event(wharf, "CreateJoinToken", lambda one: (one["responseElements"] or {}).get("tokenId") == number)
    assert made["requestParameters"]["cluster"] == "default" and made["userIdentity"]["type"] == "Root"
    join = f"{wharf.endpoint}/wharf/join"
    wrong = requests.post(join, json={"token": f"{number}.{'0' * 32}.{digest}"}, timeout=20)
    assert wrong.status_code == 403
    refused = event(wharf, "JoinNode", lambda one: one.get("errorCode") == "AccessDenied")
    assert refused["requestParameters"] == {"tokenId": number} and "secret is wrong" in refused["errorMessage"]
    assert refused["userIdentity"] == {"type": "Unknown"} and refused["sourceIPAddress"] == "127.0.0.1"
    assert "did not prove" in why(wharf, wrong.headers["x-amzn-requestid"])
    joined = requests.post(join, json={"token": token}, timeout=20)
    assert joined.status_code == 200
    accepted = event(wharf, "JoinNode", lambda one: one["requestID"] == joined.headers["x-amzn-requestid"])
    node = accepted["responseElements"]["node"]
    assert accepted["requestParameters"] == {"tokenId": number} and accepted["userIdentity"]["userName"] == node
    assert node in why(wharf, accepted["requestID"])
    for _ in range(50):
        assert requests.post(join, json={"token": token}, timeout=20).status_code == 403
    text = json.dumps([events(wharf, EventName=name) for name in ("CreateJoinToken", "JoinNode")])
    assert secret not in text
    spent = [one for one in events(wharf, EventName="JoinNode") if "unknown or spent" in one.get("errorMessage", "")]
    assert len(spent) == 1, "refusals that are alike are counted"
    tools.run(tools.wharf(), "node", "remove", "--data", wharf.data, node)


def test_data_channels_are_told(wharf, busybox):
    task = tasks.run(wharf, busybox, run_options={"enableExecuteCommand": True}, stopTimeout=2, **tasks.sh("sleep 600"))
    task.wait("RUNNING")
    try:
        answer = wharf.client("ecs").execute_command(task=task.arn, command="echo hello", interactive=True, container="main")["session"]
        assert Session(answer["sessionId"], answer["streamUrl"], "0" * 64).wait_closed() == 1008
        session = Session(answer["sessionId"], answer["streamUrl"], answer["tokenValue"])
        session.wait_over()
    finally:
        task.stop(wait=False)
    of_it = lambda one: (one["requestParameters"] or {}).get("sessionId") == answer["sessionId"]  # noqa: E731
    opened = event(wharf, "OpenDataChannel", lambda one: of_it(one) and "errorCode" not in one)
    assert opened["eventSource"] == "ssmmessages.amazonaws.com" and opened["userIdentity"]["type"] == "Root"
    assert opened["requestParameters"]["task"] == task.arn
    refused = event(wharf, "OpenDataChannel", lambda one: one.get("errorCode") == "AccessDenied" and "token" in one["errorMessage"])
    assert refused["userIdentity"] == {"type": "Unknown"}
    assert "OpenDataChannel" in why(wharf, opened["requestID"]) and "token is not valid" in why(wharf, refused["requestID"])
    assert answer["tokenValue"] not in json.dumps(events(wharf, EventName="OpenDataChannel"))


def test_registry_requests_are_told(wharf, busybox):
    repository = busybox.split("/")[-1].split(":")[0].split("@")[0]
    name, keys = user(wharf, {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"})
    password = wharf.registry_password(keys)
    path = f"{wharf.endpoint}/v2/{repository}/manifests/latest"
    assert requests.get(path, auth=("AWS", password), timeout=20).status_code == 403
    denied = wait_for(lambda: [one for one in events(wharf, Username=name) if one["eventName"] == "BatchGetImage"], 10, "the event")[0]
    assert denied["errorCode"] == "AccessDenied" and denied["eventSource"] == "ecr.amazonaws.com"
    assert denied["additionalEventData"]["authorization"][0]["allowed"] is False
    assert "denied ecr:BatchGetImage" in why(wharf, denied["requestID"])


def test_whoever_names_nobody_or_a_wrong_registry_password_is_told_and_counted(unstarted):
    wharf = unstarted().start(node=False)
    target = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters", "Content-Type": "application/x-amz-json-1.1"}
    manifest, ping = f"{wharf.endpoint}/v2/some/manifests/latest", f"{wharf.endpoint}/v2/"
    floods = {
        ("ListClusters", "MissingAuthenticationTokenException"): lambda: requests.post(
            wharf.endpoint, data="{}", headers=target, timeout=20
        ),
        ("UnverifiedRequest", "MissingAuthenticationToken"): lambda: requests.get(manifest, timeout=20),
        ("UnverifiedRequest", "UNAUTHORIZED"): lambda: requests.get(ping, auth=("AWS", "guess"), timeout=20),
        ("Overview", "MissingAuthenticationTokenException"): lambda: control.call(wharf, "Overview", None),
    }
    # The question with which every client of a registry begins is none.
    assert requests.get(ping, timeout=20).status_code == 401
    firsts = {}
    for (name, code), ask_so in floods.items():
        answers = [ask_so() for _ in range(40)]
        assert {answer.status_code for answer in answers} <= {400, 401, 403}
        firsts[name, code] = answers[0].headers["x-amzn-requestid"]
    told = lambda: {one["requestID"]: one for one in all_events(wharf)}  # noqa: E731
    kinds = [kind for kind in floods if kind[0] != "Overview"]
    wait_for(lambda: {firsts[kind] for kind in kinds} <= set(told()), 10, "the refusals")
    # Refusals of one address for one reason are alike, whatever was asked for.
    for name, code in kinds:
        (first,) = [one for one in told().values() if one.get("errorCode") == code]
        assert first["requestID"] == firsts[name, code] and first["eventName"] == name
        assert first["userIdentity"] == {"type": "Unknown"} and first["sourceIPAddress"] == "127.0.0.1"
        assert "guess" not in json.dumps(first)
        said = why(wharf, first["requestID"])
        assert "did not prove" in said and code in said
    wharf.kill_child("server", signal.SIGTERM)
    counted = {
        one["errorCode"]: one["additionalEventData"]["repeats"]["count"]
        for one in told().values()
        if one["userIdentity"]["type"] == "Unknown" and "additionalEventData" in one
    }
    assert counted == {"MissingAuthenticationTokenException": 79, "MissingAuthenticationToken": 39, "UNAUTHORIZED": 39}


def all_events(wharf):
    """All events of the last minutes."""
    pages = wharf.client("cloudtrail").get_paginator("lookup_events").paginate()
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]


def test_what_services_do_in_their_own_name_is_told(wharf, busybox):
    task = tasks.run(wharf, busybox, network="awsvpc", run_options=tasks.in_vpc(wharf), **tasks.sh("true"))
    task.wait("STOPPED")
    made = event(wharf, "CreateNetworkInterface", lambda one: one["userIdentity"].get("invokedBy") == "ecs.amazonaws.com")
    assert made["userIdentity"]["type"] == "AWSService" and made["eventSource"] == "ec2.amazonaws.com"
    assert "by ecs.amazonaws.com" in why(wharf, made["requestID"])


def test_control_endpoints_are_told(wharf):
    name, keys = user(wharf, {"Effect": "Allow", "Action": "wharf:ListNodes", "Resource": "*"})
    allowed, denied = ask(wharf, "ListNodes", keys), ask(wharf, "RotateKeys", keys, key="root")
    assert allowed.status_code == 200 and denied.status_code == 400
    told = lambda: {one["eventName"]: one for one in events(wharf, Username=name)}  # noqa: E731
    found = wait_for(lambda: told() if len(told()) == 2 else None, 10, "both events")
    assert found["ListNodes"]["requestID"] == allowed.headers["x-amzn-requestid"] and found["ListNodes"]["readOnly"] is True
    refused = found["RotateKeys"]
    assert (
        refused["requestParameters"] == {"key": "root"} and refused["errorCode"] == "AccessDeniedException" and refused["readOnly"] is False
    )
    assert "denied wharf:RotateKeys" in why(wharf, denied.headers["x-amzn-requestid"])
    assert "allowed wharf:ListNodes" in why(wharf, allowed.headers["x-amzn-requestid"])
    failed = ask(wharf, "RemoveNode", name="nobody")
    assert failed.status_code == 400
    assert "answered InvalidRequestException" in why(
        wharf, event(wharf, "RemoveNode", lambda one: one["requestParameters"] == {"name": "nobody"})["requestID"]
    )


def refusals(wharf, name, keys):
    """Requests whose signature proves nothing: the code, and what was asked for."""
    wrong, unknown = Keys(keys.access_key, "wrong"), Keys("AKIAIOSFODNN7EXAMPLE", "wrong")
    for signer, code in ((wrong, "InvalidSignatureException"), (unknown, "UnrecognizedClientException")):
        for _ in range(30):
            with pytest.raises(ClientError) as refused:
                wharf.client("ecs", keys=signer).list_clusters()
            assert refused.value.response["Error"]["Code"] == code
        yield signer, code, refused.value.response["ResponseMetadata"]["RequestId"]


def test_refused_signatures_and_throttled_calls_are_counted(unstarted):
    wharf = unstarted(arguments=("--throttle", "1")).start(node=False)
    name, keys = user(wharf, {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"})
    for signer, code, _ in refusals(wharf, name, keys):
        found = wait_for(lambda key=signer.access_key: [one for one in events(wharf, AccessKeyId=key) if one.get("errorCode")], 10, code)
        assert len(found) == 1, f"{len(found)} events for 30 refusals"
        (refused,) = found
        assert refused["errorCode"] == code and refused["eventName"] == "ListClusters" and refused["eventSource"] == "ecs.amazonaws.com"
        assert refused["userIdentity"] == {"type": "Unknown", "accessKeyId": signer.access_key}
        assert refused["sourceIPAddress"] == "127.0.0.1"
        assert "did not prove" in why(wharf, refused["requestID"])
    # An expired one.
    request = AWSRequest(
        method="POST", url=f"{wharf.endpoint}/", data="{}", headers={"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters"}
    )
    signing = SigV4Auth(Credentials(keys.access_key, keys.secret_key), "ecs", "us-east-1")
    signing.add_auth(request)
    old = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)).strftime("%Y%m%dT%H%M%SZ")
    expired = requests.post(request.url, data="{}", headers={**dict(request.headers.items()), "X-Amz-Date": old}, timeout=20)
    assert expired.status_code == 400, expired.text
    # Throttled: as often as SDKs' retries make it.
    ecs = wharf.client("ecs", keys=keys)
    throttled = 0
    for _ in range(120):
        try:
            ecs.delete_cluster(cluster="nothing")
        except ClientError as error:
            throttled += error.response["Error"]["Code"] == "ThrottlingException"
    assert throttled > 20
    of_user = lambda: [one for one in events(wharf, Username=name) if one.get("errorCode") == "ThrottlingException"]  # noqa: E731
    (first,) = wait_for(of_user, 10, "the throttled call")
    assert first["eventName"] == "DeleteCluster" and "answered ThrottlingException" in why(wharf, first["requestID"])
    # The others are counted; the end of the server says how many there were.
    wharf.kill_child("server", signal.SIGTERM)
    found = events(wharf, Username=name)
    counted = [one for one in found if one.get("errorCode") == "ThrottlingException" and "repeats" in one.get("additionalEventData", {})]
    assert [one["additionalEventData"]["repeats"]["count"] for one in counted] == [throttled - 1]
    assert re.search(r"stands for \d+ like it", why(wharf, counted[0]["requestID"]))
    wrong = [one for one in events(wharf, AccessKeyId="AKIAIOSFODNN7EXAMPLE") if "additionalEventData" in one]
    assert [one["additionalEventData"]["repeats"]["count"] for one in wrong] == [29]


def test_the_audit_log_can_be_switched_off_and_the_doctor_says_so(unstarted):
    wharf = unstarted(arguments=("--audit", "off")).start(node=False)
    wharf.client("ecs").list_clusters()
    assert wharf.client("cloudtrail").lookup_events()["Events"] == []
    done = tools.run(tools.wharf(), "doctor", "--data", wharf.data, "--json", check=False)
    check = {one["check"]: one for one in json.loads(done.stdout)["checks"]}["audit log"]
    assert check["verdict"] == "doubtful" and "OFF" in check["detail"], check
