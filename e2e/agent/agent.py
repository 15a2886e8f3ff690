"""The agent: registers, keeps its two websockets, acknowledges, and reports what its containers are said to do."""

import contextlib
import datetime
import json
import ssl
import threading
import time
import urllib.request
import uuid

import boto3
import botocore.exceptions

from . import signing
from .channel import Channel

AGENT = {"agentHash": "abcdef0", "agentVersion": "1.105.0"}
CAPABILITIES = [
    "com.amazonaws.ecs.capability.docker-remote-api.1.17",
    "com.amazonaws.ecs.capability.docker-remote-api.1.18",
    "com.amazonaws.ecs.capability.docker-remote-api.1.19",
    "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    "com.amazonaws.ecs.capability.docker-remote-api.1.24",
    "com.amazonaws.ecs.capability.docker-remote-api.1.25",
    "com.amazonaws.ecs.capability.docker-remote-api.1.29",
    "com.amazonaws.ecs.capability.privileged-container",
    "com.amazonaws.ecs.capability.logging-driver.awslogs",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.ecr-auth",
    "com.amazonaws.ecs.capability.task-iam-role",
    "com.amazonaws.ecs.capability.task-iam-role-network-host",
    "ecs.capability.ecr-endpoint",
    "ecs.capability.container-ordering",
    "ecs.capability.full-sync",
    "ecs.capability.execution-role-ecr-pull",
    "ecs.capability.execution-role-awslogs",
    "ecs.capability.container-health-check",
    "ecs.capability.task-cpu-mem-limit",
    "ecs.capability.task-eni",
    "ecs.capability.container-restart-policy",
]


# What an agent adds that runs outside of EC2, and what it cannot do there.
EXTERNAL = "ecs.capability.external"
NOT_EXTERNAL = ("ecs.capability.task-eni",)
# How often a registration is tried that fails on the server's side.
REGISTRATIONS = 3


class Ended(Exception):
    """The stock agent exits with code 5 here, which nobody starts again."""


class Agent:
    """One container instance. `ecs` is a stock client for the public API; `keys` sign the websockets.

    `trust` is a file with the authority that the server's certificate is of.
    """

    def __init__(self, ecs, keys, cluster, arn=None, trust=None, external=False):
        self.ecs, self.keys, self.cluster = ecs, keys, cluster
        self.trust, self.external = trust, external
        self.arn = arn
        self.acs = self.tcs = None
        self.attributes = []
        self.tasks = {}
        self.credentials = {}
        self.highest_sequence = 0
        self.answering = True
        self._lock = threading.Lock()
        self._connected_before = False

    # Registration

    def register(self, cpu=2048, memory=3900, attributes=(), token=None):
        """RegisterContainerInstance; the same call with an ARN refreshes what is registered."""
        capabilities = [name for name in CAPABILITIES if not (self.external and name in NOT_EXTERNAL)]
        sent = [{"name": name} for name in [*capabilities, *([EXTERNAL] if self.external else [])]]
        sent += [
            {"name": "ecs.os-type", "value": "linux"},
            {"name": "ecs.os-family", "value": "LINUX"},
            {"name": "ecs.cpu-architecture", "value": "x86_64"},
        ]
        sent += [{"name": name, "value": value} for name, value in attributes]
        request = {
            "cluster": self.cluster,
            "instanceIdentityDocument": "",
            "instanceIdentityDocumentSignature": "",
            "totalResources": [
                {"name": "CPU", "type": "INTEGER", "integerValue": cpu},
                {"name": "MEMORY", "type": "INTEGER", "integerValue": memory},
                {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "2375", "2376", "51678", "51679"]},
                {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []},
            ],
            "attributes": sent,
        }
        if self.arn:
            request["containerInstanceArn"] = self.arn
        with self._unmodelled(clientToken=token or str(uuid.uuid4()), zoneId=""):
            instance = self._register(request)
        self.arn, self.attributes = instance["containerInstanceArn"], sent
        self._check_echo(instance["attributes"])
        return instance

    def _register(self, request):
        for last in (number == REGISTRATIONS for number in range(1, REGISTRATIONS + 1)):
            try:
                return self.ecs.register_container_instance(**request)["containerInstance"]
            except botocore.exceptions.ClientError as error:
                code = error.response["Error"]["Code"]
                if code in ("ClientException", "InvalidParameterException"):
                    raise Ended(str(error)) from error
                if code != "ServerException" or last:
                    raise
        raise AssertionError("the last try returns or raises")

    @contextlib.contextmanager
    def _unmodelled(self, **members):
        """Members that the stock agent sends although the public model does not have them."""

        def add(params, **_):
            params["body"] = json.dumps({**json.loads(params["body"]), **members}).encode()

        event = "before-call.ecs.RegisterContainerInstance"
        self.ecs.meta.events.register(event, add)
        try:
            yield
        finally:
            self.ecs.meta.events.unregister(event, add)

    def _check_echo(self, echoed):
        """The stock agent ends for good unless every attribute it sent comes back with an equal value."""
        values = {attribute["name"]: attribute.get("value") or "" for attribute in echoed}
        missing = [one for one in self.attributes if values.get(one["name"]) != one.get("value", "")]
        assert not missing, f"the server did not return {missing}"

    def discover(self):
        return self.ecs.discover_poll_endpoint(containerInstance=self.arn, cluster=self.cluster)

    # Websockets

    def acs_url(self, sequence=1, send_credentials=None):
        parameters = {
            **AGENT,
            "clusterArn": self.cluster,
            "containerInstanceArn": self.arn,
            "dockerVersion": "DockerVersion: 25.0.6",
            "protocolVersion": "2",
            "sendCredentials": str(not self._connected_before if send_credentials is None else send_credentials).lower(),
            "seqNum": str(sequence),
        }
        return signing.websocket_url(self.discover()["endpoint"], parameters)

    def tcs_url(self):
        parameters = {**AGENT, "cluster": self.cluster, "containerInstance": self.arn, "dockerVersion": "25.0.6"}
        return signing.websocket_url(self.discover()["telemetryEndpoint"], parameters)

    def connect(self):
        """Open ACS; what comes is acknowledged from then on."""
        self.acs = Channel(self.acs_url(), self.keys, self._on_acs, trust=self.trust)
        self._connected_before = True
        return self

    def connect_tcs(self):
        self.tcs = Channel(self.tcs_url(), self.keys, lambda *_: None, trust=self.trust)
        return self.tcs

    def close(self):
        for channel in (self.acs, self.tcs):
            if channel is not None:
                channel.close()

    # What the server sends

    def _on_acs(self, acs, kind, message):
        if not self.answering:
            return
        handler = {
            "PayloadMessage": self._payload,
            "HeartbeatMessage": lambda acs, heartbeat: acs.send("HeartbeatAckRequest", {"messageId": heartbeat["messageId"]}),
            "IAMRoleCredentialsMessage": self._credentials,
            "TaskManifestMessage": self._manifest,
            "TaskStopVerificationAck": self._verified,
            "AttachTaskNetworkInterfacesMessage": self._acknowledge,
        }.get(kind)
        if handler:
            handler(acs, message)

    def _acknowledge(self, acs, message):
        acs.send("AckRequest", {"cluster": self.cluster, "containerInstance": self.arn, "messageId": message["messageId"]})

    def _acknowledge_credentials(self, acs, message, credentials):
        answer = {"messageId": message["messageId"], "credentialsId": credentials["credentialsId"], "expiration": credentials["expiration"]}
        acs.send("IAMRoleCredentialsAckRequest", answer)

    def _payload(self, acs, payload):
        for name in ("messageId", "clusterArn", "containerInstanceArn"):
            assert payload.get(name), f"a payload without {name}"
        with self._lock:
            self.highest_sequence = max(self.highest_sequence, payload.get("seqNum") or 0)
            for task in payload["tasks"]:
                self.tasks[task["arn"]] = task
        self._acknowledge(acs, payload)
        for task in payload["tasks"]:
            for member in ("roleCredentials", "executionRoleCredentials"):
                if task.get(member):
                    self.credentials[task["arn"], member] = task[member]
                    self._acknowledge_credentials(acs, payload, task[member])

    def _credentials(self, acs, message):
        member = {"TaskApplication": "roleCredentials", "TaskExecution": "executionRoleCredentials"}[message["roleType"]]
        self.credentials[message["taskArn"], member] = message["roleCredentials"]
        self._acknowledge_credentials(acs, message, message["roleCredentials"])

    def _manifest(self, acs, manifest):
        """Tasks that run here and are not wanted are named to the server, which confirms before they are stopped."""
        if manifest["timeline"] <= self.highest_sequence and self.highest_sequence:
            return
        wanted = {task["taskArn"] for task in manifest["tasks"] if task["desiredStatus"] == "RUNNING"}
        with self._lock:
            strangers = [task for arn, task in self.tasks.items() if arn not in wanted and task["desiredStatus"] == "RUNNING"]
        self.highest_sequence = manifest["timeline"]
        self._acknowledge(acs, manifest)
        if strangers:
            candidates = [
                {"taskArn": task["arn"], "taskClusterArn": task.get("taskClusterArn"), "desiredStatus": "STOPPED"} for task in strangers
            ]
            acs.send("TaskStopVerificationMessage", {"messageId": manifest["messageId"], "stopCandidates": candidates})

    def _verified(self, _acs, message):
        with self._lock:
            for stopped in message["stopTasks"]:
                if stopped["taskArn"] in self.tasks:
                    self.tasks[stopped["taskArn"]]["desiredStatus"] = "STOPPED"

    # What its Docker does with a container of a payload

    def environment(self, container):
        """The container's variables: what the payload says and what the agent knows. What it runs on only the payload tells."""
        own = {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x", "ECS_AGENT_URI": "http://169.254.170.2/api/x"}
        return {**container["environment"], **own}

    def pull(self, container):
        """The manifest's digest: the token comes from `endpointOverride`, the image from where its name says."""
        auth = container["registryAuthentication"]["ecrAuthData"]
        ecr = self._client("ecr", auth["endpointOverride"], auth["region"])
        (granted,) = ecr.get_authorization_token(registryIds=[auth["registryId"]])["authorizationData"]
        host, _, path = container["image"].partition("/")
        named = granted["proxyEndpoint"].partition("://")[2]
        assert container["image"].startswith(named), f"the token is for {named}, the image is {container['image']}"
        repository, _, tag = path.rpartition(":")
        # Docker speaks plain HTTP to its own machine alone.
        scheme = "http" if host.partition(":")[0] in ("localhost", "127.0.0.1") else "https"
        request = urllib.request.Request(f"{scheme}://{host}/v2/{repository}/manifests/{tag}")
        request.add_header("Authorization", f"Basic {granted['authorizationToken']}")
        request.add_header("Accept", "application/vnd.oci.image.manifest.v1+json")
        context = ssl.create_default_context(cafile=self.trust) if scheme == "https" else None
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.headers["Docker-Content-Digest"]

    def write_log(self, container, line):
        """A line of the container, as Docker's driver for awslogs delivers it; its stream's name."""
        log = json.loads(container["dockerConfig"]["hostConfig"])["LogConfig"]
        options = log["Config"]
        assert log["Type"] == "awslogs" and "awslogs-endpoint" in options, f"{options}: this would go to AWS"
        logs = self._client("logs", options["awslogs-endpoint"], options["awslogs-region"])
        place = {"logGroupName": options["awslogs-group"], "logStreamName": options["awslogs-stream"]}
        logs.create_log_stream(**place)
        logs.put_log_events(**place, logEvents=[{"timestamp": int(time.time() * 1000), "message": line}])
        return options["awslogs-stream"]

    def _client(self, service, endpoint, region):
        return boto3.client(
            service, endpoint_url=endpoint, region_name=region, verify=self.trust,
            aws_access_key_id=self.keys.access_key, aws_secret_access_key=self.keys.secret_key, aws_session_token=self.keys.token,
        )  # fmt: skip

    # What the agent reports

    def report_running(self, task):
        containers = [{"containerName": one["name"], "status": "RUNNING", "runtimeId": uuid.uuid4().hex * 2} for one in task["containers"]]
        now = datetime.datetime.now(datetime.timezone.utc)
        return self.ecs.submit_task_state_change(
            cluster=self.cluster, task=task["arn"], status="RUNNING", containers=containers, pullStartedAt=now, pullStoppedAt=now
        )

    def report_stopped(self, task, exit_code=0, reason=None):
        containers = [{"containerName": one["name"], "status": "STOPPED", "exitCode": exit_code} for one in task["containers"]]
        now = datetime.datetime.now(datetime.timezone.utc)
        request = {"cluster": self.cluster, "task": task["arn"], "status": "STOPPED", "containers": containers, "executionStoppedAt": now}
        return self.ecs.submit_task_state_change(**request, **({"reason": reason} if reason else {}))

    def metrics(self, fin=True):
        """A PublishMetricsRequest without tasks."""
        metadata = {"cluster": self.cluster, "containerInstance": self.arn, "idle": True, "messageId": str(uuid.uuid4()), "fin": fin}
        return {"metadata": metadata, "taskMetrics": [], "timestamp": time.time()}

    def health(self, task, status):
        """A PublishHealthRequest about the first container of a task."""
        metadata = {"cluster": self.cluster, "containerInstance": self.arn, "messageId": str(uuid.uuid4()), "fin": True}
        container = {"containerName": task["containers"][0]["name"], "healthStatus": status, "statusSince": time.time()}
        described = {
            "taskArn": task["arn"],
            "clusterArn": self.cluster,
            "taskDefinitionFamily": task["family"],
            "taskDefinitionVersion": task["version"],
            "containers": [container],
        }
        return {"metadata": metadata, "tasks": [described], "timestamp": time.time()}
