"""The keyring of a joined node: from a file elsewhere, a passphrase, a descriptor; and rotated while the node works."""

import json
import pathlib
import signal
import subprocess
import time

import pytest

from harness import disk, joining, processes, sealed, tools
from harness.installation import Installation
from harness.waiting import wait_for
from test_keys import connected, key_material, secret_file, seen_by_others

ADDRESS = "127.0.0.2"
DEADLINE_S = 60


@pytest.fixture(scope="module")
def listening():
    with Installation(arguments=["--listen", ADDRESS]) as alone:
        yield alone.start()


def state(node):
    """What the node's load balancers keep: private keys of certificates, once there are some."""
    return pathlib.Path(node.data) / "node" / "load-balancer-plane.json"


def rotate(node, *keyring, check=True):
    return tools.run(tools.wharf(), "keys", "rotate", "node-keyring", "--data", node.data, *keyring, check=check)


def part(node, name):
    found = (pid for pid in processes.children(node.process.pid) if processes.command_line(pid)[1:2] == [name])
    return next(found, None)


def kill_part(node, name):
    """kill -9, until the next one is there."""
    old = part(node, name)
    processes.kill(old)
    wait_for(lambda: part(node, name) not in (None, old), DEADLINE_S, f"a new {name}")


def works(wharf, node):
    """The node answers with the keys in its file, from processes that were started now."""
    for name in ("agent", "lb"):
        kill_part(node, name)
    sent = len(node.log)
    wait_for(lambda: connected(wharf, node), DEADLINE_S, "the node")
    assert node.name.startswith("wharf-node-")
    assert "does not open" not in node.log[sent:]


def refused_start(node, said):
    """Starting it as it is now says why it does not."""
    before = len(node.log)
    node.start()
    assert node.process.wait(DEADLINE_S) != 0
    assert said in node.log[before:], node.log[before:]


def test_it_lies_in_a_file_outside_the_data_folder_and_is_rotated(listening, tmp_path):
    wharf, elsewhere = listening, tmp_path / "keys" / "node"
    option = ("--keyring-file", elsewhere)
    with joining.Joined(wharf, ADDRESS, "--lb", arguments=option) as node:
        node.keyring = elsewhere
        assert not (pathlib.Path(node.data) / "node-keyring").exists()
        wait_for(lambda: state(node).exists(), DEADLINE_S, "what its load balancers keep")
        before = json.loads(elsewhere.read_text())
        assert not disk.files_with(node.data, *key_material(elsewhere.read_text()))
        assert sealed.key(node.identity_file) == sealed.key(state(node)) == before["active"]
        # While it works.
        assert "Rotated." in rotate(node, *option).stdout
        after = json.loads(elsewhere.read_text())
        assert [key["id"] for key in after["keys"]] == [after["active"]] and after["active"] != before["active"]
        assert sealed.key(node.identity_file) == sealed.key(state(node)) == after["active"]
        works(wharf, node)
        # While it does not.
        node.stop()
        rotate(node, *option)
        last = json.loads(elsewhere.read_text())["active"]
        assert last != after["active"] and sealed.key(node.identity_file) == sealed.key(state(node)) == last
        # Where nobody says where it is there is none, and it is not replaced by a new one.
        node.arguments = ()
        refused_start(node, "is missing")
        assert not (pathlib.Path(node.data) / "node-keyring").exists()
        assert "no keyring of this node" in rotate(node, check=False).stderr
        node.arguments = option
        node.start()
        wait_for(lambda: connected(wharf, node), DEADLINE_S, "the node")


def test_rotations_that_are_killed_are_finished_by_the_next(listening):
    wharf = listening
    with joining.Joined(wharf, ADDRESS, "--lb") as node:
        machines = state(node).parent / "machines-plane.json"
        for file in (state(node), machines):
            wait_for(file.exists, DEADLINE_S, f"{file.name}")
        for number in range(12):
            command = [str(word) for word in (tools.wharf(), "keys", "rotate", "node-keyring", "--data", node.data)]
            rotation = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(0.02 * number)
            if number % 3 == 0:
                # The parts too, in the midst of it.
                for name in ("agent", "lb"):
                    pid = part(node, name)
                    if pid:
                        processes.kill(pid)
            rotation.send_signal(signal.SIGKILL)
            rotation.wait(DEADLINE_S)
            # Whatever is there opens.
            assert json.loads(sealed.opened(node.identity_file, node.keyring, "node/identity"))["endpoint"]
            assert sealed.opened(state(node), node.keyring, "node/plane/load-balancer")
        rotate(node)
        assert len(json.loads(node.keyring.read_text())["keys"]) == 1
        assert sealed.key(state(node)) == sealed.key(machines)
        works(wharf, node)


def test_it_has_a_passphrase(listening, tmp_path):
    wharf, text = listening, "correct-horse-battery-staple"
    first, wrong = secret_file(tmp_path / "first", text), secret_file(tmp_path / "wrong", "something-else")
    option = ("--keyring-passphrase-file", first)
    with joining.Joined(wharf, ADDRESS, "--lb", arguments=option) as node:
        wait_for(lambda: state(node).exists(), DEADLINE_S, "what its load balancers keep")
        assert "scrypt" in node.keyring.read_text() and sealed.is_sealed(node.identity_file)
        before = sealed.key(node.identity_file)
        for name in ("agent", "lb"):
            kill_part(node, name)
        wait_for(lambda: connected(wharf, node), DEADLINE_S, "the node")
        assert "passphrase" in rotate(node, check=False).stderr
        assert "not that of" in rotate(node, "--keyring-passphrase-file", wrong, check=False).stderr
        assert sealed.key(node.identity_file) == before
        rotate(node, *option)
        assert sealed.key(node.identity_file) == sealed.key(state(node)) != before
        for name in ("agent", "lb"):
            kill_part(node, name)
        wait_for(lambda: connected(wharf, node), DEADLINE_S, "the node")
        assert not seen_by_others(text.encode()) and not disk.files_with(node.data, text.encode()) and text not in node.log
        node.stop()
        node.arguments = ("--keyring-passphrase-file", wrong)
        refused_start(node, "not that of")
        node.arguments = ()
        refused_start(node, "--keyring-passphrase-file")
        node.arguments = option
        node.start()
        wait_for(lambda: connected(wharf, node), DEADLINE_S, "the node")


def test_it_comes_from_a_descriptor_and_is_on_no_disk(listening, tmp_path):
    wharf = listening
    document = tools.run(tools.wharf(), "keys", "new").stdout
    kept = secret_file(tmp_path / "kept", document)
    other = secret_file(tmp_path / "other", tools.run(tools.wharf(), "keys", "new").stdout)
    under = lambda file: ("bash", "-c", 'exec "${@:2}" 3< "$1"', "bash", file)  # noqa: E731
    option = ("--keyring-fd", "3")
    with joining.Joined(wharf, ADDRESS, "--lb", arguments=option, under=under(kept)) as node:
        node.keyring = kept
        wait_for(lambda: state(node).exists(), DEADLINE_S, "what its load balancers keep")
        assert sealed.is_sealed(node.identity_file) and sealed.is_sealed(state(node))
        works(wharf, node)
        needles = list(key_material(document))
        assert not disk.files_with(node.data, *needles) and not any(seen_by_others(needle) for needle in needles)
        assert not (pathlib.Path(node.data) / "node-keyring").exists()
        assert "from a descriptor" in rotate(node, check=False).stderr.replace("given by a descriptor", "from a descriptor")
        node.stop()
        node.arguments, node.under = (), ()
        refused_start(node, "is missing")
        node.arguments, node.under = option, under(other)
        refused_start(node, "does not open with this node's keyring")
        node.under = under(kept)
        node.start()
        wait_for(lambda: connected(wharf, node), DEADLINE_S, "the node")


def test_that_of_the_servers_own_node_is_rotated(listening):
    wharf = listening
    own = pathlib.Path(wharf.data) / "node"
    before = sealed.key(own / "identity.json")
    assert "Rotated." in wharf.run("keys", "rotate", "node-keyring").stdout
    after = sealed.key(own / "identity.json")
    assert after != before
    # The next server writes credentials that the node opens.
    wharf.kill_child("server")
    wharf.wait_node()
    assert sealed.key(own / "identity.json") == after
    wharf.kill_child("node")
    wharf.kill_child("lb")
    wharf.wait_node()
    # So does this one, with a keyring that it has read before.
    wharf.run("keys", "rotate", "node-keyring")
    wharf.run("keys", "rotate", "keyring")
    wharf.run("keys", "retire", "--now", "--yes")
    assert sealed.key(own / "identity.json") not in (before, after)
    wharf.kill_child("node")
    wharf.wait_node()
