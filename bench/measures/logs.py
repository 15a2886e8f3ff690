"""Log lines in, kept and searched."""

import pathlib
import random
import tempfile
import time

from harness import tools
from harness.installation import Installation
from harness.waiting import wait_for

from . import load
from .memory import own_mib

TITLE = "Logs"
STREAMS = 100
SECONDS = 10
MADE_MIB = 64
METHOD = (
    f"{STREAMS} connections, each with a stream of its own, put web server's lines in signed calls of 256 KiB for {SECONDS * 6 // 5} s; a call is answered when its "
    "lines are on disk. Bytes are those of the lines. The client makes its calls beforehand but for times, hashes and signatures. What they take on disk is read when the segments are "
    "merged. Then a word that one line in 20,000 has is searched in all of them by FilterLogEvents, page after page, and lines are counted by five minutes with Insights; `rg --count` "
    "searches as many bytes as one plain file in the page cache. Both search three times, and the fastest counts. One stream of a group of its own is filled by one connection and searched. At "
    "last the bodies are packed by the client, with gzip at its fastest level. Client and server share the cores. The rate of an account is lifted by `--log-rate`."
)
COLUMNS = ("what", "wharf", "peer", "ratio")
GROUP = "bench"
ONE_STREAM = "bench-one"
PACKED = "bench-packed"
WORD = "UpstreamResetBeforeHeaders"
MIB = 1 << 20


def run():
    with Installation(arguments=["--log-rate", "100G"]) as wharf, tempfile.TemporaryDirectory(dir=wharf.data.parent) as folder:
        wharf.start(node=False)
        logs = wharf.client("logs")
        for group, streams in ((GROUP, STREAMS), (ONE_STREAM, 1), (PACKED, STREAMS)):
            logs.create_log_group(logGroupName=group)
            for number in range(streams):
                logs.create_log_stream(logGroupName=group, logStreamName=f"s{number}")
        made = pathlib.Path(folder) / "lines"
        made.write_text("".join(_lines(MADE_MIB * MIB)), encoding="utf-8")
        server = [wharf.child("server")]
        before, disk_before = own_mib(server), _on_disk(wharf)
        put = load.run("logs-put", wharf, f"{made}:{GROUP}", STREAMS, SECONDS)
        held = own_mib(server)
        rate = put["counted"] / (SECONDS * 6 / 5) / MIB
        rows = [
            ("put, MiB / s", f"{rate:,.0f} (p99 {put['p99_ms']:.0f} ms)", "–", "–"),
            (f"memory of the server after {put['counted'] / MIB:,.0f} MiB, MiB", f"{held:,.0f} ({before:,.0f} before)", "–", "–"),
        ]
        disk = wait_for(lambda: _settled(wharf), 120, "merged segments", interval_s=0.5) - disk_before
        rows.append(("bytes on disk for one of text", f"{disk / put['counted']:.3f}", "–", f"{put['counted'] / disk:.1f} times smaller"))
        rows += _searched(logs, made, GROUP, put["counted"])
        rows.append(_counted(logs))
        single = load.run("logs-put", wharf, f"{made}:{ONE_STREAM}", 1, SECONDS)
        wait_for(lambda: _settled(wharf), 120, "merged segments", interval_s=0.5)
        rows += _searched(logs, made, ONE_STREAM, single["counted"])
        packed = load.run("logs-put-gzip", wharf, f"{made}:{PACKED}", STREAMS, SECONDS)
        rate = packed["counted"] / (SECONDS * 6 / 5) / MIB
        return [*rows, ("put in packed bodies, MiB / s", f"{rate:,.0f} (p99 {packed['p99_ms']:.0f} ms)", "–", "–")]


def _lines(size):
    """Lines as web servers write them, about `size` bytes of them."""
    dice = random.Random(7)
    agents = [
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{n}.0.0.0 Safari/537.36"
        for system in ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
        for n in range(120, 128)
    ]
    paths = [
        "/",
        "/cart",
        "/api/v1/orders/{}",
        "/api/v1/items?page={}",
        "/static/app.{}.js",
        "/search?q=shoes&from={}",
        "/login",
        "/item/{}",
    ]
    networks = [f"{dice.randrange(1, 223)}.{dice.randrange(256)}.{dice.randrange(256)}" for _ in range(500)]
    at = 0
    while size > 0:
        at += dice.randrange(3)
        path = dice.choice(paths).format(dice.randrange(20_000))
        status = dice.choices((200, 304, 404, 302, 500), (85, 6, 4, 4, 1))[0]
        tail = f" {WORD}" if dice.randrange(20_000) == 0 else ""
        line = (
            f"{dice.choice(networks)}.{dice.randrange(256)} - - [23/Nov/2026:{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02} +0000] "
            f'"GET {path} HTTP/1.1" {status} {dice.randrange(200, 40_000)} "https://shop.example.com{dice.choice(paths[:2])}" '
            f'"{dice.choice(agents)}" rt=0.{dice.randrange(1000):03}{tail}\n'
        )
        size -= len(line)
        yield line


def _on_disk(wharf):
    return sum(path.stat().st_blocks * 512 for path in (wharf.data / "server" / "journal").rglob("*") if path.is_file())


def _settled(wharf):
    """What the journal takes, when that has not changed for two seconds."""
    first = _on_disk(wharf)
    time.sleep(2)
    return first if _on_disk(wharf) == first else None


def _searched(logs, made, group, size):
    def search():
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=WORD)
        return sum(len(page["events"]) for page in pages)

    found, own = _fastest(search)
    copies = max(1, round(size / made.stat().st_size))
    plain = made.with_name("plain")
    with plain.open("wb") as out:
        for _ in range(copies):
            out.write(made.read_bytes())
    _, peer = _fastest(lambda: tools.run("rg", "--count", "--fixed-strings", WORD, str(plain)))
    own_rate, peer_rate = size / MIB / own, plain.stat().st_size / MIB / peer
    streams = "one stream of " if group == ONE_STREAM else ""
    what = f"search of {streams}{size / MIB:,.0f} MiB, {found} found, MiB / s"
    return [(what, f"{own_rate:,.0f}", f"ripgrep {peer_rate:,.0f}", f"{own_rate / peer_rate:.2f}")]


def _fastest(call):
    """What the call returns, and the seconds of the fastest of three."""
    times = []
    for _ in range(3):
        begun = time.monotonic()
        answer = call()
        times.append(time.monotonic() - begun)
    return answer, min(times)


def _counted(logs):
    now = int(time.time())
    begun = time.monotonic()
    asked = logs.start_query(logGroupName=GROUP, startTime=now - 7200, endTime=now, queryString="stats count(*) by bin(5m)")["queryId"]
    result = wait_for(lambda: _ended(logs, asked), 300, "the query's end", interval_s=0.02)
    took = time.monotonic() - begun
    counted = sum(int(field["value"]) for row in result["results"] for field in row if field["field"] == "count(*)")
    return (f"Insights: {counted:,} lines counted by bin, seconds", f"{took:.2f}", "–", "–")


def _ended(logs, query):
    found = logs.get_query_results(queryId=query)
    return found if found["status"] not in ("Running", "Scheduled") else None
