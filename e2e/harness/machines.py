"""Tasks with an address of their own that are asked, and from which others are asked."""

import subprocess

from . import processes, tasks, tools
from .services import address
from .tasks import sh
from .waiting import wait_for

ECHO = "nc -ll -p 7 -e cat & trap 'exit 0' TERM; echo hello >/var/www/index.html; httpd -f -p 80 -h /var/www & wait"
ECHO_PORTS = (7, 80)
# Says a line for each that it reads, so that one sees which of them were answered.
TALK = "import socket,sys; s=socket.create_connection((sys.argv[1], 7), 5).makefile('rw')\nfor line in sys.stdin: s.write(line); s.flush(); print(s.readline(), end='', flush=True)"
ANSWER_S = 5
# Silence is what a group answers with: the shortest wait that no answer on this machine needs.
SILENCE_S = 1


class Machine:
    """A running task that other tasks ask, and from which they are asked: its programs listen. One with a script of its own says where
    those do."""

    def __init__(self, wharf, image, subnet, *groups, ports=None, **container):
        configuration = {"subnets": [subnet], "securityGroups": list(groups)}
        self.task = tasks.run(
            wharf, image, network="awsvpc", run_options={"networkConfiguration": {"awsvpcConfiguration": configuration}}, **{**sh(ECHO), **container}
        )  # fmt: skip
        described = self.task.wait("RUNNING")
        self.address, self.pid = address(described), processes.of_container(described)
        if ports is None:
            ports = () if "command" in container else ECHO_PORTS
        # RUNNING does not say so, and who is not answered for that reason is not kept out.
        wait_for(lambda: all(processes.listens(self.pid, port) for port in ports), 20, f"what listens on {ports} of {self.task.id}")

    def inside(self, *command, check=False):
        """A program of this machine in the task's network."""
        return tools.run("nsenter", "--target", self.pid, "--net", *command, check=check)

    def start_inside(self, *command):
        """The same, still running."""
        command = ["nsenter", "--target", str(self.pid), "--net", *command]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def gets(self, other, limit_s=ANSWER_S):
        return self.inside("curl", "-sS", "--max-time", limit_s, f"http://{other.address}/").stdout.startswith("hello")

    def talk(self, other):
        """A connection that stays open."""
        return self.start_inside(tools.REPOSITORY / ".venv/bin/python", "-c", TALK, other.address)


class Groups:
    """Security groups of a VPC."""

    def __init__(self, wharf, vpc):
        self.ec2, self.vpc = wharf.client("ec2"), vpc

    def make(self, name):
        return self.ec2.create_security_group(GroupName=tasks.unique(name), Description=name, VpcId=self.vpc)["GroupId"]

    def change(self, what, group, port=80, friends=None, cidr=None):
        """Authorize or revoke what members of a group, or a range of addresses, may send."""
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        permission |= {"UserIdGroupPairs": [{"GroupId": friends}]} if friends else {"IpRanges": [{"CidrIp": cidr}]}
        {"authorize": self.ec2.authorize_security_group_ingress, "revoke": self.ec2.revoke_security_group_ingress}[what](
            GroupId=group, IpPermissions=[permission]
        )


class Machines:
    """Starts machines, and ends them all together."""

    def __init__(self, wharf, image):
        self.wharf, self.image, self.made = wharf, image, []

    def __call__(self, subnet, *groups, **container):
        self.made.append(Machine(self.wharf, self.image, subnet, *groups, **container))
        return self.made[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for machine in self.made:
            machine.task.stop(wait=False)
        for machine in self.made:
            machine.task.wait("STOPPED", tasks.STOP_DEADLINE_S)
