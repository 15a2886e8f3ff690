"""Objects in and out."""

import os
import pathlib
import socket
import statistics
import tempfile
import time
import urllib.parse

import boto3
import botocore.config

from harness import tools
from harness.installation import Installation, Keys

from . import load, peers
from .api import Moto

TITLE = "Objects"
METHOD = (
    "Small objects: PUT of 4 KiB under new keys, 64 connections, five seconds, each signed and on disk when it is answered. Large ones: `curl` puts and gets with a presigned "
    "URL, medians of five; beside them nginx with the same file for GET, and `dd` with a sync for PUT. wharf hashes (MD5, CRC-64), encrypts and decrypts what passes, nginx "
    "does none of it; moto keeps objects in memory and fauxqs (of npm) in files, and both check no signature; s3s-fs keeps them in files and checks signatures. None of them syncs. GET of 1 MiB is `wharf-bench-load get`, 16 connections. Then pages of 1,000 of a million keys, "
    "which lie in 256 folders; a delimiter that is a digit makes many thousands of common prefixes of them."
)
COLUMNS = ("what", "wharf", "peer", "ratio")
ANY_KEYS = Keys(*Moto.exports.values())
ROUNDS = 5
MIB = 1 << 20
KEYS = int(os.environ.get("WHARF_BENCH_KEYS", "1000000"))
#: Filling may take this long, in seconds.
MOST_FILLING = 900
LISTS = {
    "page of 1,000 keys": "list-type=2&max-keys=1000&start-after=80",
    "256 folders": "delimiter=%2F&list-type=2&max-keys=1000",
    "page of 1,000 common prefixes": "delimiter=5&list-type=2&max-keys=1000&start-after=80",
    "page of 1,000 versions": "key-marker=80&max-keys=1000&versions=",
}


def run():
    with Installation() as wharf, tempfile.TemporaryDirectory(dir=wharf.data.parent) as folder:
        wharf.start(node=False)
        folder = pathlib.Path(folder)
        s3 = _client(wharf)
        s3.create_bucket(Bucket="bench")
        rows = [*_small(wharf, folder), *_gets(wharf, s3, folder), *_puts(s3, folder), *_files(wharf, s3, folder), _open_bodies(wharf, s3)]
        return rows + _lists(wharf, s3)


def _client(wharf):
    """Presigned URLs are of version 4."""
    keys = {"aws_access_key_id": wharf.root.access_key, "aws_secret_access_key": wharf.root.secret_key}
    config = botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=wharf.endpoint, region_name="us-east-1", config=config, **keys)


def _small(wharf, folder):
    own = load.run("s3-put", wharf, "bench/4096", 64)
    rate, rows = own["per_second"], []
    (folder / "small").mkdir()
    with peers.moto() as (_, _, moto), peers.fauxqs(folder / "fauxqs") as fauxqs, peers.s3s_fs(folder / "small", ANY_KEYS) as s3s:
        for name, port in (("moto", moto), ("fauxqs", fauxqs), ("s3s-fs", s3s)):
            server = Moto(port=port)
            server.client("s3").create_bucket(Bucket="bench")
            peer = load.run("s3-put", server, "bench/4096", 64)["per_second"]
            rows.append(("PUT of 4 KiB / s", f"{rate:,.0f} (p99 {own['p99_ms']:.0f} ms)", f"{name} {peer:,.0f}", f"{rate / peer:.1f}"))
    return rows


def _gets(wharf, s3, folder):
    rows = []
    for size in (1, 64):
        (folder / f"of-{size}").write_bytes(os.urandom(size * MIB))
        s3.upload_file(str(folder / f"of-{size}"), "bench", f"of-{size}")
    with peers.nginx(folder) as port:

        class Nginx:
            root = wharf.root

        Nginx.port = port
        own, peer = (load.run("get", *one, 16) for one in ((wharf, "/bench/of-1"), (Nginx, "/of-1")))
        rows.append(_row("GET of 1 MiB, MiB / s", own["per_second"], peer["per_second"]))
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "bench", "Key": "of-64"})
        own, peer = (64 / _curl("--output", "/dev/null", one) for one in (url, f"http://127.0.0.1:{port}/of-64"))
        rows.append(_row("GET of 64 MiB, MiB / s", own, peer))
    return rows


def _row(what, own, peer):
    return what, f"{own:,.0f}", f"nginx {peer:,.0f}", f"{own / peer:.2f}"


def _puts(s3, folder):
    content, copy = folder / "of-64", folder / "copy"
    own, alone = [], []
    for number in range(ROUNDS):
        url = s3.generate_presigned_url("put_object", Params={"Bucket": "bench", "Key": f"put-{number}"})
        os.sync()
        own.append(_timed("curl", "--silent", "--fail", "--upload-file", content, "--output", "/dev/null", url))
        os.sync()
        alone.append(_timed("dd", f"if={content}", f"of={copy}", "bs=1M", "conv=fdatasync", "status=none"))
        copy.unlink()
    own, alone = statistics.median(own), statistics.median(alone)
    return [("PUT of 64 MiB, seconds", f"{own:.3f}", f"dd with a sync {alone:.3f}", f"{own / alone:.2f}")]


def _files(wharf, s3, folder):
    """Large objects beside another server of S3 over files."""
    (folder / "files").mkdir()
    with peers.s3s_fs(folder / "files", ANY_KEYS) as port:
        server = Moto(port=port)
        other = _client(server)
        other.create_bucket(Bucket="bench")
        other.upload_file(str(folder / "of-1"), "bench", "of-1")
        own, peer = (load.run("get", one, "/bench/of-1", 16)["per_second"] for one in (wharf, server))
        rows = [("GET of 1 MiB, MiB / s", f"{own:,.0f}", f"s3s-fs {peer:,.0f}", f"{own / peer:.2f}")]
        taken = {}
        for name, client in (("own", s3), ("peer", other)):
            url = client.generate_presigned_url("put_object", Params={"Bucket": "bench", "Key": "of-64"})
            put = _curl("--upload-file", folder / "of-64", "--output", "/dev/null", url)
            url = client.generate_presigned_url("get_object", Params={"Bucket": "bench", "Key": "of-64"})
            taken[name] = put, 64 / _curl("--output", "/dev/null", url)
        (put, got), (peer_put, peer_got) = taken["own"], taken["peer"]
        rows.append(("GET of 64 MiB, MiB / s", f"{got:,.0f}", f"s3s-fs {peer_got:,.0f}", f"{got / peer_got:.2f}"))
        return [*rows, ("PUT of 64 MiB, seconds", f"{put:.3f}", f"s3s-fs, without a sync, {peer_put:.3f}", f"{put / peer_put:.2f}")]


def _lists(wharf, s3):
    s3.create_bucket(Bucket="many")
    filled = load.run("s3-fill", wharf, f"many/{KEYS}", 64, MOST_FILLING)
    rows = [(f"PUT of nothing, {KEYS:,} times, / s", f"{filled['per_second']:,.0f}", "–", "–")]
    for what, query in LISTS.items():
        listed = load.run("get", wharf, f"/many?{query}", 1)
        rows.append((f"{what} of {KEYS:,}, ms", f"p50 {listed['p50_ms']:.1f}, p99 {listed['p99_ms']:.1f}", "–", "–"))
    return rows


def _open_bodies(wharf, s3):
    """Memory with a thousand answers that nobody reads."""
    url = urllib.parse.urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "bench", "Key": "of-64"}))
    before = peers.own_bytes([wharf.child("server")])
    held = []
    for _ in range(1000):
        connection = socket.create_connection(("127.0.0.1", wharf.port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(f"GET {url.path}?{url.query} HTTP/1.1\r\nhost: {url.netloc}\r\n\r\n".encode())
        held.append(connection)
    time.sleep(3)
    grown = peers.own_bytes([wharf.child("server")]) - before
    for connection in held:
        connection.close()
    return "memory for 1,000 open bodies, MiB", f"{grown / MIB:,.0f}", "–", "–"


def _curl(*arguments):
    return statistics.median(_timed("curl", "--silent", "--fail", *arguments) for _ in range(ROUNDS))


def _timed(*command):
    begun = time.monotonic()
    tools.run(*command)
    return time.monotonic() - begun
