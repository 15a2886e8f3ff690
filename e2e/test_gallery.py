"""The public gallery as stock clients see it: aws, boto3, docker, podman, skopeo, and tasks."""

import base64
import hashlib
import json
import os
import subprocess

import botocore.config
import pytest
import requests
from botocore.exceptions import ClientError

from harness import disk, images, tasks, tools
from harness.docker import Docker
from harness.installation import Installation, Keys
from harness.waiting import wait_for
from test_registry import MIB, layout, random_layer

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def repository(wharf, prefix="public", **more):
    """A public repository; its name and URI."""
    name = tasks.unique(prefix)
    made = wharf.client("ecr-public").create_repository(repositoryName=name, **more)["repository"]
    return name, made["repositoryUri"]


def password(wharf, keys=None):
    data = wharf.client("ecr-public", keys).get_authorization_token()["authorizationData"]
    return base64.b64decode(data["authorizationToken"]).decode().split(":", 1)[1]


def push(wharf, uri, tag="1", image="busybox", login=None, check=True):
    return tools.run(
        "skopeo", "copy", "--quiet", "--preserve-digests", "--dest-tls-verify=false", "--dest-creds", f"AWS:{login or password(wharf)}",
        f"oci-archive:{tools.image_archive(image)}", f"docker://{uri}:{tag}", check=check, timeout_s=300,
    )  # fmt: skip


@pytest.fixture
def nobody(tmp_path):
    """The environment of somebody who never logged in anywhere."""
    logins = tmp_path / "auth.json"
    logins.write_text("{}")
    return {"REGISTRY_AUTH_FILE": str(logins)}


def pull(uri, target, environment, tag="1", check=True):
    return tools.run(
        "skopeo", "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false", f"docker://{uri}:{tag}", f"oci:{target}:it",
        env=os.environ | environment, check=check, timeout_s=300,
    )  # fmt: skip


# Repositories


def test_a_repository_through_the_aws_cli(wharf):
    name = tasks.unique("cli")

    def public(*arguments, **options):
        return wharf.aws("ecr-public", *arguments, "--region", "us-east-1", **options)

    data = json.dumps({"description": "of a test", "architectures": ["x86-64"], "operatingSystems": ["Linux"]})
    made = public("create-repository", "--repository-name", name, "--catalog-data", data, "--tags", "Key=a,Value=b")
    alias = public("describe-registries")["registries"][0]["aliases"][0]["name"]
    assert made["repository"]["repositoryUri"] == f"{wharf.registry}/public.ecr.aws/{alias}/{name}"
    assert made["repository"]["repositoryArn"] == f"arn:aws:ecr-public::000000000000:repository/{name}"
    assert made["catalogData"]["description"] == "of a test"
    catalog = public("get-repository-catalog-data", "--repository-name", name)["catalogData"]
    assert (catalog["description"], catalog["architectures"], catalog["operatingSystems"]) == ("of a test", ["x86-64"], ["Linux"])
    named = public("put-registry-catalog-data", "--display-name", "those of a test")["registryCatalogData"]
    assert public("get-registry-catalog-data")["registryCatalogData"] == named == {"displayName": "those of a test"}
    arn = made["repository"]["repositoryArn"]
    assert public("list-tags-for-resource", "--resource-arn", arn)["tags"] == [{"Key": "a", "Value": "b"}]
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "a", "Values": ["b"]}])
    assert arn in [it["ResourceARN"] for it in tagged["ResourceTagMappingList"]]
    assert name in [it["repositoryName"] for it in public("describe-repositories")["repositories"]]
    public("delete-repository", "--repository-name", name)
    refused = public("describe-repositories", "--repository-names", name, check=False)
    assert "RepositoryNotFoundException" in refused.stderr


def test_a_private_repository_of_the_name_is_another(wharf):
    name, uri = repository(wharf)
    private = images.ensure_repository(wharf, name)
    assert private != uri
    push(wharf, uri)
    assert wharf.client("ecr").describe_images(repositoryName=name)["imageDetails"] == []
    wharf.client("ecr").delete_repository(repositoryName=name)
    assert len(wharf.client("ecr-public").describe_images(repositoryName=name)["imageDetails"]) == 1


def test_a_logo_is_anybodys(wharf):
    public = wharf.client("ecr-public")
    name, _ = repository(wharf)
    data = public.put_repository_catalog_data(repositoryName=name, catalogData={"logoImageBlob": PNG})["catalogData"]
    shown = requests.get(data["logoUrl"], timeout=10)
    assert (shown.status_code, shown.content, shown.headers["Content-Type"]) == (200, PNG, "image/png")
    public.delete_repository(repositoryName=name)
    assert requests.get(data["logoUrl"], timeout=10).status_code == 404


def test_other_regions_say_where_the_gallery_is(wharf):
    with pytest.raises(ClientError) as refused:
        wharf.client("ecr-public", region="eu-west-1").describe_registries()
    error = refused.value.response["Error"]
    assert (error["Code"], "us-east-1" in error["Message"]) == ("UnsupportedCommandException", True)


BAD = [
    ("CreateRepository", {"repositoryName": "UPPER"}, "InvalidParameterException", "must satisfy regular expression"),
    ("CreateRepository", {"repositoryName": "a" * 206}, "InvalidParameterException", "less than or equal to 205"),
    ("CreateRepository", {"repositoryName": "../x"}, "InvalidParameterException", "must satisfy regular expression"),
    ("DescribeRepositories", {"repositoryNames": ["nothing"]}, "RepositoryNotFoundException", "The repository with name 'nothing' does not exist in the registry with id '000000000000'"),
    ("DescribeImages", {"repositoryName": "nothing"}, "RepositoryNotFoundException", "does not exist"),
    ("DescribeRepositories", {"nextToken": "x"}, "InvalidParameterException", "the token is not of this listing"),
    ("GetRepositoryPolicy", {"repositoryName": "nothing"}, "RepositoryNotFoundException", "does not exist"),
    ("PutImage", {"repositoryName": "nothing", "imageManifest": "{}"}, "RepositoryNotFoundException", "does not exist"),
    ("PutImage", {"registryId": "nobody", "repositoryName": "nothing", "imageManifest": "{}"}, "RegistryNotFoundException", "nobody"),
    ("ListTagsForResource", {"resourceArn": "arn:aws:ecr:us-east-1:000000000000:repository/x"}, "InvalidParameterException", "must be the ARN of a public repository"),
    ("UploadLayerPart", {"repositoryName": "nothing", "uploadId": "x", "partFirstByte": 0, "partLastByte": 1, "layerPartBlob": b"ab"}, "InvalidParameterException", "must satisfy regular expression"),
]  # fmt: skip


@pytest.mark.parametrize("operation, given, code, text", BAD)
def test_bad_input_has_the_words_of_aws(wharf, operation, given, code, text):
    client = wharf.client("ecr-public")
    client.meta.config.merge(botocore.config.Config(parameter_validation=False))
    with pytest.raises(ClientError) as refused:
        client._make_api_call(operation, given)
    error = refused.value.response["Error"]
    assert error["Code"] == code and text in error["Message"], error


# Pushes and pulls


def test_skopeo_pushes_with_a_login_and_pulls_without(wharf, nobody, tmp_path):
    name, uri = repository(wharf)
    push(wharf, uri)
    pull(uri, tmp_path / "back", nobody)
    want = json.loads(tools.run("skopeo", "inspect", f"oci-archive:{tools.image_archive('busybox')}").stdout)
    got = json.loads(tools.run("skopeo", "inspect", f"oci:{tmp_path / 'back'}:it").stdout)
    assert got["Layers"] == want["Layers"]
    (tag,) = wharf.client("ecr-public").describe_image_tags(repositoryName=name)["imageTagDetails"]
    assert (tag["imageTag"], tag["imageDetail"]["imageDigest"]) == ("1", want["Digest"])
    # A password of the private registry is as good, and one of the gallery is none there.
    push(wharf, uri, "2", login=wharf.registry_password())
    private = images.ensure_repository(wharf, tasks.unique("private"))
    assert push(wharf, private, login=password(wharf), check=False).returncode != 0


@pytest.fixture(scope="module")
def docker():
    engine = Docker()
    yield engine
    engine.close()


def test_docker_pulls_without_a_login_and_pushes_with_one(wharf, docker):
    _, uri = repository(wharf)
    push(wharf, uri)
    docker("pull", f"{uri}:1")
    docker("tag", f"{uri}:1", f"{uri}:docker")
    refused = docker("push", f"{uri}:docker", check=False)
    assert refused.returncode != 0, refused.stdout
    logged_in = docker("login", "--username", "AWS", "--password-stdin", wharf.registry, stdin=password(wharf))
    assert "Login Succeeded" in logged_in.stdout
    docker("push", f"{uri}:docker")
    docker("rmi", f"{uri}:docker", f"{uri}:1")
    docker("logout", wharf.registry)
    docker("pull", f"{uri}:docker")
    refused = docker("login", "--username", "AWS", "--password-stdin", wharf.registry, stdin="wrong", check=False)
    assert refused.returncode != 0


def test_podman_pulls_without_a_login(wharf, short_path, nobody):
    _, uri = repository(wharf)
    push(wharf, uri)
    stores = ["--storage-driver", "vfs", "--root", short_path / "root", "--runroot", short_path / "run", "--tmpdir", short_path / "tmp"]
    tools.run("podman", *stores, "pull", "--quiet", "--tls-verify=false", f"{uri}:1", env=os.environ | nobody)


def test_a_task_runs_an_image_without_a_role(wharf):
    _, uri = repository(wharf)
    push(wharf, uri)
    task = tasks.run_script(wharf, f"{uri}:1", "echo from the gallery", memory=32)
    assert "from the gallery" in task.lines()
    fargate = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
    options = {"launchType": "FARGATE", **tasks.in_vpc(wharf)}
    task = tasks.run(wharf, f"{uri}:1", "awsvpc", options, task=fargate, logConfiguration=None, **tasks.sh("exit 7"))
    task.wait("STOPPED")
    assert task.exit_code == 7, task.describe()


def test_a_gallery_is_pulled_through(unstarted, tmp_path):
    """The gallery of another installation behind a rule of this one, without a login."""
    fresh = unstarted(arguments=("--allow-egress", "127.0.0.0/8")).start(node=False)
    with Installation() as other:
        other.start(node=False)
        _, uri = repository(other)
        push(other, uri)
        registry, _, rest = uri.partition("/")
        fresh.client("ecr").create_pull_through_cache_rule(ecrRepositoryPrefix="theirs", upstreamRegistryUrl=f"http://{registry}")
        target = f"oci:{tmp_path / 'back'}:it"
        images.skopeo_copy(fresh, f"docker://{fresh.registry}/theirs/{rest}:1", target)


# Who may


def test_pushes_are_let_in_by_policies(wharf):
    name, uri = repository(wharf)
    _, nobody = tasks.user(wharf, tasks.document(["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]))
    refused = push(wharf, uri, login=password(wharf, nobody), check=False)
    assert refused.returncode != 0 and "ecr-public:InitiateLayerUpload" in refused.stderr, refused.stderr
    arn = wharf.client("sts", nobody).get_caller_identity()["Arn"]
    actions = ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"]
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": [f"ecr-public:{it}" for it in actions]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    wharf.client("ecr-public").set_repository_policy(repositoryName=name, policyText=policy)
    push(wharf, uri, login=password(wharf, nobody))
    _, powerless = tasks.user(wharf)
    with pytest.raises(ClientError) as refused:
        wharf.client("ecr-public", powerless).get_authorization_token()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def visit(wharf, path, method="GET"):
    """A request with a visitor's token."""
    base = f"http://{wharf.registry}"
    challenge = requests.get(f"{base}/v2/", timeout=10).headers["Www-Authenticate"]
    assert challenge == f'Bearer realm="{base}/token/",service="public.ecr.aws",scope="aws"'
    token = requests.get(f"{base}/token/", params={"service": "public.ecr.aws", "scope": "aws"}, timeout=10).json()["token"]
    return requests.request(method, f"{base}/v2/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def test_visitors_read_and_write_nothing(wharf):
    _, uri = repository(wharf)
    push(wharf, uri)
    name = uri.partition("/")[2]
    assert visit(wharf, f"{name}/tags/list").json() == {"name": name, "tags": ["1"]}
    manifest = visit(wharf, f"{name}/manifests/1")
    assert manifest.headers["Docker-Content-Digest"] == "sha256:" + hashlib.sha256(manifest.content).hexdigest()
    for method, path in [("PUT", "manifests/1"), ("DELETE", "manifests/1"), ("POST", "blobs/uploads/")]:
        assert visit(wharf, f"{name}/{path}", method).status_code == 401, path
    assert visit(wharf, "_catalog").status_code == 401
    assert visit(wharf, "public.ecr.aws/nothing0/x/manifests/1").json()["errors"][0]["code"] == "NAME_UNKNOWN"


def test_images_of_a_closed_account_are_gone(wharf):
    made = json.loads(wharf.run("account", "create", tasks.unique("closing"), "--json").stdout)
    keys = Keys(made["accessKeyId"], made["secretAccessKey"])
    name = tasks.unique("closing")
    uri = wharf.client("ecr-public", keys).create_repository(repositoryName=name)["repository"]["repositoryUri"]
    push(wharf, uri, login=password(wharf, keys))
    path = uri.partition("/")[2] + "/manifests/1"
    assert visit(wharf, path).status_code == 200
    wharf.run("account", "close", made["account"]["id"])
    assert visit(wharf, path).status_code == 404


def test_visitors_pull_as_fast_as_they_may(unstarted, nobody, tmp_path):
    wharf = unstarted(arguments=("--throttle", "1", "--gallery-pulls", "0.2")).start(node=False)
    _, uri = repository(wharf)
    push(wharf, uri)
    path = uri.partition("/")[2] + "/manifests/1"
    answers = [visit(wharf, path) for _ in range(4)]
    assert [it.status_code for it in answers[:2]] == [200, 200]
    refused = next(it for it in answers if it.status_code == 429)
    assert refused.json()["errors"][0] == {"code": "TOOMANYREQUESTS", "message": "Rate exceeded"}
    # Who says who they are has a bucket of their own.
    login = ("AWS", password(wharf))
    assert requests.get(f"http://{wharf.registry}/v2/{path}", auth=login, timeout=10).status_code == 200
    wait_for(lambda: visit(wharf, path).status_code == 200, 30, "another pull")


# Death


def test_server_killed_amid_a_push_keeps_no_half_image(fresh, tmp_path, nobody):
    name, uri = repository(fresh)
    layer = tmp_path / "layer"
    source = layout(tmp_path / "layout", layer, diff=random_layer(layer, 128 * MIB))
    before = disk.used_bytes(fresh.data / "server")
    login = password(fresh)
    command = ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", f"AWS:{login}", source, f"docker://{uri}:1"]
    client = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: disk.used_bytes(fresh.data / "server") - before > 16 * MIB, 60, "16 MiB on the disk", interval_s=0.002)
    fresh.kill_child("server")
    if client.wait(120) != 0:
        assert fresh.client("ecr-public").describe_images(repositoryName=name)["imageDetails"] == []
    # The alias, the repository and the password outlive the server.
    tools.run(*command, timeout_s=300)
    pull(uri, tmp_path / "back", nobody)
