"""Data folders that earlier versions wrote open with everything in them, and go on working."""

import json
import pathlib
import subprocess

import pytest

from fixtures import others, reads
from harness import images
from harness.installation import Keys
from harness.services import Web
from harness.waiting import wait_for

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"
VERSIONS = sorted(path.parent.name for path in FIXTURES.glob("*/data.tar.zst"))


# Where the service's tasks come back is decided anew, and each has an address of its subnet.
DECIDED_ANEW = {"AvailableIpAddressCount"}


def missing(old, new, where=""):
    """What of an old answer a new one lacks or says otherwise; members that came with a new version are welcome."""
    if isinstance(old, dict) and isinstance(new, dict):
        kept = [name for name in old if name not in DECIDED_ANEW]
        return [line for name in kept for line in missing(old[name], new.get(name), f"{where}.{name}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [line for n, (a, b) in enumerate(zip(old, new, strict=True)) for line in missing(a, b, f"{where}[{n}]")]
    return [] if old == new else [f"{where}: {old!r} became {new!r}"]


def test_there_is_a_folder_to_open():
    assert VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_is_there_and_works(unstarted, tmp_path, version):
    fixture = FIXTURES / version
    known = json.loads((fixture / "known.json").read_text())
    subprocess.run(
        ["tar", "--numeric-owner", "--xattrs", "-C", tmp_path, "-I", "zstd -d --long=27", "-xf", fixture / "data.tar.zst"], check=True
    )
    wharf = unstarted(data=tmp_path / "data", port=known["wharf"]).start()

    answers = reads.all_of(wharf)
    assert missing(known["answers"], answers) == []

    # Groups of load balancers were in force inside their VPC alone; now their rules hold on the host too.
    (balancer,) = wharf.client("elbv2").describe_load_balancers(Names=[known["service"]])["LoadBalancers"]
    (group,), port = balancer["SecurityGroups"], known["listener"]
    wharf.client("ec2").authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0")

    # The service comes back behind its load balancer, from images that were pushed then.
    web = Web(wharf, image=None, name=known["service"])
    web.port = known["listener"]
    web.balancer = {"DNSName": known["host"].rpartition(":")[0]}
    wait_for(lambda: web.ask()[0] == 200, 60, "an answer through the load balancer")
    assert web.ask("/fixed") == (200, "kept")

    if any(call.startswith("sqs ") for call in known["answers"]):
        messages_and_objects(wharf)

    # The user of then may still do what they might, with the key they had.
    kept = Keys(known["key"]["id"], known["key"]["secret"])
    events = wharf.client("logs", kept).get_log_events(logGroupName=known["group"], logStreamName="one", startFromHead=True)["events"]
    assert [event["message"] for event in events] == [f"event {n}" for n in range(500)]
    images.skopeo_copy(wharf, f"docker://{wharf.registry}/team/web:v1", f"dir:{tmp_path}/pulled", keys=kept)


def messages_and_objects(wharf):
    """What was sent and put then is received and got, and so is what was sealed."""
    sqs = wharf.client("sqs")
    url = sqs.get_queue_url(QueueName=others.NAME)["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == others.MESSAGE and message["MessageAttributes"]["kind"]["StringValue"] == "a"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert wharf.client("s3").get_object(Bucket=others.NAME, Key="a/one")["Body"].read() == others.BODY
    sealed = wharf.client("ssm").get_parameter(Name="/kept/sealed", WithDecryption=True)
    assert sealed["Parameter"]["Value"] == others.SECRET
    assert wharf.client("secretsmanager").get_secret_value(SecretId=others.NAME)["SecretString"] == others.SECRET
