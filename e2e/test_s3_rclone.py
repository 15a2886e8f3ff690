"""S3 through rclone: trees that are kept alike, files in parts, ranges, copies on the server, who may not."""

import json
import os

import pytest

from harness import tasks, tools

MIB = 1 << 20


@pytest.fixture
def rclone(wharf):
    """Runs rclone with a remote `w:`."""

    def run(*arguments, keys=wharf.root, check=True):
        remote = {
            "TYPE": "s3",
            "PROVIDER": "Other",
            "ACCESS_KEY_ID": keys.access_key,
            "SECRET_ACCESS_KEY": keys.secret_key,
            "ENDPOINT": wharf.endpoint,
            "REGION": "us-east-1",
            "FORCE_PATH_STYLE": "true",
            # What it sends by itself, `private`, no bucket without ACLs takes.
            "ACL": "bucket-owner-full-control",
            "BUCKET_ACL": "private",
            "CHUNK_SIZE": "5Mi",
            "UPLOAD_CUTOFF": "5Mi",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {f"RCLONE_CONFIG_W_{name}": value for name, value in remote.items()}
        program = (tools.program("rclone"), "--config", os.devnull, "--retries", "1", "--use-server-modtime")
        return tools.run(*program, *arguments, env=environment, check=check)

    return run


def test_a_tree_is_kept_alike(wharf, rclone, tmp_path):
    bucket = tasks.unique("rclone").lower()
    tree, back = tmp_path / "tree", tmp_path / "back"
    (tree / "deep" / "deeper").mkdir(parents=True)
    (tree / "empty").write_bytes(b"")
    (tree / "deep" / "grüße & more+%20.txt").write_text("text")
    (tree / "deep" / "deeper" / "large").write_bytes(os.urandom(12 * MIB + 7))
    for number in range(30):
        (tree / f"file-{number}").write_text(str(number))
    rclone("mkdir", f"w:{bucket}")
    rclone("sync", str(tree), f"w:{bucket}/kept")
    rclone("check", "--download", str(tree), f"w:{bucket}/kept")
    (tree / "file-7").unlink()
    (tree / "file-8").write_text("changed")
    rclone("sync", "--checksum", str(tree), f"w:{bucket}/kept")
    listed = json.loads(rclone("lsjson", "--recursive", "--files-only", f"w:{bucket}/kept").stdout)
    assert {one["Path"]: one["Size"] for one in listed} == {
        str(path.relative_to(tree)): path.stat().st_size for path in tree.rglob("*") if path.is_file()
    }
    rclone("copy", f"w:{bucket}/kept", str(back))
    rclone("check", str(tree), str(back))

    # In parts: the ETag says in how many.
    s3 = wharf.client("s3")
    assert s3.head_object(Bucket=bucket, Key="kept/deep/deeper/large")["ETag"].endswith('-3"')
    content = (tree / "deep" / "deeper" / "large").read_bytes()
    assert rclone("cat", "--offset", "2", "--count", "3", f"w:{bucket}/kept/file-8").stdout == "ang"
    rclone("copyto", f"w:{bucket}/kept/deep/deeper/large", f"w:{bucket}/copied")
    assert s3.get_object(Bucket=bucket, Key="copied")["Body"].read() == content
    rclone("purge", f"w:{bucket}/kept")
    assert json.loads(rclone("lsjson", f"w:{bucket}").stdout)[0]["Name"] == "copied"
    rclone("delete", f"w:{bucket}")
    rclone("rmdir", f"w:{bucket}")
    assert bucket not in [one["Name"] for one in s3.list_buckets()["Buckets"]]


def test_who_may_not_is_told(wharf, rclone, tmp_path):
    bucket = tasks.unique("rclone").lower()
    wharf.client("s3").create_bucket(Bucket=bucket)
    _, keys = tasks.user(wharf, tasks.document("s3:ListBucket"))
    (tmp_path / "new").write_text("new")
    refused = rclone("copyto", str(tmp_path / "new"), f"w:{bucket}/new", keys=keys, check=False)
    assert refused.returncode != 0 and "Forbidden" in refused.stderr
    gone = rclone("lsf", f"w:{bucket}-gone", check=False)
    assert gone.returncode != 0 and "not found" in gone.stderr
