"""The program itself: starting, ending, several at once, and what it says when it cannot."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from harness import host, images, processes, tasks, tools
from harness.installation import START_DEADLINE_S, free_port
from harness.tasks import sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(1)

LASTING = sh("trap 'exit 0' TERM; while :; do usleep 100000; done")


def up(*arguments, **options):
    """`wharf up` that is expected to fail at once."""
    return tools.run(tools.wharf(), "up", *arguments, check=False, timeout_s=START_DEADLINE_S, **options)


def test_ready_names_the_next_commands(unstarted):
    wharf = unstarted()
    wharf.launch()
    wharf.wait_ready()
    after = wharf.output.text.partition("Ready.")[2]
    assert "wharf env" in after and "aws" in after, after
    assert len([line for line in after.splitlines() if "wharf" in line or "aws" in line or "docker" in line or "skopeo" in line]) >= 3


def test_health(wharf):
    import requests

    answer = requests.get(f"{wharf.endpoint}/health", timeout=5)
    assert answer.status_code == 200
    assert wharf.root.secret_key not in answer.text


def test_under_nohup(unstarted):
    """It outlives the terminal, and what it runs starts with every signal as usual."""
    wharf = unstarted(under=["nohup"]).start()
    image = images.push(wharf, "busybox")
    wharf.process.send_signal(signal.SIGHUP)
    task = tasks.run(wharf, image, command=["grep", "SigIgn", "/proc/self/status"])
    task.wait("STOPPED")
    assert int(task.output().split()[1], 16) == 0
    assert wharf.process.poll() is None


def test_env_can_be_evaluated(wharf):
    assert wharf.exports.keys() >= {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"}
    printed = tools.run(tools.wharf(), "env", "--data", wharf.data).stdout
    assert all(line.startswith(("export ", "unset ")) for line in printed.splitlines() if line and not line.startswith("#"))


def test_a_server_alone_is_found_by_the_other_commands(tmp_path):
    port = free_port()
    with subprocess.Popen(
        [str(tools.wharf()), "server", "--data", str(tmp_path), "--port", str(port)], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout.readline() == f"Ready. wharf answers at http://localhost:{port}\n"
            assert f":{port}" in tools.run(tools.wharf(), "env", "--data", tmp_path).stdout
            assert "default" in tools.run(tools.wharf(), "status", "--data", tmp_path).stdout
            assert "--join - <<< " in tools.run(tools.wharf(), "token", "--data", tmp_path).stdout
        finally:
            server.terminate()
    assert server.returncode == 0


def test_down_ends_a_server_alone(tmp_path):
    port = free_port()
    with subprocess.Popen(
        [str(tools.wharf()), "server", "--data", str(tmp_path), "--port", str(port)], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout.readline().startswith("Ready.")
            said = tools.run(tools.wharf(), "down", "--data", tmp_path).stdout
            assert f"Stopping wharf server (process {server.pid})" in said and "`wharf server` goes on with it" in said, said
            assert server.wait(10) == 0
        finally:
            server.kill()
    assert "Stopping" not in tools.run(tools.wharf(), "down", "--data", tmp_path).stdout


def test_status_and_doctor(wharf, busybox):
    task = tasks.run(wharf, busybox, **LASTING)
    task.wait("RUNNING")
    status = tools.run(tools.wharf(), "status", "--data", wharf.data).stdout
    assert "default" in status and task.id[:8] in status, status
    task.stop()
    doctor = tools.run(tools.wharf(), "doctor", check=False)
    assert doctor.returncode == 0 and "overlay" in doctor.stdout.lower(), doctor.stdout + doctor.stderr


def test_secrets_stay_out_of_sight(fresh):
    """The root's secret key is neither printed nor readable by others, nor stored in the clear in the store."""
    secret = fresh.root.secret_key
    assert secret not in fresh.output.text
    for pid in (fresh.process.pid, fresh.child("server"), fresh.child("node")):
        assert secret not in " ".join(processes.command_line(pid))
    for folder, _, names in os.walk(fresh.data / "server"):
        for name in names:
            path = pathlib.Path(folder) / name
            if path.is_file() and secret.encode() in path.read_bytes():
                assert path.stat().st_mode & 0o077 == 0, f"{path} shows the secret key"
                assert "store" not in str(path.relative_to(fresh.data)), f"{path} holds the secret key unsealed"


# Down


LEND_NETWORK = ("--allow", "host-network")


def everything(wharf):
    """A task in every network mode, running."""
    image = images.push(wharf, "busybox")
    started = []
    for network in ("none", "host", "bridge", "awsvpc"):
        options = tasks.in_vpc(wharf) if network == "awsvpc" else {}
        ports = {"portMappings": [{"containerPort": 80, "hostPort": 0}]} if network == "bridge" else {}
        started.append(tasks.run(wharf, image, network=network, run_options=options, **ports, **LASTING))
    for task in started:
        task.wait("RUNNING")
    return started


def assert_restored(before, mark):
    try:
        wait_for(lambda: not host.differences(before, host.snapshot(), mark), 20, "the host as it was")
    except AssertionError:
        pytest.fail("\n".join(host.differences(before, host.snapshot(), mark)))


@pytest.mark.parametrize("manner", ["down", "after kill -9 of all", "interrupted"])
def test_down_restores_the_host(unstarted, manner):
    before = host.snapshot()
    wharf = unstarted(arguments=LEND_NETWORK).start()
    mark = wharf.id
    assert len(mark) == 4
    everything(wharf)
    assert host.differences(before, host.snapshot(), mark), "nothing changed on the host: the comparison is blind"
    if manner == "after kill -9 of all":
        wharf.kill_all()
    if manner == "interrupted":
        wharf.process.send_signal(signal.SIGINT)
        wharf.process.wait(30)
    wharf.down()
    assert_restored(before, mark)


def test_down_without_up_is_no_error(unstarted):
    wharf = unstarted().start(node=False)
    wharf.down()
    again = tools.run(tools.wharf(), "down", "--data", wharf.data, check=False)
    assert again.returncode == 0, again.stderr


def test_data_survives_down_and_up(unstarted):
    wharf = unstarted().start()
    wharf.client("ecs").create_cluster(clusterName="kept")
    keys, image = wharf.root.access_key, images.push(wharf, "busybox")
    wharf.down()
    wharf.start()
    assert wharf.client("ecs").describe_clusters(clusters=["kept"])["clusters"]
    assert wharf.root.access_key == keys
    assert tasks.run_script(wharf, image, "echo again").lines() == ["again"]


def test_two_installations_do_not_disturb_each_other(unstarted):
    before = host.snapshot()
    one, two = (unstarted(arguments=LEND_NETWORK).start() for _ in range(2))
    assert one.id != two.id
    started = {wharf: everything(wharf) for wharf in (one, two)}
    assert all(tasks_address(started[wharf][-1]) for wharf in (one, two))
    one.down()
    for task in started[two]:
        assert task.describe()["lastStatus"] == "RUNNING"
    assert tasks.run_script(two, images.push(two, "busybox"), "echo well").lines() == ["well"]
    mark = two.id
    two.down()
    assert_restored(before, mark)


def tasks_address(task):
    return task.describe()["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]


# What is said when it cannot


def assert_helpful(done, *words):
    """A failed start names the thing and the remedy, without a backtrace."""
    said = done.stdout + done.stderr
    assert done.returncode not in (0, 101, -6), said
    assert "panicked" not in said and "RUST_BACKTRACE" not in said
    for word in words:
        assert word in said, f"'{word}' is missing in: {said}"
    assert len(said.splitlines()) < 15, said
    return done.returncode


def test_port_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_helpful(up("--data", tmp_path / "data", "--port", port), port, "--port")
        assert not (tmp_path / "data").exists(), "a start that failed left something behind"
        alone = tools.run(tools.wharf(), "server", "--data", tmp_path / "data", "--port", port, check=False)
        assert assert_helpful(alone, port, "--port") == 5
        assert not (tmp_path / "data").exists(), "a server that failed left something behind"


@pytest.mark.parametrize("command", ["up", "server"])
def test_arguments_that_cannot_work_are_refused_at_once(tmp_path, command):
    data, port = tmp_path / "data", free_port()
    start = [tools.wharf(), command, "--data", data, "--port", port]
    done = tools.run(*start, "--trails", "/etc/passwd", check=False)
    assert_helpful(done, "/etc/passwd is no folder", "--trails")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = tools.run(*start, "--metrics", address, check=False)
        assert assert_helpful(done, address, "--metrics") == 5
    assert not data.exists(), "a start that failed left something behind"


def test_a_node_that_cannot_join_leaves_nothing_behind(tmp_path):
    data, token = tmp_path / "data", f"{'0' * 16}.{'0' * 32}.{'0' * 64}"
    start = [tools.wharf(), "node", "--data", data, "--server", f"https://127.0.0.1:{free_port()}"]
    for given, words in [("bad", ("wharf token",)), (token, ("cannot reach the server at 127.0.0.1", "--listen", "firewall"))]:
        done = tools.run(*start, env={**os.environ, "WHARF_JOIN_TOKEN": given}, check=False)
        assert assert_helpful(done, *words) == 1
        assert not data.exists(), "a node that failed left something behind"


def test_data_folder_in_use(wharf):
    before = wharf.process.pid
    done = up("--data", wharf.data, "--port", free_port())
    assert_helpful(done, str(wharf.data), "--data")
    assert wharf.process.pid == before and wharf.healthy()


@pytest.fixture(scope="module")
def as_nobody():
    """Runs the program, from a folder that all may read, as a user who may do nothing."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-"))
    program = folder / "wharf"
    shutil.copy(tools.wharf(), program)
    folder.chmod(0o755)
    program.chmod(0o755)

    def run(*arguments):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=START_DEADLINE_S, check=False, stdin=subprocess.DEVNULL)

    yield run
    shutil.rmtree(folder)


def test_not_root(as_nobody, tmp_path):
    (tmp_path / "data").mkdir(mode=0o777)
    done = as_nobody("up", "--data", tmp_path / "data", "--port", str(free_port()))
    assert_helpful(done, "root", "sudo")


@pytest.mark.parametrize(
    "command",
    [
        ["env"],
        ["ca"],
        ["ca", "--endpoint"],
        ["status"],
        ["logs", "web"],
        ["exec", "web", "--", "true"],
        ["explain", "service", "web"],
        ["why", "0a"],
        ["token"],
        ["backup", "/tmp/wharf-copy"],
        ["restore", "/tmp/wharf-copy"],
        ["repair"],
        ["keys", "list"],
        ["keys", "rotate", "root"],
        ["keys", "passphrase", "--remove"],
        ["node", "list"],
        ["node", "remove", "x"],
        ["server"],
        ["down"],
    ],
    ids=" ".join,
)
def test_a_user_is_told_to_be_root(wharf, as_nobody, command):
    """Another user's look at root's installation names the file and the way, whatever the command."""
    name, *rest = command
    at = 1 if name in ("keys", "node") else 0
    rest[at:at] = ["--data", str(wharf.data)]
    done = as_nobody(name, *rest)
    assert assert_helpful(done, "Run it again with sudo.") == 3
    if name != "down":
        assert str(wharf.data) in done.stderr, done.stderr


def test_data_folder_that_cannot_be_made(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert_helpful(up("--data", blocked / "data", "--port", free_port()), str(blocked))


def test_data_folder_of_something_else(tmp_path):
    """A folder with files that are not wharf's is not taken over silently broken."""
    (tmp_path / "installation").write_text("no id at all\n" * 100)
    assert_helpful(up("--data", tmp_path, "--port", free_port()), "installation")


def test_unknown_flags_and_values():
    for arguments in (["--iam", "maybe"], ["--port", "99999"], ["--port", "x"], ["--nonsense"], ["--listen", "not an address"]):
        done = up(*arguments)
        assert done.returncode == 2 and arguments[0] in done.stderr, done.stderr


def test_clients_without_a_running_wharf(tmp_path):
    for command in ("env", "status"):
        done = tools.run(tools.wharf(), command, "--data", tmp_path, check=False)
        assert_helpful(done, "wharf up")


def test_missing_kernel_feature_is_named():
    """Without the control groups' mount nothing can be limited: the name of the thing and what to do."""
    data = tempfile.mkdtemp(prefix="wharf-e2e-")
    try:
        script = (
            f"umount -R /sys/fs/cgroup 2>/dev/null || umount -Rl /sys/fs/cgroup; exec {tools.wharf()} up --data {data} --port {free_port()}"
        )
        done = tools.run("unshare", "--mount", "--propagation", "private", "sh", "-c", script, check=False, timeout_s=START_DEADLINE_S)
        assert_helpful(done, "cgroup")
    finally:
        shutil.rmtree(data, ignore_errors=True)


def test_version_and_help():
    assert tools.run(tools.wharf(), "--version").stdout.startswith("wharf ")
    shown = tools.run(tools.wharf(), "--help").stdout
    for command in ("up", "down", "status", "doctor", "env", "server", "node", "demo"):
        assert command in shown
