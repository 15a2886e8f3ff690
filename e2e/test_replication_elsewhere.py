"""Images that are pushed to one installation and are to be in another as well."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.installation import Installation, Place
from harness.waiting import wait_for
from test_accounts import HOME
from test_registry import MIB, layout, random_layer
from test_registry_copies import ended, pull, replicate, statuses

# What an account says of its registry there: the region is another than the source's own.
THERE = "eu-west-1"
SECRET = f"ecr-replication/{HOME}.{THERE}"


@pytest.fixture(scope="module")
def here():
    with Installation(arguments=("--allow-egress", "127.0.0.0/8")) as alone:
        yield alone.start(node=False)


@pytest.fixture(scope="module")
def there():
    with Installation() as other:
        other.start(node=False)
        yield Place(other, THERE)


@pytest.fixture(scope="module")
def pusher(there):
    """A user there who may push below team/."""
    mine = tasks.document("ecr:*", resource=f"arn:aws:ecr:{THERE}:{HOME}:repository/team*")
    return tasks.user(there.wharf, mine, tasks.document("ecr:GetAuthorizationToken"))[1]


def place(there, keys, **more):
    return json.dumps(
        {"url": f"http://127.0.0.1:{there.wharf.port}", "accessKeyId": keys.access_key, "secretAccessKey": keys.secret_key, **more}
    )


@pytest.fixture(scope="module")
def secret(here, there, pusher):
    return here.client("secretsmanager").create_secret(Name=SECRET, SecretString=place(there, pusher))["ARN"]


@pytest.fixture
def source(here, secret):
    yield Place(here, "us-east-1")
    replicate(here)


def digests(place, name):
    listed = place.client("ecr").list_images(repositoryName=name)["imageIds"]
    return {one.get("imageTag"): one["imageDigest"] for one in listed}


def test_a_push_is_in_the_other_installation(source, there, tmp_path):
    name = tasks.unique("team/app")
    layer = tmp_path / "layer"
    plain = random_layer(layer, 20 * MIB)
    replicate(source, (HOME, THERE), deletes=True)
    uri = f"{source.registry}/{name}"
    source.client("ecr").create_repository(repositoryName=name)
    images.skopeo_copy(source, layout(tmp_path / "layout", layer, diff=plain), f"docker://{uri}:1")
    assert ended(source, name, "1") == [(THERE, "COMPLETE", None)]
    assert digests(there, name) == digests(source, name)
    far = f"{there.wharf.registry}/{name}:1"
    assert pull(there, far, tmp_path / "back").returncode == 0
    # A tag moves, and what is deleted here goes there.
    images.push(source, "busybox", name=name, tag="1")
    images.push(source, "busybox", name=name, tag="2")
    wait_for(lambda: digests(there, name) == digests(source, name), 60, "the moved tag there")
    source.client("ecr").batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "2"}])
    wait_for(lambda: "2" not in digests(there, name), 60, "the tag gone there")


def test_nothing_is_lost_over_kills(source, here, there):
    name = tasks.unique("team/lost")
    replicate(source, (HOME, THERE))
    there.wharf.down()
    images.push(source, "busybox", name=name, tag="1")
    here.kill_child("server")
    wait_for(here.healthy, 60, "the server")
    assert statuses(source, name, "1") == [(THERE, "IN_PROGRESS", None)]
    there.wharf.start(node=False)
    wait_for(lambda: statuses(source, name, "1") == [(THERE, "COMPLETE", None)], 90, "the image there")
    assert digests(there, name) == digests(source, name)


def test_what_the_key_may_not_do_has_failed_and_a_backfill_brings_what_was_there(source, there):
    name, other = tasks.unique("team/before"), tasks.unique("others/app")
    ecr = source.client("ecr")
    images.push(source, "busybox", name=name, tag="1")
    replicate(source, (HOME, THERE))
    images.push(source, "busybox", name=other, tag="1")
    assert ended(source, other, "1") == [(THERE, "FAILED", "AccessDenied")]
    started = ecr.start_replication_backfill(destination={"region": THERE, "registryId": HOME})["replicationBackfillId"]

    def done():
        answer = ecr.describe_replication_backfill_results(replicationBackfillId=started)
        return answer if answer["status"] == "COMPLETE" else None

    wait_for(done, 60, "the backfill")
    assert digests(there, name) == digests(source, name)


def test_who_may_change_secrets_alone_leads_no_image_elsewhere(source, here, there, secret, pusher):
    replicate(source, (HOME, THERE))
    secrets, name = here.client("secretsmanager"), tasks.unique("team/led")
    secrets.put_secret_value(SecretId=secret, SecretString=place(there, pusher, url="http://127.0.0.1:9"))
    try:
        images.push(source, "busybox", name=name, tag="1")
        assert ended(source, name, "1") == [(THERE, "FAILED", "SecretNotAccessible")]
    finally:
        secrets.put_secret_value(SecretId=secret, SecretString=place(there, pusher))
    # Who configures it must know what sends images there.
    wanted = {"rules": [{"destinations": [{"registryId": HOME, "region": THERE}]}]}
    _, keys = tasks.user(here, tasks.document("ecr:PutReplicationConfiguration"))
    with pytest.raises(ClientError) as closed:
        here.client("ecr", keys).put_replication_configuration(replicationConfiguration=wanted)
    assert closed.value.response["Error"]["Code"] == "UnableToAccessSecretException"


@pytest.mark.parametrize("text", ["", "{}", '{"url": "http://127.0.0.1:1/path", "accessKeyId": "A", "secretAccessKey": "s"}'])
def test_a_secret_that_says_no_place_is_refused(here, text):
    region = "eu-west-2"
    secrets = here.client("secretsmanager")
    made = secrets.create_secret(Name=f"ecr-replication/{HOME}.{region}", SecretString=text or " ")["ARN"]
    try:
        wanted = {"rules": [{"destinations": [{"registryId": HOME, "region": region}]}]}
        with pytest.raises(ClientError, match="url, accessKeyId and secretAccessKey"):
            here.client("ecr").put_replication_configuration(replicationConfiguration=wanted)
    finally:
        secrets.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)
