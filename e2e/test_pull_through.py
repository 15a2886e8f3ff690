"""Pulls through the cache, from Debian's docker-registry and from another wharf, by skopeo, podman and tasks."""

import json
import signal
import subprocess

import pytest
import requests
from botocore.exceptions import ClientError

from harness import images, processes, tasks, tools, upstream
from harness.installation import Installation, Place
from harness.waiting import wait_for
from test_accounts import HOME, create
from test_registry import layout, random_layer
from test_sns import queue

MIB = 1 << 20


@pytest.fixture(scope="module")
def reaching():
    """An installation that may reach this machine."""
    with Installation(arguments=("--allow-egress", "127.0.0.0/8", "--allow-egress", "::1")) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def registry():
    with upstream.docker_registry() as host:
        yield host


def rule(wharf, host, **more):
    """A rule for a prefix of its own, which it returns."""
    prefix = tasks.unique("up")
    made = wharf.client("ecr").create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl=f"http://{host}", **more)
    assert made["upstreamRegistryUrl"] == f"http://{host}"
    return prefix


def pull(wharf, name, folder, keys=None, check=True):
    return images.skopeo_copy(wharf, f"docker://{wharf.registry}/{name}", f"oci:{folder}:it", keys=keys, check=check)


def recorded(wharf, name, tag):
    """The image, once all of it is here."""

    def look():
        ecr = wharf.client("ecr")
        try:
            return ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])["imageDetails"][0]
        except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
            return None

    return wait_for(look, 30, f"{name}:{tag}")


def test_the_first_pull_brings_an_image_that_stays_without_its_registry(reaching, tmp_path):
    with upstream.docker_registry() as host:
        digest = upstream.put(host, "busybox", "library/busybox", "1")
        prefix = rule(reaching, host)
        name = f"{prefix}/library/busybox"
        pull(reaching, f"{name}:1", tmp_path / "first")
        image = recorded(reaching, name, "1")
        assert image["imageDigest"] == digest
        assert image["lastRecordedPullTime"] == image["imagePushedAt"]
        valid = reaching.client("ecr").validate_pull_through_cache_rule(ecrRepositoryPrefix=prefix)
        assert valid["isValid"] is True, valid
    # The registry is gone.
    events, sqs, told = reaching.client("events"), reaching.client("sqs"), tasks.unique("told")
    pattern = {"source": ["aws.ecr"], "detail-type": ["ECR Pull Through Cache Action"], "detail": {"repository-name": [name]}}
    url, target = queue(reaching, events.put_rule(Name=told, EventPattern=json.dumps(pattern))["RuleArn"], service="events.amazonaws.com")
    events.put_targets(Rule=told, Targets=[{"Id": "q", "Arn": target}])
    pull(reaching, f"{name}:1", tmp_path / "second")
    pull(reaching, f"{name}@{digest}", tmp_path / "third")
    missing = requests.get(
        f"{reaching.endpoint}/v2/{name}/manifests/2", auth=("AWS", reaching.registry_password()), timeout=30
    )  # fmt: skip
    assert missing.status_code == 502 and "cannot be asked" in missing.text, missing.text
    (message,) = wait_for(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), 60, "the failure is told")
    event = json.loads(message["Body"])
    assert event["resources"] == [f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"]
    assert "cannot be asked" in event["detail"].pop("failure-reason")
    assert event["detail"] == {
        "rule-version": "1", "sync-status": "FAILED", "ecr-repository-prefix": prefix, "repository-name": name,
        "upstream-registry-url": f"http://{host}", "image-tag": "2", "failure-code": "UpstreamUnavailable",
    }  # fmt: skip
    valid = reaching.client("ecr").validate_pull_through_cache_rule(ecrRepositoryPrefix=prefix)
    assert valid["isValid"] is False and "cannot connect" in valid["failure"], valid


def test_podman_and_tasks_pull_through(reaching, registry, short_path):
    upstream.put(registry, "busybox", "tools/busybox", "1")
    prefix = rule(reaching, registry)
    uri = f"{reaching.registry}/{prefix}/tools/busybox:1"
    podman = ["podman", "--storage-driver", "vfs", "--root", short_path / "root", "--runroot", short_path / "run", "--tmpdir", short_path]
    tools.run(*podman, "pull", "--quiet", "--tls-verify=false", "--creds", f"AWS:{reaching.registry_password()}", uri)
    other = rule(reaching, registry, upstreamRepositoryPrefix="tools")
    role = tasks.execution_role(reaching)
    may = tasks.document(["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"])
    reaching.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="through", PolicyDocument=may)
    image = f"000000000000.dkr.ecr.{reaching.region}.amazonaws.com/{other}/busybox:1"
    task = tasks.run_script(reaching, image, "exit 3", execution_role=role)
    assert task.exit_code == 3, task.describe()
    recorded(reaching, f"{other}/busybox", "1")


def test_an_index_brings_the_image_of_the_machine(reaching, registry, tmp_path):
    digest = upstream.put(registry, "busybox", "many", "amd64")
    size = len(manifest(registry, "many", digest))
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": size}
    here = {"architecture": "amd64", "os": "linux"}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{**entry, "platform": here}]}
    put_manifest(registry, "many", "all", index)
    prefix = rule(reaching, registry)
    pull(reaching, f"{prefix}/many:all", tmp_path / "it")
    assert recorded(reaching, f"{prefix}/many", "all")["imageManifestMediaType"] == index["mediaType"]
    ecr = reaching.client("ecr")

    def both():
        found = ecr.describe_images(repositoryName=f"{prefix}/many")["imageDetails"]
        return found if len(found) == 2 else None

    index_size, image_size = (one["imageSizeInBytes"] for one in wait_for(both, 30, "the image of the index"))
    assert index_size == image_size > 0


def manifest(host, name, reference):
    return requests.get(f"http://{host}/v2/{name}/manifests/{reference}", timeout=10, headers={"accept": "*/*"}).content


def put_manifest(host, name, tag, content):
    answer = requests.put(
        f"http://{host}/v2/{name}/manifests/{tag}", json.dumps(content), headers={"content-type": content["mediaType"]}, timeout=10
    )
    assert answer.status_code == 201, answer.text


def user(wharf, *actions):
    """Keys of a user who may do that."""
    return tasks.user(wharf, tasks.document(list(actions)))[1]


PULL = ("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def test_pulls_need_leave_to_import(reaching, registry, tmp_path):
    upstream.put(registry, "busybox", "guarded", "1")
    prefix = rule(reaching, registry)
    name = f"{prefix}/guarded:1"
    for actions, missing in (
        (PULL, "ecr:BatchImportUpstreamImage"),
        ((*PULL, "ecr:BatchImportUpstreamImage"), "ecr:CreateRepository"),
    ):
        refused = pull(reaching, name, tmp_path / "refused", keys=user(reaching, *actions), check=False)
        assert refused.returncode != 0 and missing in refused.stderr, refused.stderr
    pull(reaching, name, tmp_path / "brought", keys=user(reaching, *PULL, "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"))
    recorded(reaching, f"{prefix}/guarded", "1")
    # What is here needs none.
    pull(reaching, name, tmp_path / "here", keys=user(reaching, *PULL))


def test_the_api_brings_images_too(reaching, registry):
    digest = upstream.put(registry, "busybox", "by-api", "1")
    prefix = rule(reaching, registry)
    wanted = {"repositoryName": f"{prefix}/by-api", "imageIds": [{"imageTag": "1"}, {"imageTag": "none"}]}
    with pytest.raises(ClientError, match="AccessDenied.*ecr:BatchImportUpstreamImage"):
        reaching.client("ecr", keys=user(reaching, *PULL)).batch_get_image(**wanted)
    ecr = reaching.client("ecr", keys=user(reaching, *PULL, "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"))
    got = ecr.batch_get_image(**wanted)
    assert [image["imageId"] for image in got["images"]] == [{"imageDigest": digest, "imageTag": "1"}]
    assert [failure["failureCode"] for failure in got["failures"]] == ["ImageNotFound"]
    assert recorded(reaching, f"{prefix}/by-api", "1")["imageDigest"] == digest
    # What is here needs no leave to import.
    layer = json.loads(got["images"][0]["imageManifest"])["layers"][0]
    plain = reaching.client("ecr", keys=user(reaching, *PULL))
    assert plain.batch_get_image(**wanted | {"imageIds": [{"imageTag": "1"}]})["images"][0]["imageId"]["imageDigest"] == digest
    url = plain.get_download_url_for_layer(repositoryName=f"{prefix}/by-api", layerDigest=layer["digest"])["downloadUrl"]
    assert len(requests.get(url, timeout=30).content) == layer["size"]


def test_a_login_comes_from_a_secret_and_goes_only_where_its_reader_says(reaching, wharf, tmp_path):
    name, secrets = tasks.unique("private"), reaching.client("secretsmanager")
    images.push(wharf, "busybox", name=name, tag="1")
    value = json.dumps({"username": "AWS", "accessToken": wharf.registry_password()})
    secret = secrets.create_secret(Name=f"ecr-pullthroughcache/{tasks.unique('wharf')}", SecretString=value)["ARN"]
    prefix = rule(reaching, wharf.registry, credentialArn=secret)
    pull(reaching, f"{prefix}/{name}:1", tmp_path / "it")
    recorded(reaching, f"{prefix}/{name}", "1")
    open_one = rule(reaching, wharf.registry)
    refused = pull(reaching, f"{open_one}/{name}:1", tmp_path / "refused", check=False)
    assert refused.returncode != 0 and "the rule has none" in refused.stderr, refused.stderr

    # Who may make rules may not therefore send secrets that they cannot read to a server of their own.
    theirs = reaching.client("ecr", user(reaching, "ecr:CreatePullThroughCacheRule"))
    with pytest.raises(ClientError) as closed:
        theirs.create_pull_through_cache_rule(ecrRepositoryPrefix="theirs", upstreamRegistryUrl="evil.example", credentialArn=secret)
    assert closed.value.response["Error"]["Code"] == "UnableToAccessSecretException"
    made = theirs.create_pull_through_cache_rule(ecrRepositoryPrefix="theirs", upstreamRegistryUrl="ghcr.io", credentialArn=secret)
    assert made["upstreamRegistry"] == "github-container-registry"

    # A new value counts from the next pull on.
    secrets.put_secret_value(SecretId=secret, SecretString=json.dumps({"username": "AWS", "accessToken": "wrong"}))
    images.push(wharf, "busybox", name=name, tag="2")
    refused = pull(reaching, f"{prefix}/{name}:2", tmp_path / "wrong", check=False)
    assert refused.returncode != 0 and "may not be asked" in refused.stderr, refused.stderr

    # So does another secret for the rule.
    other = secrets.create_secret(Name=f"ecr-pullthroughcache/{tasks.unique('wharf')}", SecretString=value)["ARN"]
    changed = reaching.client("ecr").update_pull_through_cache_rule(ecrRepositoryPrefix=prefix, credentialArn=other)
    assert (changed["credentialArn"], changed["ecrRepositoryPrefix"]) == (other, prefix)
    (shown,) = reaching.client("ecr").describe_pull_through_cache_rules(ecrRepositoryPrefixes=[prefix])["pullThroughCacheRules"]
    assert shown["credentialArn"] == other and shown["updatedAt"] > shown["createdAt"]
    pull(reaching, f"{prefix}/{name}:2", tmp_path / "right")
    recorded(reaching, f"{prefix}/{name}", "2")


def test_repositories_are_made_by_their_template(reaching, registry, tmp_path):
    upstream.put(registry, "busybox", "templated", "1")
    prefix, ecr = rule(reaching, registry), reaching.client("ecr")
    lifecycle = json.dumps({"rules": [{
        "rulePriority": 1, "action": {"type": "expire"},
        "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
    }]})  # fmt: skip
    ecr.create_repository_creation_template(
        prefix=prefix, appliedFor=["PULL_THROUGH_CACHE"], imageTagMutability="IMMUTABLE", lifecyclePolicy=lifecycle
    )
    pull(reaching, f"{prefix}/templated:1", tmp_path / "it")
    recorded(reaching, f"{prefix}/templated", "1")
    (made,) = ecr.describe_repositories(repositoryNames=[f"{prefix}/templated"])["repositories"]
    assert made["imageTagMutability"] == "IMMUTABLE"
    kept = ecr.get_lifecycle_policy(repositoryName=f"{prefix}/templated")["lifecyclePolicyText"]
    assert json.loads(kept) == json.loads(lifecycle)


def test_a_pull_that_a_kill_cut_short_is_done_by_the_next(reaching, registry, tmp_path):
    layer = tmp_path / "layer"
    plain = random_layer(layer, 32 * MIB)
    digest = upstream.put(registry, layout(tmp_path / "layout", layer, diff=plain), "large", "1")
    with upstream.Way(registry, 8 * MIB) as way:
        prefix = rule(reaching, way.host)
        name = f"{prefix}/large"
        login = ["--src-tls-verify=false", "--src-creds", f"AWS:{reaching.registry_password()}"]
        copy = ["skopeo", "copy", "--quiet", *login, f"docker://{reaching.registry}/{name}:1", f"oci:{tmp_path / 'cut'}:it"]
        with subprocess.Popen([str(part) for part in copy], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            assert way.held.wait(30), "nothing came"
            reaching.kill_child("server", signal.SIGKILL)
            way.open()
            client.wait(60)
        assert not reaching.client("ecr").list_images(repositoryName=name)["imageIds"]
        pull(reaching, f"{name}:1", tmp_path / "whole")
        assert recorded(reaching, name, "1")["imageDigest"] == digest
    pull(reaching, f"{name}@{digest}", tmp_path / "again")
    left = list((reaching.data / "server").rglob("*.once"))
    assert not left, left


def test_another_region_and_another_account_are_pulled_through(reaching, tmp_path):
    home, far = Place(reaching, "eu-north-1"), Place(reaching, "ap-south-1")
    name = tasks.unique("there")
    images.push(far, "busybox", name=name, tag="1")
    ecr, prefix = home.client("ecr"), tasks.unique("up")
    made = ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl=f"{HOME}.dkr.ecr.ap-south-1.amazonaws.com")
    assert made["upstreamRegistry"] == "ecr"
    pull(home, f"{prefix}/{name}:1", tmp_path / "region")
    recorded(home, f"{prefix}/{name}", "1")

    # Another account lets a role in by the policy of its repository.
    account, key = create(reaching, tasks.unique("upstream"))
    theirs = Place(reaching, "eu-north-1", key)
    images.push(theirs, "busybox", name=name, tag="1")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "pullthroughcache.ecr.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    read = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    iam, role = reaching.client("iam"), tasks.unique("reader")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=tasks.document(read))
    url, prefix = f"{account}.dkr.ecr.eu-north-1.amazonaws.com", tasks.unique("up")
    with pytest.raises(ClientError) as without:
        ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl=url)
    assert without.value.response["Error"]["Code"] == "InvalidParameterException"
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl=url, customRoleArn=arn)
    assert ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix=prefix)["isValid"] is True
    refused = pull(home, f"{prefix}/{name}:1", tmp_path / "refused", check=False)
    assert refused.returncode != 0 and "ecr:BatchGetImage" in refused.stderr, refused.stderr
    let_in = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": read}]}
    theirs.client("ecr").set_repository_policy(repositoryName=name, policyText=json.dumps(let_in))
    pull(home, f"{prefix}/{name}:1", tmp_path / "account")
    recorded(home, f"{prefix}/{name}", "1")


def test_what_the_command_line_says(reaching):
    prefix = tasks.unique("cli")
    reaching.aws("ecr", "create-pull-through-cache-rule", "--ecr-repository-prefix", prefix, "--upstream-registry-url", "quay.io")
    described = reaching.aws("ecr", "describe-pull-through-cache-rules", "--ecr-repository-prefixes", prefix)
    (shown,) = described["pullThroughCacheRules"]
    assert (shown["upstreamRegistry"], shown["upstreamRepositoryPrefix"]) == ("quay", "ROOT")
    reaching.aws("ecr", "delete-pull-through-cache-rule", "--ecr-repository-prefix", prefix)
    gone = reaching.aws("ecr", "delete-pull-through-cache-rule", "--ecr-repository-prefix", prefix, check=False)
    assert "PullThroughCacheRuleNotFoundException" in gone.stderr


def test_addresses_of_the_own_network_are_not_asked(wharf, registry, tmp_path):
    """`wharf` was started without --allow-egress."""
    refused = pull(wharf, f"{rule(wharf, registry)}/guarded:1", tmp_path / "it", check=False)
    assert refused.returncode != 0 and "--allow-egress" in refused.stderr, refused.stderr
    assert processes.alive(wharf.child("server"))
