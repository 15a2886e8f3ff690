"""Ten secrets that tasks use on this machine and on another, that are read, rotated and sealed into queues and buckets,
while every packet of every namespace is written down: none of the ten is in any of them."""

import base64
import json
import secrets as randomness
import urllib.request

import boto3
import botocore.config
import pytest

from harness import images, tasks
from harness.capture import Capture
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from harness.tasks import sh
from harness.waiting import wait_for

FOREVER = "trap 'exit 0' TERM; echo up; while :; do usleep 100000; done"


@pytest.fixture(scope="module")
def server():
    with Lan(), Installation(arguments=["--listen", SERVER]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def authority(server, tmp_path_factory):
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    path.write_text(server.run("ca", "--endpoint").stdout)
    return str(path)


@pytest.fixture(scope="module")
def host(server):
    made = Host(server, 1).join()
    yield made
    made.close()


def over_tls(server, authority, service):
    keys = server.root
    style = {"addressing_style": "path"}
    return boto3.client(
        service,
        endpoint_url=f"https://{SERVER}:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        verify=authority,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, s3=style),
    )


def role_for(server):
    iam, name = server.client("iam"), tasks.unique("reader")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=tasks.TRUST_TASKS)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
    policy = tasks.document(["secretsmanager:GetSecretValue", "ssm:GetParameters", "kms:Decrypt"], ["*"])
    iam.put_role_policy(RoleName=name, PolicyName="secrets", PolicyDocument=policy)
    return arn


def forms(values):
    """Each value as text and as base 64 at each of the three places where it may begin."""
    needles = {}
    for name, value in values.items():
        needles[name] = value.encode()
        for pad in range(3):
            encoded = base64.b64encode(b"\0" * pad + value.encode()).rstrip(b"=")
            # Of the ends only what the neighbours do not change.
            needles[f"{name} in base 64 at {pad}"] = encoded[4 if pad else 0 : -4]
    return needles


def test_no_secret_goes_over_the_wire_in_the_clear(server, authority, host):
    image = images.push(server, "busybox")
    values = {f"CANARY_{number}": randomness.token_hex(20) for number in range(10)}
    control = randomness.token_hex(20)
    role = role_for(server)
    with Capture() as capture:
        asm, ssm, sqs, s3, kms = (over_tls(server, authority, it) for it in ("secretsmanager", "ssm", "sqs", "s3", "kms"))
        key = kms.create_key()["KeyMetadata"]["Arn"]
        names = list(values)
        # Five secrets, three parameters, a message and an object.
        sources = {}
        for name in names[:5]:
            given = {"KmsKeyId": key} if name == "CANARY_0" else {}
            made = asm.create_secret(Name=tasks.unique("wire"), SecretString="before it was rotated", **given)
            asm.put_secret_value(SecretId=made["ARN"], SecretString=values[name])
            assert asm.get_secret_value(SecretId=made["ARN"])["SecretString"] == values[name]
            sources[name] = made["ARN"]
        for name in names[5:8]:
            parameter = "/" + tasks.unique("wire")
            ssm.put_parameter(Name=parameter, Type="SecureString", Value=values[name])
            assert ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"] == values[name]
            sources[name] = f"arn:aws:ssm:us-east-1:000000000000:parameter{parameter}"
        attributes = {"KmsMasterKeyId": key}
        queue = sqs.create_queue(QueueName=tasks.unique("wire"), Attributes=attributes)["QueueUrl"]
        queue = f"https://{SERVER}:{server.port}/{queue.split('/', 3)[3]}"
        sqs.send_message(QueueUrl=queue, MessageBody=values["CANARY_8"])
        (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == values["CANARY_8"]
        bucket = tasks.unique("wire")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="o", Body=values["CANARY_9"].encode(), ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == values["CANARY_9"].encode()

        given = [{"name": name, "valueFrom": source} for name, source in sources.items()]
        script = "; ".join(f"[ ${{#{name}}} = 40 ] || exit 1" for name in sources) + "; " + FOREVER
        definition = tasks.register(server, image, execution_role=role, secrets=given, **sh(script))
        here = next(it for it in server.client("ecs").list_container_instances()["containerInstanceArns"] if it != host.instance)
        ecs = server.client("ecs")
        for instance in (host.instance, here):
            answer = ecs.start_task(taskDefinition=definition, containerInstances=[instance])
            (started,) = answer["tasks"]

            def described(arn=started["taskArn"]):
                found = ecs.describe_tasks(tasks=[arn])["tasks"][0]
                return found if found["lastStatus"] in ("RUNNING", "STOPPED") else None

            found = wait_for(described, 60, "a task with its secrets")
            assert found["lastStatus"] == "RUNNING", found["stoppedReason"]
        # What the search finds when it is there: a client that does not encrypt, and speech inside the other machine.
        urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health?{control}", timeout=5).read()
        loud = randomness.token_hex(20)
        host.inside("bash", "-c", f"echo {loud} > /dev/udp/127.0.0.1/9")
        wait_for(lambda: capture.found({"control": control.encode(), "loud": loud.encode()}) == {"control", "loud"}, 20, "the controls")
        capture.end()
        assert capture.dropped == 0 and capture.packets > 100 and capture.namespaces >= 3, vars(capture)
        assert capture.found(forms(values)) == set()
        spoken = {"control": control.encode(), "loud": loud.encode()}
        assert capture.found(spoken) == set(spoken)
    for task in ecs.list_tasks()["taskArns"]:
        ecs.stop_task(task=task)


def test_what_is_looked_for_is_found_in_all_its_forms():
    value = randomness.token_hex(20)
    for before in ("", "x", "xy", "xyz"):
        text = base64.b64encode(json.dumps({before: value}).encode())
        assert any(needle in text for needle in forms({"a": value}).values())
