"""From starting the program to its first answer."""

import time

from harness.installation import Installation
from harness.waiting import wait_for

from . import peers

TITLE = "Start to ready"
METHOD = "From exec to `Ready.` (wharf, with its node) or the first answer over HTTP (peers). Ten starts of wharf, three of each peer."
COLUMNS = ("program", "median ms", "worst ms")
STARTS = 10


def run():
    rows = [("wharf up, empty", *peers.milliseconds([_empty() for _ in range(STARTS)]))]
    rows.append(("wharf up, 10,000 task definitions stored", *peers.milliseconds(_filled())))
    for name, peer in (("moto", peers.moto), ("etcd", peers.etcd), ("dockerd", peers.dockerd)):
        seconds = []
        for _ in range(3):
            with peer() as (_, taken, _):
                seconds.append(taken)
        rows.append((name, *peers.milliseconds(seconds)))
    return rows


def _ready(installation):
    begun = time.monotonic()
    installation.launch()
    wait_for(lambda: "Ready." in installation.output.text, 30, "Ready.", interval_s=0.0005)
    return time.monotonic() - begun


def _empty():
    with Installation() as installation:
        return _ready(installation)


def _filled():
    with Installation() as installation:
        installation.start()
        ecs = installation.client("ecs")
        containers = [{"name": "main", "image": "image", "memory": 64}]
        for number in range(10_000):
            ecs.register_task_definition(family=f"family-{number % 100}", containerDefinitions=containers)
        seconds = []
        for _ in range(STARTS):
            installation.down()
            seconds.append(_ready(installation))
        return seconds
