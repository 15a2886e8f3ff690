"""Messages a second through a queue, and what a million of them take."""

import concurrent.futures
import tempfile
import time

from harness import waiting
from harness.installation import Installation

from . import load, peers
from .api import Moto

TITLE = "Queues"
METHOD = (
    "Messages of 100 bytes in batches of ten, 64 connections, five seconds each way, every request signed; received ones are deleted, in batches too. "
    "wharf answers when a message is on disk, and checks signatures and policies; fauxqs (of npm) and moto keep messages in memory and check neither. Calls of moto look at all messages and wait for each other: it has four connections, for with 64 none is answered within the time. The client shares the cores with "
    "the server. Then a million messages in one queue: the memory of the server before and with them, and after its death by kill -9, with the time until another one answers and gives a message. "
    "A long poll's time is from the acknowledgement of the send to the answer, median and worst of 50."
)
COLUMNS = ("what", "wharf", "fauxqs", "moto")
MILLION = 1_000_000
CLIENTS = 64
OF_MOTO = 4


def run():
    with Installation() as wharf:
        wharf.start(node=False)
        taken = [_rates(wharf, CLIENTS)]
        with tempfile.TemporaryDirectory() as folder, peers.fauxqs(folder) as port:
            taken.append(_rates(Moto(port=port), CLIENTS))
        with peers.moto() as (_, _, port):
            taken.append(_rates(Moto(port=port), OF_MOTO))
        rows = [(what, *(one[what] for one in taken)) for what in taken[0]]
        rows.append(("long poll wakes, ms", "{} / {}".format(*peers.milliseconds(_wakes(wharf))), "–", "–"))
        return rows + _million(wharf)


def _rates(server, clients):
    url = server.client("sqs").create_queue(QueueName="bench")["QueueUrl"]
    sent = load.run("sqs-send", server, url, clients)
    # A warm-up of a second is in it as well.
    received = load.run("sqs-receive", server, url, clients)["counted"] / 6
    return {"messages sent / s": f"{sent['per_second'] * 10:,.0f}", "received and deleted / s": f"{received:,.0f}"}


def _wakes(wharf):
    sqs, poller, taken = wharf.client("sqs"), wharf.client("sqs"), []
    url = sqs.create_queue(QueueName="polled")["QueueUrl"]

    def poll():
        poller.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        return time.monotonic()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for _ in range(50):
            woken = pool.submit(poll)
            time.sleep(0.05)
            sqs.send_message(QueueUrl=url, MessageBody="x")
            acknowledged = time.monotonic()
            taken.append(max(woken.result() - acknowledged, 0))
    return taken


def _million(wharf):
    sqs = wharf.client("sqs")
    url = sqs.create_queue(QueueName="million")["QueueUrl"]
    before = _memory(wharf)
    while _count(sqs, url) < MILLION:
        load.run("sqs-send", wharf, url, CLIENTS, 5)
    count = _count(sqs, url)
    held = _memory(wharf)
    begun = time.monotonic()
    wharf.kill_child("server", interval_s=0.01)
    answered = time.monotonic() - begun
    waiting.wait_for(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), 60, "a message", interval_s=0.01)
    received = time.monotonic() - begun
    mib = 1 << 20
    return [
        (f"memory of the server with {count:,} messages more, MiB", f"{(held - before) / mib:,.0f} ({before / mib:,.0f} before)", "–", "–"),
        ("its memory after a restart with them, MiB", f"{_memory(wharf) / mib:,.0f}", "–", "–"),
        ("seconds from its death by kill -9 to the first answer / the first message", f"{answered:.2f} / {received:.2f}", "–", "–"),
    ]


def _count(sqs, url):
    return int(
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"]
    )


def _memory(wharf):
    return peers.own_bytes([wharf.child("server")])
