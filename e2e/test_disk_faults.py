"""Store and journal on a machine that runs out of descriptors, and on a disk that fails: a delay or a restart, never a loss."""

import resource
import socket
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from harness import processes
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(1)


def definition(number, kilobytes=60):
    """What a user registers, large enough that some of them fill a file of the store's log."""
    environment = [{"name": "FILLER", "value": "x" * (kilobytes << 10)}]
    return {
        "family": f"filler-{number}",
        "containerDefinitions": [{"name": "main", "image": "none", "memory": 16, "environment": environment}],
    }


def register(ecs, number):
    return ecs.register_task_definition(**definition(number))["taskDefinition"]["taskDefinitionArn"]


def descriptors(pid):
    return sum(1 for _ in (processes.PROC / str(pid) / "fd").iterdir())


def test_running_out_of_descriptors_is_a_delay(unstarted):
    wharf = unstarted().start(node=False)
    server = wharf.child("server")
    ecs = wharf.client("ecs")
    kept = [register(ecs, "before")]
    # The client's connection stays; from now on the server opens nothing more, and strangers wait at its door.
    limits = resource.prlimit(server, resource.RLIMIT_NOFILE)
    resource.prlimit(server, resource.RLIMIT_NOFILE, (descriptors(server), limits[1]))
    strangers = [socket.create_connection(("127.0.0.1", wharf.port), timeout=5) for _ in range(50)]
    refused = 0
    for number in range(150):
        try:
            kept.append(register(ecs, number))
        except (BotoCoreError, ClientError) as error:
            status = (getattr(error, "response", None) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
            assert status >= 500, error
            refused += 1
    # 9 MiB: the log began a new file of 4 MiB, and found none for the one after.
    assert len(kept) > 100, f"{refused} were refused"
    resource.prlimit(server, resource.RLIMIT_NOFILE, limits)
    for stranger in strangers:
        stranger.close()
    wait_for(wharf.healthy, 30, "health with descriptors again")
    kept.append(wait_for(lambda: register(wharf.client("ecs"), "after"), 30, "a write with descriptors again"))
    assert wharf.child("server") == server, "the server was restarted"
    for arn in kept:
        wharf.client("ecs").describe_task_definition(taskDefinition=arn)


@pytest.mark.parametrize(
    "faults", ["sync eio 1/60", "write short 1/60", "set-len eio 1/2\nrename eio 1/7"], ids=["sync", "write", "rotate"]
)
def test_a_log_that_failed_is_opened_again_by_a_new_server(unstarted, tmp_path, faults):
    """The server ends itself, its supervisor starts the next, and what was acknowledged is there."""
    told = tmp_path / "faults"
    wharf = unstarted(under=("env", f"WHARF_TEST_DISK_FAULTS={told}")).start(node=False)
    servers = {wharf.child("server")}
    kept = []
    told.write_text(faults)
    # A fault is a matter of chance: as many writes as it takes, at most some fifteen files of the log.
    for number in range(1000):
        try:
            kept.append(register(wharf.client("ecs"), number))
        except (BotoCoreError, ClientError) as error:
            status = (getattr(error, "response", None) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
            assert status >= 500, error
            wait_for(wharf.healthy, 60, "a server whose log is open")
            servers.add(wait_for(lambda: wharf.child("server"), 20, "a server"))
        if len(servers) > 3 and len(kept) > 80 or len(servers) > 1 and number >= 160:
            break
    told.unlink()
    wait_for(wharf.healthy, 60, "health on a sound disk")
    assert len(servers) > 1, f"no server ended: {wharf.output.text[-2000:]}"
    wharf.kill_child("server")
    ecs = wharf.client("ecs")
    for arn in kept:
        ecs.describe_task_definition(taskDefinition=arn)
    register(ecs, "after")


def test_health_costs_no_write(unstarted):
    """Anybody may ask for it, as often as he likes."""
    wharf = unstarted().start(node=False)
    folder = wharf.data / "server" / "store"

    def written():
        return {path.name: path.read_bytes() for path in folder.glob("*.log")}

    # Whatever the start still has to write.
    wait_for(lambda: (a := written()) == (threading.Event().wait(2), written())[1] and a, 60, "a store at rest")

    def costs_nothing():
        before = written()
        for _ in range(5):
            assert wharf.healthy()
            threading.Event().wait(1.1)
        return written() == before

    # Something is written once a minute, too: not while all of three times five are asked.
    assert any(costs_nothing() for _ in range(3))


def test_a_damaged_last_write_is_not_taken_for_a_torn_one(unstarted):
    """The server does not start on it; `wharf repair` says what it would cost and gives it up on request."""
    from harness import tools

    wharf = unstarted().start(node=False)
    ecs = wharf.client("ecs")
    for number in range(5):
        register(ecs, number)
    register(ecs, "last")

    def written():
        log = max((wharf.data / "server" / "store").glob("*.log"))
        return log.read_bytes().rstrip(b"\0")

    def answers():
        try:
            return wharf.healthy()
        except OSError:
            return False

    def damaged():
        """The last of the log's bytes are changed while nobody runs; what the log holds, or nothing if the server takes it."""
        wait_for(lambda: written() == (threading.Event().wait(1), written())[1], 60, "a store at rest")
        wharf.kill_all()
        log = max((wharf.data / "server" / "store").glob("*.log"))
        contents = bytearray(log.read_bytes())
        contents[len(contents.rstrip(b"\0")) - 5] ^= 0xFF
        log.write_bytes(contents)
        wharf.launch()
        wait_for(lambda: wharf.process.poll() is not None or answers(), 60, "a start, or an end")
        return (log, contents) if wharf.process.poll() else None

    # A write that the kill interrupted is a torn one: then once more.
    log, contents = damaged() or damaged() or damaged()
    assert "damaged" in wharf.output.text and "wharf repair" in wharf.output.text, wharf.output.text
    told = tools.run(tools.wharf(), "repair", "--data", wharf.data, check=False)
    assert told.returncode != 0 and "acknowledged" in told.stdout + told.stderr
    assert bytes(contents) == log.read_bytes(), "nothing is changed unasked"
    given_up = tools.run(tools.wharf(), "repair", "--data", wharf.data, "--give-up-damaged")
    assert "damaged" in given_up.stdout
    wharf.start(node=False)
    wharf.client("ecs").describe_task_definition(taskDefinition="filler-4")
    found = wharf.client("ecs").list_task_definitions()["taskDefinitionArns"]
    assert len(found) >= 5
    register(wharf.client("ecs"), "after")
