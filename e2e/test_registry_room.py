"""The registries of an account hold so many bytes together, and no more, however these come."""

import hashlib
import json
import os

import pytest
from botocore.exceptions import ClientError

from harness import control, images, tasks
from harness.distribution import Registry
from harness.installation import Installation, Keys, Place
from harness.waiting import wait_for
from test_accounts import HOME
from test_registry_copies import ended, replicate

pytestmark = pytest.mark.minutes(1.5)

MIB, KIB = 1 << 20, 1 << 10
TEXT = "would exceed the maximum allowed size which is '8388608' bytes"


@pytest.fixture(scope="module")
def wharf():
    with Installation(arguments=["--registry-storage", "8M"]) as wharf:
        yield wharf.start(node=False)


def account(wharf, name):
    made = json.loads(wharf.run("account", "create", name, "--json").stdout)
    return made["account"]["id"], Keys(made["accessKeyId"], made["secretAccessKey"])


class Pusher(Registry):
    """The distribution API as an account's user speaks it."""

    def __init__(self, wharf, name, keys):
        super().__init__(wharf, name)
        self.session.auth = ("AWS", wharf.registry_password(keys))

    def push(self, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        return self.ask("POST", "blobs/uploads/", params={"digest": digest}, data=data)


def denied(answer):
    assert answer.status_code == 403, answer.text
    (error,) = answer.json()["errors"]
    assert error["code"] == "DENIED" and TEXT in error["message"], error


def held(wharf, of):
    """What the metric says of an account."""
    lines = control.scrape(wharf).text.splitlines()
    return [float(line.split()[-1]) for line in lines if line.startswith(f'wharf_registry_account_bytes{{account="{of}"}}')]


def test_an_account_that_is_full_takes_nothing_more_by_any_way(wharf, tmp_path):
    number, keys = account(wharf, "full")
    ecr = wharf.client("ecr", keys)
    for name in ("one", "two"):
        ecr.create_repository(repositoryName=name)
    image, _ = images.with_random_layer(tmp_path / "large", 5 * MIB)
    target = f"docker://{wharf.registry}/one:1"
    images.skopeo_copy(wharf, image, target, keys=keys)
    assert 5 * MIB < held(wharf, number)[0] < 8 * MIB
    # The same image in another repository is there once.
    images.skopeo_copy(wharf, image, f"docker://{wharf.registry}/two:1", keys=keys)
    # A stock client is told why it may not: its layer is on its way when there is no room any more.
    other, _ = images.with_random_layer(tmp_path / "other", 12 * MIB)
    refused = images.skopeo_copy(wharf, other, f"docker://{wharf.registry}/two:2", keys=keys, check=False)
    assert refused.returncode != 0 and "denied" in refused.stderr and TEXT in refused.stderr, refused.stderr
    assert [it["imageTags"] for it in ecr.describe_images(repositoryName="two")["imageDetails"]] == [["1"]]
    # All but some 300 KiB are taken.
    registry = Pusher(wharf, "two", keys)
    rest = os.urandom(8 * MIB - int(held(wharf, number)[0]) - 300 * KIB)
    wait_for(lambda: registry.push(rest).status_code == 201, 60, "what the refused push sent to be removed")
    upload = ecr.initiate_layer_upload(repositoryName="two")["uploadId"]
    with pytest.raises(ClientError) as error:
        ecr.upload_layer_part(repositoryName="two", uploadId=upload, partFirstByte=0, partLastByte=MIB - 1, layerPartBlob=os.urandom(MIB))
    assert error.value.response["Error"]["Code"] == "LimitExceededException"
    assert TEXT in error.value.response["Error"]["Message"]
    denied(registry.push(os.urandom(600 * KIB)))
    # Also a client that reads nothing before it has sent everything is told why.
    denied(registry.push(os.urandom(24 * MIB)))
    # A stream that does not say how long it will be ends where it is to become a layer.
    data, at = os.urandom(600 * KIB), registry.begin()
    sent = registry.ask("PATCH", at, data=iter([data]))
    assert sent.status_code == 202, sent.text
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    denied(registry.ask("PUT", at, params={"digest": digest}))
    assert registry.ask("HEAD", f"blobs/{digest}").status_code == 404
    # What is not ended counts as well: two of 200 KiB do not fit beside what is there.
    begun = [registry.begin(), Pusher(wharf, "one", keys).begin()]
    part = os.urandom(200 * KIB)
    ranged = {"Content-Range": f"0-{len(part) - 1}"}
    sent = [registry.ask("PATCH", at, data=part, headers=ranged) for at in begun]
    assert sent[0].status_code == 202, sent[0].text
    denied(sent[1])
    assert registry.ask("DELETE", begun[0]).status_code == 204
    # Other names of the same bytes are free.
    assert Pusher(wharf, "one", keys).push(rest).status_code == 201
    # It is so after a restart, and others have a share of their own.
    wharf.kill_child("server")
    wait_for(wharf.healthy, 60, "the server")
    denied(registry.push(os.urandom(600 * KIB)))
    # What goes with a repository is free at once, unless another has it too.
    ecr.delete_repository(repositoryName="two", force=True)
    denied(Pusher(wharf, "one", keys).push(os.urandom(600 * KIB)))
    ecr.delete_repository(repositoryName="one", force=True)
    ecr.create_repository(repositoryName="two")
    assert registry.push(os.urandom(7 * MIB)).status_code == 201
    _, free = account(wharf, "free")
    wharf.client("ecr", free).create_repository(repositoryName="one")
    assert Pusher(wharf, "one", free).push(os.urandom(4 * MIB)).status_code == 201
    refusals = [line for line in control.scrape(wharf).text.splitlines() if line.startswith("wharf_registry_full_total ")]
    assert float(refusals[0].split()[-1]) >= 1


def test_a_replica_that_there_is_no_room_for_fails(wharf, tmp_path):
    number, keys = account(wharf, "target")
    target = wharf.client("ecr", keys)
    target.put_registry_policy(
        policyText=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "in",
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
                        "Action": ["ecr:ReplicateImage", "ecr:CreateRepository"],
                        "Resource": f"arn:aws:ecr:us-east-1:{number}:repository/*",
                    }
                ],
            }
        )
    )
    target.create_repository(repositoryName="filled")
    assert Pusher(wharf, "filled", keys).push(os.urandom(7 * MIB)).status_code == 201
    source = Place(wharf, "us-east-1")
    replicate(source, (number, "us-east-1"))
    name = tasks.unique("copied")
    image, _ = images.with_random_layer(tmp_path / "image", 3 * MIB)
    images.skopeo_copy(wharf, image, f"docker://{images.ensure_repository(wharf, name)}:1")
    assert ended(source, name, "1") == [("us-east-1", "FAILED", "LimitExceeded")]
    replicate(source)
