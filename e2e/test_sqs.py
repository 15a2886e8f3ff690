"""Queues through boto3, the AWS CLI, the older query protocol and Celery: sent, received, moved, kept over a kill."""

import hashlib
import json
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests

from harness import tasks, tools
from harness.refusals import refused
from harness.waiting import wait_for

QUERY = {"q": "http://queue.amazonaws.com/doc/2012-11-05/"}


def queue(wharf, name="jobs", **attributes):
    name = tasks.unique(name) + (".fifo" if "FifoQueue" in attributes else "")
    return wharf.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def arn(wharf, url):
    got = wharf.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return got["Attributes"]["QueueArn"]


def bodies(sqs, url, **more):
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **more).get("Messages", [])
    return [it["Body"] for it in got]


def test_messages_through_boto3(wharf):
    sqs, url = wharf.client("sqs"), queue(wharf)
    assert url.startswith(wharf.endpoint + "/000000000000/jobs")
    attributes = {"city": {"DataType": "String", "StringValue": "Any City"}, "raw": {"DataType": "Binary.png", "BinaryValue": b"\x00\x01"}}
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    # boto3 compares the checksums of what it sends and receives.
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes, MessageSystemAttributes=trace)
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    message = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])["Messages"][0]
    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "hello")
    assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\x01"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    # The older name of what is asked for, which clients still use.
    again = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount", "SentTimestamp"])["Messages"][0]
    assert again["Attributes"].keys() == {"ApproximateReceiveCount", "SentTimestamp"}
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert bodies(sqs, url) == []
    entries = [{"Id": str(number), "MessageBody": f"number {number}"} for number in range(9)] + [{"Id": "bad", "MessageBody": "\x01"}]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert len(answer["Successful"]) == 9
    assert [(it["Id"], it["Code"], it["SenderFault"]) for it in answer["Failed"]] == [("bad", "InvalidMessageContents", True)]
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    gone = [{"Id": str(number), "ReceiptHandle": it["ReceiptHandle"]} for number, it in enumerate(got)]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=gone)["Successful"]) == 9
    sqs.delete_queue(QueueUrl=url)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x")[0] == "AWS.SimpleQueueService.NonExistentQueue"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=url)


def test_queues_through_the_cli(wharf):
    name = tasks.unique("cli")
    url = wharf.aws("sqs", "create-queue", "--queue-name", name, "--attributes", "VisibilityTimeout=7", "--tags", "team=web")["QueueUrl"]
    assert wharf.aws("sqs", "get-queue-url", "--queue-name", name)["QueueUrl"] == url
    assert url in wharf.aws("sqs", "list-queues", "--queue-name-prefix", "cli")["QueueUrls"]
    assert wharf.aws("sqs", "list-queue-tags", "--queue-url", url)["Tags"] == {"team": "web"}
    # Whatever host the URL has, the queue is the one of its path.
    amazon = f"https://sqs.us-east-1.amazonaws.com/000000000000/{name}"
    wharf.aws("sqs", "send-message", "--queue-url", amazon, "--message-body", "hi")
    shown = wharf.aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert (shown["VisibilityTimeout"], shown["ApproximateNumberOfMessages"]) == ("7", "1")
    assert wharf.aws("sqs", "receive-message", "--queue-url", url)["Messages"][0]["Body"] == "hi"
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["sqs"])
    assert shown["QueueArn"] in [it["ResourceARN"] for it in tagged["ResourceTagMappingList"]]


def test_the_older_protocol_at_the_address_of_a_queue(wharf):
    url = queue(wharf, "old")

    def ask(address, **parameters):
        parameters = {"Version": "2012-11-05", **parameters}
        request = botocore.awsrequest.AWSRequest("POST", address, data=parameters)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        keys = wharf.root
        credentials = botocore.credentials.Credentials(keys.access_key, keys.secret_key)
        botocore.auth.SigV4Auth(credentials, "sqs", "us-east-1").add_auth(request)
        prepared = request.prepare()
        answer = requests.post(prepared.url, data=prepared.body, headers=dict(prepared.headers), timeout=30)
        assert answer.headers["content-type"].startswith("text/xml"), answer.text
        return answer.status_code, ElementTree.fromstring(answer.content)

    sent = {
        "MessageBody": "old",
        "MessageAttribute.1.Name": "n",
        "MessageAttribute.1.Value.DataType": "Number",
        "MessageAttribute.1.Value.StringValue": "1",
    }
    status, answer = ask(url, Action="SendMessage", **sent)
    assert status == 200 and answer.find(".//q:MD5OfMessageBody", QUERY).text == hashlib.md5(b"old").hexdigest()
    status, answer = ask(url, Action="ReceiveMessage", **{"AttributeName.1": "All", "MessageAttributeName.1": "All"})
    message = answer.find("q:ReceiveMessageResult/q:Message", QUERY)
    assert message.find("q:Body", QUERY).text == "old"
    shown = {it.find("q:Name", QUERY).text: it.find("q:Value", QUERY).text for it in message.findall("q:Attribute", QUERY)}
    assert shown["ApproximateReceiveCount"] == "1"
    assert message.find("q:MessageAttribute/q:Value/q:StringValue", QUERY).text == "1"
    receipt = message.find("q:ReceiptHandle", QUERY).text
    batch = {"DeleteMessageBatchRequestEntry.1.Id": "a", "DeleteMessageBatchRequestEntry.1.ReceiptHandle": receipt}
    status, answer = ask(url, Action="DeleteMessageBatch", **batch)
    assert answer.find(".//q:DeleteMessageBatchResultEntry/q:Id", QUERY).text == "a"
    status, answer = ask(wharf.endpoint + "/", Action="GetQueueUrl", QueueName="no-such-queue")
    assert (status, answer.find(".//q:Code", QUERY).text) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    status, answer = ask(wharf.endpoint + "/", Action="ListQueues", QueueNamePrefix="old")
    assert url in [it.text for it in answer.findall(".//q:QueueUrl", QUERY)]


def test_a_long_poll_wakes_at_once(wharf):
    sqs, url = wharf.client("sqs"), queue(wharf)
    times = []

    def wait():
        message = wharf.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
        times.append(time.monotonic())
        assert message["Body"] == "now"

    waiting = threading.Thread(target=wait)
    waiting.start()
    # Nothing shows that the other waits already; if it does not, this test is only easier.
    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    begun = time.monotonic()
    sqs.send_message(QueueUrl=url, MessageBody="now")
    waiting.join(30)
    assert times and times[0] - begun < 5


def test_fifo_queues_keep_order_and_send_once(wharf):
    sqs = wharf.client("sqs")
    url = queue(wharf, "ordered", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ["1", "2", "2", "3"]:
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="a")
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])["Messages"]
    assert [it["Body"] for it in got] == ["1", "2", "3"]
    numbers = [it["Attributes"]["SequenceNumber"] for it in got]
    assert numbers == sorted(numbers)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x")[0] == "MissingParameter"


def test_dead_letters_go_and_come_back(wharf):
    sqs, dead = wharf.client("sqs"), queue(wharf, "dead")
    policy = json.dumps({"deadLetterTargetArn": arn(wharf, dead), "maxReceiveCount": 1})
    jobs = queue(wharf, RedrivePolicy=policy)
    sqs.send_message(QueueUrl=jobs, MessageBody="poison")
    assert bodies(sqs, jobs, VisibilityTimeout=0) == ["poison"]
    assert bodies(sqs, jobs) == []
    assert bodies(sqs, dead, VisibilityTimeout=0) == ["poison"]
    started = sqs.start_message_move_task(SourceArn=arn(wharf, dead))
    assert started["TaskHandle"]
    wait_for(lambda: bodies(sqs, jobs) == ["poison"], what="the message is back")
    task = sqs.list_message_move_tasks(SourceArn=arn(wharf, dead))["Results"][0]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) in [("COMPLETED", 1), ("RUNNING", 1), ("RUNNING", 0)]


def test_policies_of_queues_let_others_in(wharf):
    sqs, url = wharf.client("sqs"), queue(wharf)
    _, user = tasks.user(wharf)
    theirs = wharf.client("sqs", keys=user)
    code = refused(theirs.send_message, QueueUrl=url, MessageBody="x")[0]
    assert code.startswith("AccessDenied")
    allowed = tasks.document("sqs:SendMessage", arn(wharf, url))
    statement = json.loads(allowed) if isinstance(allowed, str) else allowed
    statement["Statement"][0]["Principal"] = "*"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(statement)})
    theirs.send_message(QueueUrl=url, MessageBody="let in")
    assert bodies(sqs, url) == ["let in"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    sqs.add_permission(QueueUrl=url, Label="all", AWSAccountIds=["000000000000"], Actions=["SendMessage"])
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert json.loads(shown)["Statement"][0]["Action"] == "SQS:SendMessage"
    sqs.remove_permission(QueueUrl=url, Label="all")
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])


def test_a_key_of_kms_shuts_its_messages(wharf):
    sqs, kms = wharf.client("sqs"), wharf.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    url = queue(wharf, "sealed", KmsMasterKeyId=key, KmsDataKeyReusePeriodSeconds="60")
    sqs.send_message(QueueUrl=url, MessageBody="sealed")
    assert bodies(sqs, url, VisibilityTimeout=0) == ["sealed"]
    other = queue(wharf, "shut", KmsMasterKeyId=key)
    kms.disable_key(KeyId=key)
    assert refused(sqs.send_message, QueueUrl=other, MessageBody="x")[0] in ["KMS.DisabledException", "KmsDisabled"]


def test_what_was_acknowledged_is_there_after_a_kill(fresh):
    sqs, url = fresh.client("sqs"), queue(fresh, "kept")
    ordered = queue(fresh, "kept", FifoQueue="true")
    done, sent, stop = [], [], threading.Event()

    def send():
        client = fresh.client("sqs")
        number = 0
        while not stop.is_set():
            entries = [{"Id": str(it), "MessageBody": f"{number + it}"} for it in range(10)]
            in_order = [{**it, "MessageGroupId": "a", "MessageDeduplicationId": it["MessageBody"]} for it in entries]
            try:
                answer = client.send_message_batch(QueueUrl=url, Entries=entries)
                sent.extend(entries[int(it["Id"])]["MessageBody"] for it in answer["Successful"])
                client.send_message_batch(QueueUrl=ordered, Entries=in_order)
            except Exception:
                # The batch may be there or not; nobody was told.
                pass
            number += 10
        done.append(number)

    sending = threading.Thread(target=send)
    sending.start()
    wait_for(lambda: len(sent) > 300, what="some batches are sent")
    fresh.kill_child("server")
    fresh.wait_ready()
    stop.set()
    sending.join(60)
    got = set()
    while more := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        got.update(it["Body"] for it in more)
    assert set(sent) <= got
    seen = []
    while more := sqs.receive_message(QueueUrl=ordered, MaxNumberOfMessages=10).get("Messages"):
        seen += [int(it["Body"]) for it in more]
        gone = [{"Id": str(number), "ReceiptHandle": it["ReceiptHandle"]} for number, it in enumerate(more)]
        sqs.delete_message_batch(QueueUrl=ordered, Entries=gone)
    assert seen == sorted(set(seen))


WORKER = """
import os, boto3
sqs, url = boto3.client("sqs"), os.environ["QUEUE"]
while True:
    for it in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []):
        sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=it["Body"].upper())
        sqs.delete_message(QueueUrl=url, ReceiptHandle=it["ReceiptHandle"])
"""


def test_a_service_consumes(wharf, python):
    """Tasks have no keys and no URL of their own: both come from their role and from the host's client."""
    sqs, ecs = wharf.client("sqs"), wharf.client("ecs")
    jobs, results = queue(wharf), queue(wharf, "results")
    role = tasks.task_role(wharf, "sqs:*")
    environment = [{"name": "QUEUE", "value": jobs}, {"name": "RESULTS", "value": results}]
    command = ["python3", "-c", WORKER]
    definition = tasks.register(wharf, python, network="bridge", role=role, command=command, memory=128, environment=environment)
    name = tasks.unique("worker")
    ecs.create_service(serviceName=name, taskDefinition=definition, desiredCount=1)
    entries = [{"Id": str(number), "MessageBody": f"job {number}"} for number in range(5)]
    sqs.send_message_batch(QueueUrl=jobs, Entries=entries)
    done = set()

    def all_done():
        done.update(bodies(sqs, results, WaitTimeSeconds=1))
        return done == {f"JOB {number}" for number in range(5)}

    try:
        wait_for(all_done, deadline_s=90, what="the jobs are done")
    finally:
        ecs.delete_service(service=name, force=True)


CELERY = """
import subprocess
import sys
from celery import Celery

app = Celery("jobs", broker="sqs://")
app.conf.task_default_queue = sys.argv[1]
app.conf.broker_transport_options = {"region": "us-east-1", "wait_time_seconds": 1, "polling_interval": 0.1}
app.conf.broker_connection_retry_on_startup = True


@app.task(name="write")
def write(path, text):
    with open(path, "a") as out:
        out.write(text)


if sys.argv[2] == "send":
    for number in range(5):
        write.delay(sys.argv[3], f"{number};")
else:
    app.worker_main(["worker", "--pool", "solo", "--loglevel", "warning", "--without-mingle", "--without-gossip"])
"""


def test_celery_sends_and_works(wharf, tmp_path):
    program, out = tmp_path / "jobs.py", tmp_path / "out"
    program.write_text(CELERY)
    name, environment = tasks.unique("celery"), wharf.environment()
    tools.run(sys.executable, str(program), name, "send", str(out), env=environment)
    worker = subprocess.Popen([sys.executable, str(program), name, "work"], env=environment, cwd=tmp_path)
    try:
        wait_for(
            lambda: out.exists() and sorted(out.read_text().split(";")) == ["", "0", "1", "2", "3", "4"], deadline_s=60, what="all are done"
        )
    finally:
        worker.terminate()
        worker.wait(30)


def test_a_worker_in_javascript_takes_jobs(wharf):
    """sqs-consumer: what fails comes back, and what takes longer than its timeout is held by heartbeats."""
    sqs, name = wharf.client("sqs"), tasks.unique("consumer")
    jobs, results = (sqs.create_queue(QueueName=f"{name}-{it}")["QueueUrl"] for it in ("jobs", "results"))
    environment = wharf.environment() | {
        "NODE_PATH": str(tools.CLIENTS / "javascript" / "node_modules"),
        "JOBS": jobs,
        "RESULTS": results,
    }
    script = tools.REPOSITORY / "e2e" / "javascript" / "queue_worker.cjs"
    worker = subprocess.Popen([tools.node(), script], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        who = {"who": {"DataType": "String", "StringValue": "me"}}
        for number in range(5):
            sqs.send_message(QueueUrl=jobs, MessageBody=f"job {number}", MessageAttributes=who)
        done = []

        def all_done():
            done.extend(bodies(sqs, results, WaitTimeSeconds=1))
            return len(done) >= 5

        wait_for(all_done, deadline_s=60, what="the jobs are done")

        def left():
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            return sqs.get_queue_attributes(QueueUrl=jobs, AttributeNames=names)["Attributes"]

        wait_for(lambda: set(left().values()) == {"0"}, what="nothing is left")
        assert sorted(done) == [f"JOB {number} of me" for number in range(5)]
    finally:
        worker.terminate()
        _, errors = worker.communicate(timeout=30)
    assert worker.returncode == 0, errors
