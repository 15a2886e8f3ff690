"""Tasks start only images that the keys of an account's rules signed."""

import base64
import contextlib
import json
import subprocess

import pytest
from botocore.exceptions import ClientError

from harness import control, distribution, images, signing, tasks, upstream
from harness.installation import Installation
from harness.signing import Signer, attach
from harness.waiting import wait_for
from test_image_versions import digest_of
from test_services import Service, define


@pytest.fixture(scope="module")
def guarded():
    with Installation() as alone:
        yield alone.start()


@pytest.fixture
def ours(tmp_path):
    return Signer(tmp_path, "ours")


@pytest.fixture
def theirs(tmp_path):
    return Signer(tmp_path, "theirs")


@pytest.fixture
def rules(guarded):
    """Sets rules, which are gone after the test."""
    made = []

    def make(name, repository, *signers, arguments=()):
        keys = [word for signer in signers for word in ("--key", signer.public)]
        made.append(name)
        return guarded.run("admission", "set", name, "--repository", repository, *keys, *arguments).stdout

    yield make
    for name in dict.fromkeys(made):
        guarded.run("admission", "remove", name)


def pushed(wharf, image="busybox", prefix="prod"):
    """A repository with an unsigned image, by digest."""
    name = tasks.unique(prefix)
    uri = images.push(wharf, image, name=name, tag="1")
    return name, uri, digest_of(wharf, name), distribution.Registry(wharf, name)


def run(wharf, *uris):
    """What RunTask answers for a task with a container for each image."""
    containers = [
        {"name": f"c{number}", "image": uri, "memory": 32, "essential": number == 0, "command": ["true"]} for number, uri in enumerate(uris)
    ]
    ecs = wharf.client("ecs")
    made = ecs.register_task_definition(family=tasks.unique("signed"), containerDefinitions=containers)
    return ecs.run_task(taskDefinition=made["taskDefinition"]["taskDefinitionArn"])


def started(answer):
    assert answer["failures"] == [], answer["failures"]
    return answer["tasks"][0]


def ran_as(wharf, task, digest):
    """It ran by the digest that was verified."""
    ecs = wharf.client("ecs")

    def shown():
        (described,) = ecs.describe_tasks(tasks=[task])["tasks"]
        why = [described.get("stoppedReason"), *(container.get("reason") for container in described["containers"])]
        assert described.get("stopCode") in (None, "EssentialContainerExited"), why
        return described["containers"][0].get("imageDigest")

    assert wait_for(shown, 120, "the digest of what ran") == digest


def refused(answer):
    assert answer["tasks"] == []
    (failure,) = answer["failures"]
    assert failure["reason"] == "IMAGE_NOT_ADMITTED"
    return failure["detail"]


def test_without_rules_every_image_starts(guarded):
    assert "No rules" in guarded.run("admission", "list").stdout
    _, uri, _, _ = pushed(guarded)
    started(run(guarded, uri))


def test_an_image_that_openssl_signed_starts(guarded, rules, ours, theirs, tmp_path):
    """As the page about signatures writes them by hand."""
    _, uri, digest, registry = pushed(guarded)
    assert ours.fingerprint in rules("release", "prod*", ours)
    said = tmp_path / "said.json"
    kind = "cosign container image signature"
    said.write_text(json.dumps({"critical": {"image": {"docker-manifest-digest": digest}, "type": kind}}))
    signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", ours.file, said], check=True, capture_output=True).stdout
    annotations = {"dev.cosignproject.cosign/signature": base64.b64encode(signed).decode()}
    attach(registry, digest, [(signing.layer(signing.SIMPLE, said.read_bytes(), annotations), said.read_bytes())])
    ran_as(guarded, started(run(guarded, uri))["taskArn"], digest)
    rules("release", "prod*", theirs)
    detail = refused(run(guarded, uri))
    assert "release" in detail and theirs.fingerprint in detail and "another key" in detail and uri in detail


@pytest.mark.parametrize("kind", ["p256", "rsa"])
@pytest.mark.parametrize("form", ["tag", "referrer", "notation"])
def test_signatures_of_each_form_and_key(guarded, rules, tmp_path, kind, form):
    signer = Signer(tmp_path, "key", kind)
    _, uri, digest, registry = pushed(guarded)
    rules("release", "prod*", signer)
    assert "there is no signature" in refused(run(guarded, uri))
    match form:
        case "tag":
            attach(registry, digest, [signer.simple(digest)])
        case "referrer":
            attach(registry, digest, [signer.simple(digest)], "application/vnd.dev.cosign.artifact.sig.v1+json")
        case "notation":
            attach(registry, digest, [signer.notation(digest)], signing.NOTATION)
    started(run(guarded, uri))


def test_what_was_changed_or_is_about_another_image_does_not_count(guarded, rules, ours, theirs):
    _, uri, digest, registry = pushed(guarded)
    rules("release", "prod*", ours)
    layer, document = ours.simple(digest)
    signature = layer["annotations"]
    changed = document.replace(b"any", b"all")
    attach(registry, digest, [(signing.layer(signing.SIMPLE, changed, signature), changed)])
    assert "another key, or what was signed was changed" in refused(run(guarded, uri))
    # The right key, about something else.
    attach(registry, digest, [ours.simple("sha256:" + "b" * 64)])
    assert "about another image" in refused(run(guarded, uri))
    # The right words, by somebody else.
    attach(registry, digest, [theirs.simple(digest)])
    assert "another key" in refused(run(guarded, uri))
    # One that counts beside many that do not.
    attach(registry, digest, [theirs.simple(digest), ours.simple("sha256:" + "b" * 64), ours.simple(digest)])
    started(run(guarded, uri))


def test_a_signature_of_notation_expires(guarded, rules, ours):
    _, uri, digest, registry = pushed(guarded)
    rules("release", "prod*", ours)
    attach(registry, digest, [ours.notation(digest, "2020-01-01T00:00:00Z")], signing.NOTATION)
    assert "it expired" in refused(run(guarded, uri))
    attach(registry, digest, [ours.notation(digest, "2100-01-01T00:00:00Z")], signing.NOTATION)
    started(run(guarded, uri))


def test_an_unsigned_sidecar_keeps_the_task_from_starting(guarded, rules, ours):
    _, signed, digest, registry = pushed(guarded)
    _, sidecar, _, _ = pushed(guarded, "configured")
    attach(registry, digest, [ours.simple(digest)])
    rules("release", "prod*", ours)
    started(run(guarded, signed))
    detail = refused(run(guarded, signed, sidecar))
    assert "'c1'" in detail and sidecar in detail


def test_a_moved_tag_does_not_slip_by(guarded, rules, ours):
    name, uri, digest, registry = pushed(guarded)
    attach(registry, digest, [ours.simple(digest)])
    rules("release", "prod*", ours)
    started(run(guarded, uri))
    images.push(guarded, "configured", name=name, tag="1")
    assert "there is no signature" in refused(run(guarded, uri))
    # What was signed starts by its digest.
    started(run(guarded, f"{uri.rpartition(':')[0]}@{digest}"))


def test_repositories_that_no_rule_names_and_other_registries(guarded, rules, ours):
    _, uri, digest, registry = pushed(guarded, prefix="staging")
    attach(registry, digest, [ours.simple(digest)])
    rules("release", "prod*", ours)
    assert "no rule of admission names its repository" in refused(run(guarded, uri))
    with upstream.docker_registry() as host:
        upstream.put(host, "busybox", "team/app", "1")
        image = f"{host}/team/app:1"
        rules("far", f"{host}/*", ours)
        assert "not in a registry of the account" in refused(run(guarded, image))
        rules("far", f"{host}/*", arguments=["--unsigned"])
        started(run(guarded, image))
    # Other names of one repository are one repository.
    rules("staging", "staging*", ours)
    path = uri.partition("/")[2]
    for same in (f"127.0.0.1:{guarded.port}/{path}", f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{path}"):
        started(run(guarded, same))


def test_a_name_with_two_registries_leads_where_rules_judged_it(guarded, rules, ours):
    name, _, _, _ = pushed(guarded)
    far = "111111111111.dkr.ecr.us-east-1.amazonaws.com"
    rules("release", "prod*", ours)
    rules("shared", f"{far}/*", arguments=["--unsigned"])
    task = started(run(guarded, f"{far}/000000000000.dkr.ecr.us-east-1/{name}:1"))["taskArn"]

    def stopped():
        (described,) = guarded.client("ecs").describe_tasks(tasks=[task])["tasks"]
        return described if described["lastStatus"] == "STOPPED" else None

    ended = wait_for(stopped, 60, "the end of the task")
    assert ended["stopCode"] == "TaskFailedToStart" and "CannotPull" in ended["stoppedReason"], ended["stoppedReason"]
    assert "has no name" in refused(run(guarded, f"{far.replace('us-east', 'US-EAST')}/{name}:1"))


def test_every_rule_that_names_a_repository_must_be_met(guarded, rules, ours, theirs):
    _, uri, digest, registry = pushed(guarded)
    rules("release", "prod*", ours)
    rules("audit", "prod*", theirs)
    attach(registry, digest, [ours.simple(digest)])
    assert "'audit'" in refused(run(guarded, uri))
    attach(registry, digest, [ours.simple(digest), theirs.simple(digest)])
    started(run(guarded, uri))


def test_a_service_waits_for_a_signature_and_says_so(guarded, rules, ours):
    _, uri, digest, registry = pushed(guarded)
    rules("release", "prod*", ours)
    service = Service(guarded, define(guarded, uri), count=2)

    def said():
        return [text for text in service.events() if "is not admitted" in text and ours.fingerprint in text]

    wait_for(said, 30, "an event that says why")
    assert service.describe()["runningCount"] == 0 and not service.tasks()
    attach(registry, digest, [ours.simple(digest)])
    service.stable()
    # A rule that is not met any more stops nothing and starts nothing.
    guarded.run("admission", "remove", "release")
    rules("release", "other*", ours)
    assert service.describe()["runningCount"] == 2
    service.delete()


def test_a_kill_and_a_moved_tag_between_decision_and_start(guarded, rules, ours):
    name, uri, digest, registry = pushed(guarded)
    attach(registry, digest, [ours.simple(digest)])
    rules("release", "prod*", ours)
    task = started(run(guarded, uri))["taskArn"]
    guarded.kill_child("server")
    wait_for(guarded.healthy, 60, "the server")
    images.push(guarded, "configured", name=name, tag="1")
    ran_as(guarded, task, digest)


def test_rules_outlive_a_kill_and_are_in_the_audit_log(guarded, rules, ours):
    _, uri, _, _ = pushed(guarded)
    rules("release", "prod*", ours)
    guarded.kill_child("server")
    wait_for(guarded.healthy, 60, "the server")
    refused(run(guarded, uri))
    (rule,) = json.loads(guarded.run("admission", "list", "--json").stdout)["rules"]
    assert (rule["name"], rule["repositories"], rule["unsigned"]) == ("release", ["prod*"], False)
    assert rule["keys"][0]["fingerprint"] == ours.fingerprint
    trail = guarded.client("cloudtrail")

    def recorded():
        attributes = [{"AttributeKey": "EventName", "AttributeValue": "PutAdmissionRule"}]
        events = trail.lookup_events(LookupAttributes=attributes)["Events"]
        return [json.loads(event["CloudTrailEvent"])["requestParameters"] for event in events]

    assert any(asked["name"] == "release" for asked in wait_for(recorded, 30, "the audit log"))


def test_bad_rules_are_refused(guarded, ours):
    text = ours.public.read_text()

    def answer(**parameters):
        return control.call(guarded, "PutAdmissionRule", guarded.root, **parameters)

    for parameters, why in [
        ({"repositories": ["*"], "keys": [text]}, "name"),
        ({"name": "a b", "repositories": ["*"], "keys": [text]}, "name"),
        ({"name": "x", "repositories": [], "keys": [text]}, "repositories"),
        ({"name": "x", "repositories": ["A B"], "keys": [text]}, "repositories"),
        ({"name": "x", "repositories": ["*"]}, "keys"),
        ({"name": "x", "repositories": ["*"], "keys": [text], "unsigned": True}, "keys"),
        ({"name": "x", "repositories": ["*"], "keys": ["no key"]}, "PEM"),
        ({"name": "x", "repositories": ["*"], "keys": [text] * 11}, "keys"),
    ]:
        got = answer(**parameters)
        assert got.status_code == 400 and why in got.text, (parameters, got.text)
    assert control.call(guarded, "DeleteAdmissionRule", guarded.root, name="never").status_code == 400
    done = guarded.run("admission", "set", "x", "--repository", "*", "--key", ours.file, check=False)
    assert done.returncode != 0 and "PEM" in done.stderr
    other = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}
    _, stranger = tasks.user(guarded, json.dumps({"Version": "2012-10-17", "Statement": [other]}))
    denied = control.call(guarded, "PutAdmissionRule", stranger, name="x", repositories=["*"], keys=[text])
    assert denied.status_code == 400 and "wharf:PutAdmissionRule" in denied.text, denied.text
    with pytest.raises(ClientError, match="not authorized|AccessDenied"):
        guarded.client("ecs", keys=stranger).run_task(taskDefinition="x")
    assert guarded.run("admission", "list").stdout.startswith("No rules")


@pytest.fixture
def profile(guarded):
    """A signing profile of a new key, and the key."""
    name, made = (
        tasks.unique("profile").replace("-", "_"),
        guarded.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
    )
    key = made["KeyMetadata"]["Arn"]
    said = guarded.run("signing-profile", "create", name, "--key", key).stdout
    arn = f"arn:aws:signer:us-east-1:000000000000:/signing-profiles/{name}"
    assert arn in said and key in said
    yield name, arn, key
    ecr = guarded.client("ecr")
    with contextlib.suppress(ecr.exceptions.SigningConfigurationNotFoundException):
        ecr.delete_signing_configuration()
    guarded.run("signing-profile", "remove", name)


def configured(guarded, arn, *patterns):
    filters = [{"filter": pattern, "filterType": "WILDCARD_MATCH"} for pattern in patterns]
    rule = {"signingProfileArn": arn, **({"repositoryFilters": filters} if filters else {})}
    guarded.client("ecr").put_signing_configuration(signingConfiguration={"rules": [rule]})


def signing_status(guarded, name, tag="1"):
    """The one status of an image, once it is decided."""

    def decided():
        answer = guarded.client("ecr").describe_image_signing_status(repositoryName=name, imageId={"imageTag": tag})
        statuses = answer["signingStatuses"]
        return statuses if all(one["status"] != "IN_PROGRESS" for one in statuses) else None

    (status,) = wait_for(decided, 60, "the end of signing")
    return status


def test_what_is_pushed_is_signed_and_starts_where_only_that_may(guarded, rules, profile, tmp_path):
    name, arn, key = profile
    configured(guarded, arn, "prod*")
    signed, uri, digest, registry = pushed(guarded)
    _, other, _, _ = pushed(guarded, prefix="staging")
    assert signing_status(guarded, signed) == {"signingProfileArn": arn, "status": "COMPLETE"}
    # A verifier of its own: the certificate that is printed is of the key, signed itself, and the envelope is under it.
    certificate = tmp_path / "release.pem"
    certificate.write_text(guarded.run("signing-profile", "certificate", name).stdout)
    public = guarded.client("kms").get_public_key(KeyId=key)["PublicKey"]
    trusted = signing.Trusted(certificate.read_bytes(), public)
    (referrer,) = registry.ask("GET", f"referrers/{digest}").json()["manifests"]
    assert referrer["artifactType"] == signing.NOTATION
    assert json.loads(referrer["annotations"]["io.cncf.notary.x509chain.thumbprint#S256"]) == [trusted.thumbprint]
    artifact = registry.ask("GET", f"manifests/{referrer['digest']}", headers={"Accept": "*/*"}).json()
    assert artifact["subject"]["digest"] == digest
    (layer,) = artifact["layers"]
    assert layer["mediaType"] == "application/jose+json"
    target = trusted.verified(registry.ask("GET", f"blobs/{layer['digest']}").content)
    manifest = registry.ask("GET", f"manifests/{digest}", headers={"Accept": "*/*"}).content
    assert target == {"mediaType": signing.MANIFEST, "digest": digest, "size": len(manifest)}

    made = guarded.run("admission", "set", "release", "--repository", "*", "--key", certificate).stdout
    try:
        assert trusted.fingerprint in made
        ran_as(guarded, started(run(guarded, uri))["taskArn"], digest)
        assert "there is no signature" in refused(run(guarded, other))
    finally:
        guarded.run("admission", "remove", "release")


def test_a_key_that_is_disabled_signs_nothing_until_it_is_pushed_again(guarded, profile):
    _, arn, key = profile
    configured(guarded, arn)
    kms = guarded.client("kms")
    kms.disable_key(KeyId=key)
    name, _, _, registry = pushed(guarded)
    failed = signing_status(guarded, name)
    assert (failed["status"], failed["failureCode"]) == ("FAILED", "KmsError") and "is disabled" in failed["failureReason"]
    kms.enable_key(KeyId=key)
    guarded.kill_child("server")
    wait_for(guarded.healthy, 60, "the server")
    assert signing_status(guarded, name)["status"] == "FAILED"
    images.push(guarded, "busybox", name=name, tag="1")
    assert signing_status(guarded, name)["status"] == "COMPLETE"
    images.push(guarded, "busybox", name=name, tag="1")
    assert len(registry.ask("GET", f"referrers/{digest_of(guarded, name)}").json()["manifests"]) == 1


def test_whoever_may_not_sign_pushes_all_the_same(guarded, profile):
    _, arn, _ = profile
    configured(guarded, arn)
    name, uri, _, _ = pushed(guarded)
    signing_status(guarded, name)
    pushes = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}
    signs = {"Effect": "Allow", "Action": "signer:SignPayload", "Resource": arn}
    for tag, statements, expected in (("by-one", [pushes], "FAILED"), ("by-other", [pushes, signs], "COMPLETE")):
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        ecr = guarded.client("ecr", keys=tasks.user(guarded, policy)[1])
        manifest = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["images"][0]["imageManifest"]
        # Another image, of the same layers.
        text = json.dumps({**json.loads(manifest), "annotations": {"pushed": tag}})
        ecr.put_image(repositoryName=name, imageManifest=text, imageTag=tag)
        status = signing_status(guarded, name, tag)
        assert status["status"] == expected, status
        if expected == "FAILED":
            assert status["failureCode"] == "AccessDenied" and "signer:SignPayload" in status["failureReason"]


def test_configurations_and_profiles_that_make_no_sense(guarded, profile):
    name, arn, _ = profile
    ecr = guarded.client("ecr")
    with pytest.raises(ecr.exceptions.SigningConfigurationNotFoundException):
        ecr.get_signing_configuration()
    for wrong in (arn + "x", arn.replace("us-east-1", "eu-west-1"), arn.replace("000000000000", "111122223333")):
        with pytest.raises(ecr.exceptions.ValidationException, match="signing profile"):
            configured(guarded, wrong)
    for pattern in ("Prod", "a//b", "", "x" * 257):
        with pytest.raises(ClientError):
            configured(guarded, arn, pattern)
    configured(guarded, arn, "prod/*")
    shown = ecr.get_signing_configuration()
    assert shown["signingConfiguration"]["rules"][0]["repositoryFilters"] == [{"filter": "prod/*", "filterType": "WILDCARD_MATCH"}]
    keys = {}
    for spec, usage in (("ECC_NIST_P521", "SIGN_VERIFY"), ("RSA_2048", "ENCRYPT_DECRYPT"), ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")):
        keys[spec] = guarded.client("kms").create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    for asked in (
        (name, keys["RSA_2048"]),
        ("other", keys["ECC_NIST_P521"]),
        ("other", keys["RSA_2048"]),
        ("other", keys["SYMMETRIC_DEFAULT"]),
        ("a-b", "x"),
    ):
        answer = control.call(guarded, "CreateSigningProfile", guarded.root, name=asked[0], keyId=asked[1])
        assert answer.status_code == 400, (asked, answer.text)
    (listed,) = json.loads(guarded.run("signing-profile", "list", "--json").stdout)["profiles"]
    assert listed["arn"] == arn
