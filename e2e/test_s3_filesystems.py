"""Buckets as file systems: s3fs and the object store of Rust read by ranges, write in parts, list, copy and remove."""

import json
import os
import random

import pytest

from harness import tasks, tools

MIB = 1 << 20
#: What both programs begin with. The object is told apart from others by what stands at each place of it.
BEGINNING = """
import json, os, random, sys
bucket, seed = sys.argv[1], int(sys.argv[2])
MIB = 1 << 20
choice = random.Random(seed)
content = choice.randbytes(12 * MIB + 12345)
places = [sorted(choice.sample(range(len(content)), 2)) for _ in range(60)]
# Ends of records, of what is read at once, and of parts.
for edge in (64 << 10, 256 << 10, 5 * MIB, len(content)):
    places += [(edge - 1, min(edge + 1, len(content))), (max(edge - 3 * MIB, 0), edge)]
shown = {}
"""

S3FS = """
import s3fs

def files(**more):
    # Signed URLs of new buckets are of version 4.
    config = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}}
    return s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], config_kwargs=config, skip_instance_cache=True, **more)

fs = files()
path = f"{bucket}/data/deep/large"
with fs.open(path, "wb", block_size=5 * MIB) as out:
    for at in range(0, len(content), 777_777):
        out.write(content[at : at + 777_777])
assert "-" in fs.info(path)["ETag"], fs.info(path)
assert fs.size(path) == len(content)
for cache in ("none", "readahead", "blockcache"):
    with fs.open(path, "rb", cache_type=cache, block_size=MIB) as file:
        for start, end in places:
            file.seek(start)
            assert file.read(end - start) == content[start:end], (cache, start, end)
starts, ends = zip(*places)
assert fs.cat_ranges([path] * len(places), list(starts), list(ends)) == [content[a:b] for a, b in places]
assert fs.cat_file(path, start=-1000) == content[-1000:]
# What is put behind it takes over what is there as a part.
with fs.open(path, "ab", block_size=5 * MIB) as out:
    out.write(b"more")
assert fs.tail(path, 8) == content[-4:] + b"more"

names = ["a", "a b", "a+b", "a%2Fb", "grüße", "z\\N{LINEAR B SYLLABLE B008 A}"]
fs.pipe({f"{bucket}/tree/{folder}/{name}": name.encode() for folder in range(3) for name in names})
assert fs.ls(f"{bucket}/tree", refresh=True) == [f"{bucket}/tree/{folder}" for folder in range(3)]
assert sorted(fs.ls(f"{bucket}/tree/1")) == sorted(f"{bucket}/tree/1/{name}" for name in names)
assert len(fs.find(f"{bucket}/tree")) == 3 * len(names)
assert sorted(fs.glob(f"{bucket}/tree/*/a+b")) == [f"{bucket}/tree/{folder}/a+b" for folder in range(3)]
assert fs.du(f"{bucket}/tree") == 3 * sum(len(name.encode()) for name in names)
assert [len(found) for _, _, found in fs.walk(f"{bucket}/tree")] == [0] + 3 * [len(names)]
assert fs.isdir(f"{bucket}/tree/2") and not fs.exists(f"{bucket}/tree/3")
fs.copy(f"{bucket}/tree/0", f"{bucket}/moved", recursive=True)
fs.rm(f"{bucket}/tree/0", recursive=True)
assert fs.cat(f"{bucket}/moved/grüße") == "grüße".encode() and not fs.exists(f"{bucket}/tree/0")
fs.setxattr(f"{bucket}/moved/a", copy_kwargs={"ContentType": "text/x-a"}, colour="red")
assert fs.getxattr(f"{bucket}/moved/a", "colour") == "red"
fs.put_tags(f"{bucket}/moved/a", {"kind": "letter"})
assert fs.get_tags(f"{bucket}/moved/a") == {"kind": "letter"}
shown["signed"] = fs.sign(f"{bucket}/moved/a")
fs.rm(f"{bucket}/tree", recursive=True)
fs.invalidate_cache()
assert fs.find(f"{bucket}/tree") == []

# The versions of a file, each read as it was when it was opened.
fs.make_bucket_versioned(bucket)
aware = files(version_aware=True)
aware.pipe(f"{bucket}/kept", b"first")
with aware.open(f"{bucket}/kept", "rb") as old:
    aware.pipe(f"{bucket}/kept", b"second")
    assert old.read() == b"first"
versions = aware.object_version_info(f"{bucket}/kept")
assert len(versions) == 2
first = versions[-1]["VersionId"]
assert aware.cat_file(f"{bucket}/kept", version_id=first) == b"first" and aware.cat(f"{bucket}/kept") == b"second"
"""

OBSTORE = """
import obstore
from obstore.store import S3Store

store = S3Store(
    bucket,
    endpoint=os.environ["AWS_ENDPOINT_URL"],
    access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
    secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    region="us-east-1",
    client_options={"allow_http": True},
)
put = obstore.put(store, "data/large", content, chunk_size=5 * MIB, max_concurrency=4, use_multipart=True)
assert "-3" in put["e_tag"], put
starts, ends = zip(*places)
for one, other in zip(obstore.get_ranges(store, "data/large", starts=starts, ends=ends), places):
    assert bytes(one) == content[slice(*other)], other
for start, end in places[:10]:
    assert bytes(obstore.get_range(store, "data/large", start=start, end=end)) == content[start:end]
got = obstore.get(store, "data/large", options={"range": {"suffix": 99}})
assert bytes(got.bytes()) == content[-99:]
assert b"".join(bytes(it) for it in obstore.get(store, "data/large").stream(min_chunk_size=MIB)) == content
file = obstore.open_reader(store, "data/large", buffer_size=100_000)
for start, end in places[:20]:
    file.seek(start)
    assert bytes(file.read(end - start)) == content[start:end]

keys = sorted(f"tree/{folder}/{number}" for folder in range(3) for number in range(500))
for key in keys:
    obstore.put(store, key, b"")
listed = [it["path"] for page in obstore.list(store, "tree", chunk_size=100) for it in page]
assert listed == keys
behind = [it["path"] for page in obstore.list(store, "tree", offset="tree/1/25") for it in page]
assert behind == [key for key in keys if key > "tree/1/25"]
found = obstore.list_with_delimiter(store, "tree")
assert (list(found["common_prefixes"]), list(found["objects"])) == (["tree/0", "tree/1", "tree/2"], [])
assert len(obstore.list_with_delimiter(store, "tree/2")["objects"]) == 500
obstore.delete(store, keys)
assert [it for page in obstore.list(store, "tree") for it in page] == []

seen = {"e_tag": obstore.put(store, "lock", b"mine", mode="create")["e_tag"]}
try:
    obstore.put(store, "lock", b"yours", mode="create")
    raise SystemExit("it was made twice")
except obstore.exceptions.AlreadyExistsError:
    pass
obstore.put(store, "lock", b"still mine", mode=seen)
try:
    obstore.put(store, "lock", b"yours", mode=seen)
    raise SystemExit("it was taken")
except obstore.exceptions.PreconditionError:
    pass
obstore.copy(store, "lock", "copy")
obstore.rename(store, "copy", "renamed")
assert bytes(obstore.get(store, "renamed").bytes()) == b"still mine"
try:
    obstore.head(store, "copy")
    raise SystemExit("it is still there")
except FileNotFoundError:
    pass
"""


@pytest.mark.parametrize("program", [S3FS, OBSTORE], ids=["s3fs", "obstore"])
def test_a_bucket_as_a_file_system(wharf, tmp_path, program):
    bucket = tasks.unique("files").lower()
    wharf.client("s3").create_bucket(Bucket=bucket)
    script = tmp_path / "script.py"
    script.write_text(BEGINNING + program + "\nprint(json.dumps(shown))\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_ACCESS_KEY_ID": wharf.root.access_key,
        "AWS_SECRET_ACCESS_KEY": wharf.root.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": wharf.endpoint,
    }
    done = tools.run(tools.client("python"), script, bucket, random.randrange(1 << 32), env=environment)
    shown = json.loads(done.stdout.splitlines()[-1])
    if url := shown.get("signed"):
        assert tools.run("curl", "--silent", "--fail", url).stdout == "a"
    assert "Contents" in wharf.client("s3").list_objects_v2(Bucket=bucket)
