"""Keys are rotated while everything runs, and the keyring may lie outside the data folder."""

import shutil

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks, tools
from harness.installation import Keys


def keys(wharf):
    rows = tools.run(tools.wharf(), "keys", "list", "--data", wharf.data).stdout.splitlines()[1:]
    return {row.split()[0]: (row.split()[2] == "yes", int(row.split()[3])) for row in rows}


def test_the_keyring_is_rotated_online(unstarted):
    wharf = unstarted().start()
    iam = wharf.client("iam")
    iam.create_user(UserName="alice")
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    session = wharf.client("sts").get_session_token()["Credentials"]
    before = keys(wharf)
    assert len(before) == 1 and next(iter(before.values()))[1] >= 2
    said = tools.run(tools.wharf(), "keys", "rotate", "keyring", "--data", wharf.data).stdout
    after = keys(wharf)
    (active,) = (id for id, (is_active, _) in after.items() if is_active)
    assert active in said and active not in before and len(after) == 2
    # Every stored secret is under the new key, and opens.
    assert [count for id, (_, count) in after.items() if id != active] == [0]
    arn = wharf.client("sts", alice).get_caller_identity()["Arn"]
    assert arn.endswith(":user/alice")
    # What was handed out before counts on.
    assert wharf.client("sts", Keys.of_session(session)).get_caller_identity()["Account"]
    refused = tools.run(tools.wharf(), "keys", "retire", "--data", wharf.data, check=False)
    assert refused.returncode != 0 and "36 hours" in refused.stderr
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
