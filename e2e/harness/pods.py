"""What a machine has of the pods of its nodes, beside what the API says of them: of a pod that is gone nothing may be left."""

import hashlib
import json
import os
import pathlib
import re

from . import host, processes, tools

# As nodes call the sandbox of a pod.
SANDBOX = re.compile(r"pod-[0-9a-f]{40}")
ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
UID_TAG = "node.k8s.amazonaws.com/pod-uid"
# What is no pod's, and large.
NOT_LOOKED_INTO = {"layers", "blobs", "ebs", "instances", "kept"}


def sandbox_of(instance, uid):
    return f"pod-{hashlib.sha256(f'{instance}/{uid}'.encode()).hexdigest()[:40]}"


def expected(cluster):
    """The sandboxes of all pods that the API knows on nodes that it knows, with their names; and the uids of all pods."""
    instances = {it["metadata"]["name"]: it["spec"]["providerID"].rsplit("/", 1)[1] for it in cluster.get("nodes")["items"]}
    pods = cluster.get("pods", "-A")["items"]
    bound = [it for it in pods if it["spec"].get("nodeName") in instances]
    sandboxes = {sandbox_of(instances[it["spec"]["nodeName"]], it["metadata"]["uid"]): it["metadata"]["name"] for it in bound}
    return sandboxes, {it["metadata"]["uid"] for it in pods}


def shims(wharf):
    """Of pods, not of the instances that are their nodes: pid and sandbox."""
    found = []
    for pid in wharf.shims():
        try:
            sandbox = SANDBOX.fullmatch(pathlib.Path(os.readlink(f"/proc/{pid}/cwd")).name)
        except OSError:
            continue
        if sandbox:
            found.append((pid, sandbox.group()))
    return found


def remains(wharf):
    """Each trace of a pod on the machine of `wharf up`, by the pod's sandbox: `{sandbox: [what]}`."""
    node, found = wharf.data / "node", {}

    def note(text, what):
        for sandbox in SANDBOX.findall(text):
            found.setdefault(sandbox, []).append(what)

    for pid, sandbox in shims(wharf):
        note(sandbox, f"shim {pid}")
    for folder, folders, files in os.walk(node):
        folders[:] = [it for it in folders if it not in NOT_LOOKED_INTO and not it.startswith(".spare")]
        for name in (*folders, *files):
            path = pathlib.Path(folder, name)
            note(name, f"file {path}")
            if path.is_symlink():
                note(os.readlink(path), f"link {path}")
        # What lies in the folder of a pod is noted with it.
        folders[:] = [it for it in folders if not SANDBOX.search(it)]
    for folder, _, _ in os.walk(host.CONTROL_GROUPS):
        if f"/wharf-{wharf.id}" in folder:
            note(pathlib.Path(folder).name, f"control group {folder}")
    for pid in (wharf.process.pid, *(wharf.child(role) for role in ("server", "node", "lb"))):
        for line in (processes.PROC / str(pid) / "mountinfo").read_text().splitlines():
            note(line.split()[4], f"mount {line.split()[4]} of process {pid}")
    return found


def networks(wharf):
    """The namespaces of VPCs."""
    return list((wharf.data / "node" / "network" / "netns").glob("vpc.*"))


def links(wharf):
    """Interfaces in the networks of VPCs that belong to nothing that the node has written down."""
    network = wharf.data / "node" / "network"
    known = " ".join(it.read_text() for it in (network / "tasks").glob("*.json"))
    found = set()
    for scope in networks(wharf):
        for link in json.loads(tools.run("nsenter", f"--net={scope}", "ip", "-j", "link").stdout or "[]"):
            name = link["ifname"]
            if name.startswith(f"w{wharf.id}e") and f'"{name}"' not in known:
                found.add(f"{name} in {scope.name}")
    return found


def addresses(wharf):
    """All addresses that rules, routes and neighbours in the networks of VPCs name."""
    found = set()
    for scope in networks(wharf):
        for command in (("nft", "list", "ruleset"), ("ip", "route", "show", "table", "all"), ("ip", "neighbour")):
            found.update(ADDRESS.findall(tools.run("nsenter", f"--net={scope}", *command).stdout))
    return found


def interfaces(ec2):
    """Of pods, as EC2 has them: ids by the uid of their pods."""
    found = ec2.describe_network_interfaces(Filters=[{"Name": "tag-key", "Values": [UID_TAG]}])["NetworkInterfaces"]
    return {tag["Value"]: it["NetworkInterfaceId"] for it in found for tag in it["TagSet"] if tag["Key"] == UID_TAG}


def orphans(wharf, cluster):
    """A line for each thing of a pod that is gone, and for each that is there twice."""
    # What is there first, so that a pod that comes meanwhile is known; one that goes is seen at the next look.
    left, ours, loose = remains(wharf), interfaces(wharf.client("ec2")), links(wharf)
    sandboxes, uids = expected(cluster)
    lines = [f"{what} of {sandbox}" for sandbox, all_of in left.items() if sandbox not in sandboxes for what in all_of]
    lines += [f"interface {it} of pod {uid}" for uid, it in ours.items() if uid not in uids]
    lines += [f"link {it}" for it in loose]
    for sandbox, all_of in left.items():
        if sum(it.startswith("shim ") for it in all_of) > 1:
            lines.append(f"{all_of} of {sandbox}")
    return lines


def backed_by(volume):
    """How many devices of the machine are over a volume's file."""
    files = []
    for it in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            files.append(it.read_text())
        except OSError:
            # It was given back meanwhile.
            continue
    return sum(f"/{volume}/" in it for it in files)
