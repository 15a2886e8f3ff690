"""What hosts of a zone spare the registry by having layers from each other, and how soon their tasks run."""

import pathlib
import tempfile
import time

from harness import images, tasks, tools
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from harness.waiting import wait_for
from test_metrics import of_part

TITLE = "Layers shared between hosts"
HOSTS = 4
MIB = 128
MBIT = 400
METHOD = (
    f"{HOSTS} hosts in namespaces on one wire start a task each of a new image at the same moment; its layer has {MIB} MiB that do not shrink. The server "
    f"sends {MBIT} Mbit/s at most, hosts are not held back. Sent by the registry: bytes of layers that hosts counted; seconds: until all tasks are RUNNING."
)
COLUMNS = ("hosts", "MiB sent by the registry", "MiB sent by hosts", "seconds")


def run():
    return [_measure("alone", ()), _measure("that share layers", ("--share-layers",))]


def _measure(what, arguments):
    with Lan(), Installation(arguments=["--listen", SERVER]) as server, tempfile.TemporaryDirectory() as folder:
        server.start()
        hosts = [Host(server, number, node_arguments=arguments).join() for number in range(1, HOSTS + 1)]
        try:
            if arguments:
                wait_for(lambda: all(_counted(host, "wharf_agent_sharing") for host in hosts), 30, "hosts that share")
            layout, _ = images.with_random_layer(pathlib.Path(folder) / "image", MIB << 20)
            uri = images.ensure_repository(server, "shared")
            images.skopeo_copy(server, layout, f"docker://{uri}:1")
            definition = tasks.register(server, f"{uri}:1", command=["sleep", "1000"])
            tools.run("tc", "qdisc", "add", "dev", "lan-server", "root", "tbf", "rate", f"{MBIT}mbit", "burst", "1m", "latency", "50ms")
            begun = time.monotonic()
            ecs = server.client("ecs")
            answers = [ecs.start_task(taskDefinition=definition, containerInstances=[host.instance]) for host in hosts]
            for answer in answers:
                tasks.Task(server, answer["tasks"][0]["taskArn"]).wait("RUNNING", 300)
            took = time.monotonic() - begun
            sent = [
                sum(_counted(host, name) for host in hosts) / (1 << 20)
                for name in ("wharf_agent_downloaded_bytes_total", "wharf_agent_peer_bytes_total")
            ]
        finally:
            for host in hosts:
                host.close()
    return (f"{HOSTS} {what}", *(f"{mib:,.0f}" for mib in sent), f"{took:.1f}")


def _counted(host, name):
    return of_part(host, "metrics.sock")[(name,)]
