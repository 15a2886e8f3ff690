"""The log that wharf keeps of itself in its data folder."""

import json
import re
import stat

import pytest

from harness import images, tasks, tools
from harness.waiting import wait_for

PARTS = ("server", "agent", "lb", "supervisor")


def log(wharf, part):
    path = wharf.data / "log" / f"{part}.log"
    return path.read_text() if path.exists() else ""


def test_each_part_keeps_a_private_log(fresh):
    wait_for(lambda: all(log(fresh, part) for part in PARTS), what="the logs of all parts")
    assert "the control plane answers" in log(fresh, "server")
    assert "connected to the control plane" in log(fresh, "agent")
    folder = fresh.data / "log"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_killed_server_leaves_its_log_and_the_word_of_its_end(fresh):
    before = log(fresh, "server")
    fresh.kill_child("server")
    wait_for(lambda: log(fresh, "server").count("the control plane answers") == 2, 30, "the next server")
    assert log(fresh, "server").startswith(before)
    assert "WARN wharf: the server ended (SIGKILL); it starts again\n" in log(fresh, "supervisor")
    checks = json.loads(tools.run(tools.wharf(), "doctor", "--json", "--data", fresh.data, check=False).stdout)["checks"]
    (restarts,) = (check for check in checks if check["check"] == "restarts")
    assert restarts["verdict"] == "doubtful" and "the server ended (SIGKILL)" in restarts["detail"], restarts
    assert str(fresh.data / "log") in restarts["remedy"]


def test_the_node_tells_once_that_the_server_was_away(fresh):
    wait_for(lambda: "connected to the control plane" in log(fresh, "agent"), what="the node's first connection")

    def returns():
        return log(fresh, "agent").count("connected to the control plane again")

    for killed in (1, 2):
        fresh.kill_child("server")
        wait_for(lambda killed=killed: returns() == killed, 60, "the node's word that the server is back")
        lost = re.findall(r"^\S+ +WARN .*lost the control plane", log(fresh, "agent"), re.M)
        assert len(lost) == killed, lost


def test_a_first_network_is_no_news(fresh):
    """The load balancer listens there as well while it runs: it does not begin anew, which would cut what is open."""
    before = fresh.child("lb")
    image = images.push(fresh, "busybox")
    assert tasks.run_script(fresh, image, "echo up", network="awsvpc", run_options=tasks.in_vpc(fresh)).lines() == ["up"]
    wait_for(lambda: "load balancers follow" in log(fresh, "lb"), 20, "the load balancer's word of the address")
    assert fresh.child("lb") == before
    assert "again" not in log(fresh, "supervisor")
    assert "ended" not in fresh.output.text
    checks = json.loads(tools.run(tools.wharf(), "doctor", "--json", "--data", fresh.data, check=False).stdout)["checks"]
    assert not [check for check in checks if check["check"] == "restarts" and check["verdict"] in ("bad", "doubtful")], checks


@pytest.mark.parametrize(("arguments", "words"), [(("--log-level", "debug"), {"DEBUG", "INFO"}), (("--log-level", "error"), set())])
def test_the_level_is_chosen(unstarted, arguments, words):
    wharf = unstarted(arguments=arguments).start()
    wharf.client("ecs").list_clusters()
    text = "".join(log(wharf, part) for part in PARTS)
    assert set(re.findall(r"^\S+ +(DEBUG|INFO|WARN) ", text, re.M)) - {"WARN"} == words, text[:2000]
    for secret in (wharf.root.secret_key, wharf.registry_password()):
        assert secret not in text


def test_an_unknown_level_is_refused(tmp_path):
    done = tools.run(tools.wharf(), "server", "--data", tmp_path, "--log-level", "wharf=loud", check=False)
    assert done.returncode == 2 and "--log-level" in done.stderr
