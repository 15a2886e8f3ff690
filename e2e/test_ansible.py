"""ansible with Amazon's modules, unpatched: a web service from nothing, once more without a change, looked at, and gone."""

import pytest

from harness import quick_ansible, tasks, tools
from harness.installation import free_port
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(3.5)

PLAYBOOKS = tools.REPOSITORY / "e2e" / "ansible"
PLAY_DEADLINE_S = 400


class Stack:
    """A prefix of names, and the playbooks that are run with it."""

    def __init__(self, wharf, image, home):
        self.wharf, self.home = wharf, home
        self.name, self.port = tasks.unique("aweb"), free_port()
        self.variables = {"stack": self.name, "image": image, "port": self.port}

    def play(self, name):
        """Runs a playbook and returns the names of the tasks that changed something."""
        given = [word for variable, value in self.variables.items() for word in ("-e", f"{variable}={value}")]
        done = tools.run(
            tools.client("ansible-playbook"), "-i", "localhost,", *given, PLAYBOOKS / f"{name}.yml",
            env=self.environment(), timeout_s=PLAY_DEADLINE_S,
        )  # fmt: skip
        return changed_tasks(done.stdout)

    def environment(self):
        return self.wharf.environment() | {
            "ANSIBLE_COLLECTIONS_PATH": str(tools.CLIENTS / "collections"),
            "ANSIBLE_CONFIG": str(PLAYBOOKS / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.home),
            "ANSIBLE_PYTHON_INTERPRETER": str(quick_ansible.python()),
            "ANSIBLE_REMOTE_TMP": str(self.home / "remote"),
            "LC_ALL": "C.UTF-8",
        }

    def ask(self, path="/"):
        """What the load balancer answers at its URL."""
        (balancer,) = self.wharf.client("elbv2").describe_load_balancers(Names=[self.name])["LoadBalancers"]
        url = f"http://{balancer['DNSName']}:{self.port}{path}"
        return tools.run("curl", "-sS", "--write-out", " %{http_code}", url, check=False).stdout


def changed_tasks(printed):
    """The tasks of a play's output that report a change."""
    found, task = [], None
    for line in printed.splitlines():
        if line.startswith("TASK ["):
            task = line.partition("[")[2].partition("]")[0]
        elif line.startswith("changed:") and task not in found:
            found.append(task)
    return found


@pytest.fixture(scope="module")
def stack(wharf, web, tmp_path_factory):
    made = Stack(wharf, web, tmp_path_factory.mktemp("ansible"))
    changed = made.play("site")
    assert {"VPC", "Load balancer", "Rules", "Service", "A task of its own, once for each definition"} <= set(changed), changed
    yield made
    made.play("absent")


def test_the_load_balancer_answers(stack):
    wait_for(lambda: stack.ask().endswith(" 200"), 30, "an answer of a task")
    assert stack.ask().startswith("ansible 10.40.")
    assert stack.ask("/fixed") == "from a rule 200"


def test_a_second_run_changes_nothing(stack):
    assert stack.play("site") == []


def test_the_modules_that_look_find_it(stack):
    assert stack.play("look") == []


def test_the_repository_is_as_the_playbook_says(stack):
    ecr, name = stack.wharf.client("ecr"), f"{stack.name}/web"
    (repository,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert '"countNumber": 10' in ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]


def test_the_task_of_its_own_has_run(stack):
    ecs = stack.wharf.client("ecs")

    def ended():
        arns = ecs.list_tasks(cluster=stack.name, startedBy="ansible", desiredStatus="STOPPED")["taskArns"]
        return arns and ecs.describe_tasks(cluster=stack.name, tasks=arns, include=["TAGS"])["tasks"]

    (task,) = wait_for(ended, 30, "the end of the task")
    assert task["containers"][0]["exitCode"] == 0 and task["tags"] == [{"key": "made-by", "value": "ansible"}]
    events = stack.wharf.client("logs").filter_log_events(logGroupName=f"/{stack.name}", filterPattern="migrated")["events"]
    assert [event["message"] for event in events] == ["migrated"]
