"""Keys are rotated while everything runs, and the keyring may lie outside the data folder, be on no disk, or
have a passphrase."""

import base64
import hmac
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from harness import disk, images, joining, processes, sealed, tasks, tools
from harness.installation import Installation, Keys
from harness.waiting import wait_for
from test_acm import Balancer, issued, request

pytestmark = pytest.mark.minutes(1.5)

ADDRESS = "127.0.0.2"
DEADLINE_S = 60


def keys(wharf):
    rows = wharf.run("keys", "list").stdout.splitlines()[1:]
    rows = [row.split() for row in rows[: rows.index("")]]
    return {key: (active == "yes", int(secrets) + int(images)) for key, _, active, secrets, images in rows}


def test_the_keyring_is_rotated_online(unstarted):
    wharf = unstarted().start()
    iam = wharf.client("iam")
    iam.create_user(UserName="alice")
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    session = wharf.client("sts").get_session_token()["Credentials"]
    before = keys(wharf)
    assert len(before) == 1 and next(iter(before.values()))[1] >= 2
    # Files of images count too.
    images.push(wharf, "busybox")
    stored = len(list((wharf.data / "server" / "blobs" / "sha256").rglob("*.sealed")))
    (sealed_before,) = [count for _, count in keys(wharf).values()]
    assert stored >= 3 and sealed_before == next(iter(before.values()))[1] + stored
    said = tools.run(tools.wharf(), "keys", "rotate", "keyring", "--data", wharf.data).stdout
    after = keys(wharf)
    (active,) = (id for id, (is_active, _) in after.items() if is_active)
    assert active in said and active not in before and len(after) == 2
    # Every stored secret is under the new key, and opens.
    assert [count for id, (_, count) in after.items() if id != active] == [0]
    assert after[active][1] == sealed_before
    arn = wharf.client("sts", alice).get_caller_identity()["Arn"]
    assert arn.endswith(":user/alice")
    # What was handed out before counts on.
    assert wharf.client("sts", Keys.of_session(session)).get_caller_identity()["Account"]
    refused = tools.run(tools.wharf(), "keys", "retire", "--data", wharf.data, check=False)
    assert refused.returncode != 0 and "48 hours" in refused.stderr
    tools.run(tools.wharf(), "keys", "retire", "--now", "--data", wharf.data)
    assert list(keys(wharf)) == [active]
    with pytest.raises(ClientError):
        wharf.client("sts", Keys.of_session(session)).get_caller_identity()
    # With the new key alone everything opens after a restart too.
    wharf.down()
    wharf.start()
    assert wharf.client("sts", alice).get_caller_identity()["Arn"] == arn
    image = images.push(wharf, "busybox")
    assert tasks.run_script(wharf, image, "exit 3").exit_code == 3


def test_what_services_keep_sealed_opens_when_its_key_is_gone(unstarted):
    wharf = unstarted().start()
    s3, iam, sqs = (wharf.client(name) for name in ("s3", "iam", "sqs"))
    kms, secrets, ssm = (wharf.client(name) for name in ("kms", "secretsmanager", "ssm"))
    s3.create_bucket(Bucket="small")
    s3.put_object(Bucket="small", Key="it", Body=b"in a pack")
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="first-Word1")
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    iam.update_account_password_policy(PasswordReusePrevention=3, AllowUsersToChangePassword=True)
    wharf.client("iam", alice).change_password(OldPassword="first-Word1", NewPassword="second-Word2")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    queue = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="work")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"plain")["CiphertextBlob"]
    secrets.create_secret(Name="db", SecretString="hush")
    ssm.put_parameter(Name="pin", Value="1234", Type="SecureString")
    log_into_a_bucket(wharf, "small")

    wharf.run("keys", "rotate", "keyring")
    assert [count for active, count in keys(wharf).values() if not active] == [0]
    wharf.run("keys", "retire", "--now")
    wharf.down()
    wharf.start()
    assert s3.get_object(Bucket="small", Key="it")["Body"].read() == b"in a pack"
    # The hash of the password, and of the one before it.
    as_alice = wharf.client("iam", alice)
    with pytest.raises(ClientError) as error:
        as_alice.change_password(OldPassword="second-Word2", NewPassword="first-Word1")
    assert error.value.response["Error"]["Code"] == "PasswordPolicyViolation"
    as_alice.change_password(OldPassword="second-Word2", NewPassword="third-Word3")
    codes = [totp(seed, time.time() + offset) for offset in (-30, 0)]
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes[0],
        AuthenticationCode2=codes[1],
    )
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "work"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"plain"
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "hush"
    assert ssm.get_parameter(Name="pin", WithDecryption=True)["Parameter"]["Value"] == "1234"
    wait_for(lambda: "Contents" in s3.list_objects_v2(Bucket="small", Prefix="AWSLogs/"), DEADLINE_S, "the logs that waited")


def log_into_a_bucket(wharf, bucket):
    """A bus logs of an event; that waits some seconds for more, to be a file."""
    events, logs = wharf.client("events"), wharf.client("logs")
    bus = events.create_event_bus(Name="shop", LogConfig={"Level": "INFO"})["EventBusArn"]
    write = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": bus.split(":")[4]}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [write]})
    wharf.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    logs.put_delivery_source(name="shop", resourceArn=bus, logType="INFO_LOGS")
    target = {"destinationResourceArn": f"arn:aws:s3:::{bucket}"}
    made = logs.put_delivery_destination(name="shop", deliveryDestinationConfiguration=target)
    logs.create_delivery(deliverySourceName="shop", deliveryDestinationArn=made["deliveryDestination"]["arn"])
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}", "EventBusName": "shop"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0


def totp(seed, now):
    mac = hmac.digest(base64.b32decode(seed), int(now // 30).to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def test_roots_key_is_rotated(unstarted):
    wharf = unstarted().start()
    before = wharf.root
    tools.run(tools.wharf(), "keys", "rotate", "root", "--data", wharf.data)
    with pytest.raises(ClientError) as error:
        wharf.client("sts", before).get_caller_identity()
    assert error.value.response["Error"]["Code"] == "InvalidClientTokenId"
    said = tools.run(tools.wharf(), "env", "--data", wharf.data).stdout
    assert before.access_key not in said and "AKIA" in said
    assert tools.run(tools.wharf(), "status", "--data", wharf.data).returncode == 0


def test_the_keyring_lies_outside_the_data_folder(unstarted, tmp_path):
    elsewhere = tmp_path / "keys" / "keyring"
    wharf = unstarted(arguments=["--keyring-file", elsewhere]).start(node=False)
    assert elsewhere.exists() and not (wharf.data / "keyring").exists()
    account = wharf.client("sts").get_caller_identity()["Account"]
    # Commands find it by themselves, and so does the next start.
    assert tools.run(tools.wharf(), "status", "--data", wharf.data).returncode == 0
    wharf.down()
    wharf.arguments = ()
    wharf.start(node=False)
    assert wharf.client("sts").get_caller_identity()["Account"] == account
    # A copy of the data folder alone gives no secret.
    copied = tmp_path / "copy"
    shutil.copytree(wharf.data / "server", copied / "server", ignore=shutil.ignore_patterns("lock"))
    shutil.copy(wharf.data / "settings.json", copied / "settings.json")
    moved = elsewhere.rename(tmp_path / "moved")
    done = tools.run(tools.wharf(), "env", "--data", copied, check=False)
    assert done.returncode != 0 and "AKIA" not in done.stdout
    if elsewhere.exists():
        elsewhere.unlink()
    moved.rename(elsewhere)


def rotate(wharf, key):
    return wharf.run("keys", "rotate", key).stdout


def refusal(wharf, *arguments):
    done = wharf.run("keys", *arguments, check=False)
    assert done.returncode != 0, done.stdout
    return done.stderr


@pytest.fixture(scope="module")
def listening():
    """An installation that nodes of other machines reach."""
    with Installation(arguments=["--listen", ADDRESS]) as alone:
        yield alone.start()


def connected(wharf, node):
    found = wharf.client("ecs").describe_container_instances(containerInstances=[node.arn])["containerInstances"]
    return found[0]["agentConnected"]


def trusted(node):
    """Certificates of authorities that a node trusts."""
    return (pathlib.Path(node.data) / "node" / "ca.pem").read_text().count("BEGIN CERTIFICATE")


def test_nodes_learn_of_another_authority_over_their_connections(listening):
    wharf = listening
    early, late, over = (joining.token(wharf) for _ in range(3))
    with joining.Joined(wharf, ADDRESS) as present, joining.Joined(wharf, ADDRESS, spent=early) as away:
        assert sealed.is_sealed(present.identity_file)
        assert "no authority to retire" in refusal(wharf, "retire", "nodes")
        name = away.name
        away.stop()
        assert "Rotated." in rotate(wharf, "nodes")
        assert "has not ended" in refusal(wharf, "rotate", "nodes")
        # Within seconds, not with the next renewal.
        wait_for(lambda: trusted(present) == 2, DEADLINE_S, "the node that learns")
        wait_for(lambda: "1 do not trust it yet" in wharf.run("keys", "list").stdout, DEADLINE_S, "the node that says so")
        refused = refusal(wharf, "retire", "nodes")
        assert name in refused and "--now" in refused and present.name not in refused
        wharf.kill_child("server")
        assert name in refusal(wharf, "retire", "nodes"), "the rotation goes on where it was"
        # A token from before is good until the retirement, and who was away comes back.
        with joining.Joined(wharf, ADDRESS, spent=late) as joined:
            away.start()
            for node in (joined, away):
                wait_for(lambda node=node: trusted(node) == 2, DEADLINE_S, "a node that learns")
            wait_for(lambda: "all trust it" in wharf.run("keys", "list").stdout, DEADLINE_S, "all nodes")
            said = wharf.run("keys", "retire", "nodes").stdout
            assert "1 authority" in said and "Locked out" not in said
            for node in (present, away, joined):
                wait_for(lambda node=node: trusted(node) == 1, DEADLINE_S, "a node that forgets the authority before")
            wharf.run("node", "remove", joined.name)
        # With new connections all stay.
        wharf.kill_child("server")
        for node in (present, away):
            wait_for(lambda node=node: connected(wharf, node), DEADLINE_S, "a node")
        wharf.wait_node()
        assert (
            "make a new token"
            in tools.run(
                *joining.command(wharf, ADDRESS, wharf.data.with_suffix(".none")), env=joining.environment(over), check=False
            ).stderr
        )
        shutil.rmtree(wharf.data.with_suffix(".none"), ignore_errors=True)

        # A second time, and who does not come is locked out by name.
        name = away.name
        away.stop()
        rotate(wharf, "nodes")
        wait_for(lambda: trusted(present) == 2, DEADLINE_S, "the node that learns again")
        wait_for(lambda: "1 do not trust it yet" in wharf.run("keys", "list").stdout, DEADLINE_S, "the node that says so")
        unasked = refusal(wharf, "retire", "nodes", "--now")
        assert name in unasked and "--yes" in unasked
        assert name in wharf.run("keys", "retire", "nodes", "--now", "--yes").stdout
        away.start()
        wait_for(lambda: "no encrypted connection" in away.log, DEADLINE_S, "the refusal of the server that is not trusted")
        wait_for(lambda: not connected(wharf, away), DEADLINE_S, "the end of its connection, which nothing follows")
        away.stop()
        away.identity_file.unlink()
        away.token = joining.token(wharf)
        away.start()
        wait_for(lambda: away.identity_file.exists() and away.name != name, DEADLINE_S, "the node that joined anew")
        wharf.run("node", "remove", name)

        def is_back():
            nodes = json.loads(wharf.run("node", "list", "--json").stdout)["nodes"]
            return any(one["connected"] for node in nodes if node["name"] == away.name for one in node["instances"])

        wait_for(is_back, DEADLINE_S, "the node that joined anew at work")


def test_certificates_follow_another_authority(listening, tmp_path):
    wharf, acm, balancer = listening, listening.client("acm"), Balancer(listening)
    assert "no authority yet" in refusal(wharf, "rotate", "certificates")

    def authorities():
        text = wharf.run("ca").stdout
        return [part + "-----END CERTIFICATE-----\n" for part in text.split("-----END CERTIFICATE-----\n") if part.strip()]

    def kept(name, pem):
        (tmp_path / name).write_text(pem)
        return tmp_path / name

    arn = issued(acm, request(acm, balancer.name))
    unused = issued(acm, request(acm, "unused.example.com"))
    balancer.listener(arn)
    (before,) = authorities()
    before = kept("before.pem", before)
    assert balancer.curl(before) == ["hello", "2"]
    assert "no authority to retire" in refusal(wharf, "retire", "certificates")
    first = balancer.serial()
    assert "signs from now on" in rotate(wharf, "certificates")
    wharf.kill_child("server")
    now, shown_before = authorities()
    assert shown_before == before.read_text() and now != shown_before
    now = kept("now.pem", now)
    # Clients that trust the new one alone see the listener's certificate change.
    assert balancer.curl(now) == ["hello", "2"]
    assert balancer.serial() != first
    wait_for(lambda: wharf.run("keys", "retire", "certificates", check=False).returncode == 0, DEADLINE_S, "the renewal of all")
    assert authorities() == [now.read_text()]
    for renewed in (arn, unused):
        chain = acm.get_certificate(CertificateArn=renewed)["CertificateChain"]
        assert chain.strip() == now.read_text().strip()
    state = wharf.data / "node" / "load-balancer-plane.json"
    assert sealed.is_sealed(state) and b"PRIVATE KEY" not in state.read_bytes()
    assert b"PRIVATE KEY" in sealed.opened(state, wharf.data / "node-keyring", "node/plane/load-balancer")
    balancer.close()


def test_nodes_that_did_not_renew_are_named_before_they_are_locked_out(listening):
    wharf = listening
    with joining.Joined(wharf, ADDRESS) as node:
        name = node.name
        rotate(wharf, "keyring")
        unasked = refusal(wharf, "retire", "--now")
        assert name in unasked and "--yes" in unasked and len(keys(wharf)) == 2
        # A person is asked.
        for answer, over in ((b"n\n", False), (b"y\n", True)):
            said = on_terminal(answer, tools.wharf(), "keys", "retire", "--now", "--data", wharf.data)
            assert name in said and "Go on?" in said
            assert (len(keys(wharf)) == 1) == over, said
        with pytest.raises(ClientError):
            wharf.client("sts", node.keys).get_caller_identity()
        wharf.run("node", "remove", name)


def on_terminal(answer, *command):
    """What a command says to a person who answers so."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = [str(part) for part in command]
        os.execv(command[0], command)
    said = b""
    try:
        while b"?" not in said and b": " not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, answer)
        while True:
            said += os.read(terminal, 4096)
    except OSError:
        # The end of the other side.
        pass
    os.waitpid(pid, 0)
    os.close(terminal)
    return said.decode()


def test_rotations_that_are_killed_are_finished(unstarted):
    wharf = unstarted().start(node=False)
    iam, acm = wharf.client("iam"), wharf.client("acm")
    secrets = {}
    for number in range(60):
        iam.create_user(UserName=f"user-{number}")
        made = iam.create_access_key(UserName=f"user-{number}")["AccessKey"]
        secrets[number] = Keys.of_user(made)
    issued(acm, request(acm, "killed.example.com"))
    for number, key in enumerate(("keyring", "nodes", "certificates", "root", "keyring")):
        command = [tools.wharf(), "keys", "rotate", key, "--data", wharf.data]
        rotation = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.05 + 0.02 * number)
        processes.kill(wharf.child("server"), signal.SIGKILL)
        rotation.wait(DEADLINE_S)
        wait_for(wharf.healthy, DEADLINE_S, "the server")

        def all_sealed():
            rows = keys(wharf)
            (active,) = (id for id, (is_active, _) in rows.items() if is_active)
            return sum(count for id, (_, count) in rows.items() if id != active) == 0

        wait_for(all_sealed, DEADLINE_S, f"secrets under one key after the rotation of {key}")
    wharf.__dict__.pop("exports", None)
    # Whatever came through, the next try goes on from there.
    listed = wharf.run("keys", "list").stdout
    if "next;" not in listed:
        rotate(wharf, "nodes")
    wharf.run("keys", "retire", "nodes")
    if "trusted" not in listed:
        rotate(wharf, "certificates")
    wait_for(lambda: wharf.run("keys", "retire", "certificates", check=False).returncode == 0, DEADLINE_S, "the renewal of all")
    rotate(wharf, "keyring")
    wharf.run("keys", "retire", "--now")
    assert len(keys(wharf)) == 1
    for number in (0, 31, 59):
        assert wharf.client("sts", secrets[number]).get_caller_identity()["Arn"].endswith(f"user-{number}")
    assert wharf.run("status").returncode == 0


def key_material(document):
    """What must be found nowhere: each key in base 64, in hexadecimal and as it is."""
    for key in json.loads(document)["keys"]:
        raw = base64.b64decode(key["key"])
        yield from (key["key"].encode(), raw.hex().encode(), raw)


def seen_by_others(needle):
    """Processes with a text in their arguments or environment."""
    found = []
    for pid in processes.all_pids():
        for name in ("cmdline", "environ"):
            try:
                content = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:
                continue
            found += [pid] if needle in content else []
    return found


def secret_file(path, text):
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def test_a_passphrase_protects_the_keyring(unstarted, tmp_path):
    one, two = "correct-horse-battery-staple", "another-long-passphrase"
    first, second = secret_file(tmp_path / "first", one + "\n"), secret_file(tmp_path / "second", two)
    wharf = unstarted(arguments=["--keyring-passphrase-file", first])
    wharf.keyring = ("--keyring-passphrase-file", first)
    wharf.start()
    # Kept in memory, for the server that comes next too.
    wharf.kill_child("server")
    assert wharf.run("status").returncode == 0
    refused = tools.run(tools.wharf(), "env", "--data", wharf.data, check=False)
    assert refused.returncode != 0 and "--keyring-passphrase-file" in refused.stderr and "AKIA" not in refused.stdout
    wharf.keyring = ("--keyring-passphrase-file", second)
    refused = wharf.run("env", check=False)
    assert refused.returncode != 0 and "the passphrase is not that of" in refused.stderr
    wharf.keyring = ("--keyring-passphrase-file", first)
    asked = on_terminal(one.encode() + b"\n", tools.wharf(), "env", "--data", wharf.data)
    assert "Passphrase of keyring" in asked and "AKIA" in asked and one not in asked
    rotate(wharf, "keyring")
    wharf.run("keys", "retire", "--now")
    running = wharf.run("keys", "passphrase", "--new-passphrase-file", second, check=False)
    assert running.returncode != 0 and "in use" in running.stderr
    image = images.push(wharf, "busybox")
    assert tasks.run_script(wharf, image, "exit 3").exit_code == 3
    for text in (one, two):
        assert not seen_by_others(text.encode())
        assert not disk.files_with(wharf.data, text.encode()) and text not in wharf.output.text
    assert "scrypt" in (wharf.data / "keyring").read_text()
    assert not (wharf.data / "node-keyring").exists(), "that of the node is in memory alone"
    wharf.down()

    others = secret_file(tmp_path / "others", two)
    others.chmod(0o644)
    assert "others may read" in wharf.run("keys", "passphrase", "--new-passphrase-file", others, check=False).stderr
    wharf.run("keys", "passphrase", "--new-passphrase-file", second)
    assert "not that of" in wharf.run("env", check=False).stderr
    wharf.launch()
    wharf.process.wait(DEADLINE_S)
    assert wharf.process.returncode != 0
    wait_for(lambda: "the passphrase is not that of" in wharf.output.text, DEADLINE_S, "the reason")
    wharf.keyring = ("--keyring-passphrase-file", second)
    wharf.run("keys", "passphrase", "--remove")
    wharf.keyring, wharf.arguments = (), ()
    wharf.start(node=False)
    assert wharf.client("sts").get_caller_identity()["Account"]


def test_a_keyring_from_a_descriptor_is_on_no_disk(unstarted, tmp_path):
    document = tools.run(tools.wharf(), "keys", "new").stdout
    other = secret_file(tmp_path / "other", tools.run(tools.wharf(), "keys", "new").stdout)
    kept = secret_file(tmp_path / "kept", document)
    under = ("bash", "-c", 'exec "${@:2}" 3< "$1"', "bash", kept)
    wharf = unstarted(arguments=["--keyring-fd", "3"], under=under)
    wharf.keyring = ("--keyring-fd", "3")
    wharf.start()
    made = wharf.client("iam").create_access_key()["AccessKey"]
    wharf.kill_child("server")
    wharf.kill_child("node")
    wharf.wait_node()
    assert "cannot be written" in refusal(wharf, "rotate", "keyring")
    assert "cannot be written" in refusal(wharf, "retire", "--now")
    rotate(wharf, "nodes")
    wharf.run("keys", "retire", "nodes")
    plain = tools.run(tools.wharf(), "env", "--data", wharf.data, check=False)
    assert plain.returncode != 0 and "--keyring-fd" in plain.stderr and "AKIA" not in plain.stdout
    for bad, said in (("/dev/null", "holds no keyring"), (other, "was sealed by another keyring")):
        under_bad = (*under[:-1], bad)
        done = tools.run(*under_bad, tools.wharf(), "env", "--data", wharf.data, "--keyring-fd", "3", check=False)
        assert done.returncode != 0 and said in done.stderr, done.stderr
    none = tools.run(tools.wharf(), "env", "--data", wharf.data, "--keyring-fd", "17", check=False)
    assert none.returncode != 0 and "descriptor 17" in none.stderr
    backup = wharf.run("backup", tmp_path / "backup").stdout
    assert "descriptor" in backup
    needles = [*key_material(document), made["SecretAccessKey"].encode()]
    assert not disk.files_with(wharf.data, *needles) and not disk.files_with(tmp_path / "backup", *needles)
    assert not any(seen_by_others(needle) for needle in needles)
    assert not (wharf.data / "keyring").exists() and not (wharf.data / "node-keyring").exists()
    assert made["SecretAccessKey"] not in wharf.output.text
    wharf.down()
    # Without it nothing starts; with it everything is there, restored too.
    wharf.under, wharf.arguments = (), ()
    wharf.launch()
    wharf.process.wait(DEADLINE_S)
    wait_for(lambda: "--keyring-fd" in wharf.output.text, DEADLINE_S, "how to give it")
    wharf.under, wharf.arguments = under, ("--keyring-fd", "3")
    wharf.run("restore", tmp_path / "backup", "--replace")
    wharf.start(node=False)
    assert wharf.client("sts", Keys.of_user(made)).get_caller_identity()["Account"]
