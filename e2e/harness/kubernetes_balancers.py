"""Load balancers of a cluster: what they stand before, what they are asked for, and who answers."""

import http.client
import json
import threading
import urllib.error
import urllib.request

from .waiting import wait_for

ALB = "alb.ingress.kubernetes.io"
NLB = "service.beta.kubernetes.io/aws-load-balancer"
QUICK = {f"{ALB}/healthcheck-interval-seconds": "5", f"{ALB}/healthcheck-timeout-seconds": "2"}
# A pod goes on answering until the load balancer leads nobody to it any more.
SERVE = "mkdir -p /www; echo {text} > /www/index.html; exec httpd -f -p 8080 -h /www"


def deploy(cluster, name, text=None, replicas=1, surge=1, **spec):
    container = {
        "name": "web",
        "image": cluster.image,
        "command": ["sh", "-c", SERVE.format(text=text or name)],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 8, **spec}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    apply(
        cluster,
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": name}},
                "template": template,
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": surge}},
                "minReadySeconds": 8,
            },
        },
    )


def expose(cluster, name, kind="ClusterIP", port=80, policy=None, ports=(), ranges=(), **annotations):
    ports = [{**it, "targetPort": 8080} for it in ports or [{"port": port}]]
    spec = {"type": kind, "selector": {"app": name}, "ports": ports}
    spec |= {"externalTrafficPolicy": policy} if policy else {}
    spec |= {"loadBalancerSourceRanges": list(ranges)} if ranges else {}
    metadata = {"name": name, "annotations": {f"{NLB}-{key}": value for key, value in annotations.items()}}
    apply(cluster, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})


def apply(cluster, thing):
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(thing))


def path(service, path="/", kind="Prefix"):
    return {"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": {"number": 80}}}}


def ingress(cluster, name, port, rules, names_class=True, **annotations):
    annotations = {f"{ALB}/{key.replace('_', '-')}": value for key, value in annotations.items()}
    annotations = {f"{ALB}/scheme": "internet-facing", f"{ALB}/listen-ports": json.dumps([{"HTTP": port}]), **QUICK, **annotations}
    spec = {"rules": rules} | ({"ingressClassName": "alb"} if names_class else {})
    metadata = {"name": name, "annotations": annotations}
    apply(cluster, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec})


def hostname(cluster, kind, name):
    shown = cluster.get(kind, name)["status"].get("loadBalancer", {}).get("ingress", [{}])
    return shown[0].get("hostname")


def get(port, host=None, path="/"):
    """Status and body."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def ask(port, path="/", host=None, source="127.0.0.1"):
    """Status and Location, to an address of this machine."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5, source_address=(source, 0))
    try:
        line.request("GET", path, headers={"Host": host} if host else {})
        answer = line.getresponse()
        return answer.status, answer.headers["Location"]
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        line.close()


def ask_over_tls(browser, host, port, path="/"):
    """Status and body of a host whose certificate verifies."""
    try:
        status, _, body = browser.get(f"https://{host}:{port}{path}")
        return status, body.strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)


def issued(installation, host, **more):
    """The ARN of a certificate that is there."""
    acm = installation.client("acm")
    certificate = acm.request_certificate(DomainName=host, ValidationMethod="DNS", **more)["CertificateArn"]
    wait_for(lambda: acm.describe_certificate(CertificateArn=certificate)["Certificate"]["Status"] == "ISSUED", 30, "a certificate")
    return certificate


def events(cluster, name, reason):
    found = cluster.get("events", "--field-selector", f"involvedObject.name={name},reason={reason}")["items"]
    return [it["message"] for it in found]


def left_of(installation, name):
    """What load balancing and EC2 have of a stack."""
    elb, ec2 = installation.client("elbv2"), installation.client("ec2")
    made = [it["LoadBalancerName"] for it in elb.describe_load_balancers()["LoadBalancers"]]
    made += [it["TargetGroupName"] for it in elb.describe_target_groups()["TargetGroups"]]
    made += [it["GroupName"] for it in ec2.describe_security_groups()["SecurityGroups"]]
    return [it for it in made if it.startswith("k8s-") and name in it]


def tags_of(installation, name):
    """What users gave each part of a load balancer: the tags without those by which the platform finds it again."""
    elb, ec2 = installation.client("elbv2"), installation.client("ec2")
    all_balancers = elb.describe_load_balancers()["LoadBalancers"]
    (made,) = [it for it in all_balancers if it["LoadBalancerName"].startswith(f"k8s-default-{name}-")]
    arns = [made["LoadBalancerArn"]]
    for listener in elb.describe_listeners(LoadBalancerArn=arns[0])["Listeners"]:
        arns.append(listener["ListenerArn"])
        if made["Type"] == "application":
            rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            arns += [it["RuleArn"] for it in rules if not it["IsDefault"]]
    arns += [it["TargetGroupArn"] for it in elb.describe_target_groups(LoadBalancerArn=arns[0])["TargetGroups"]]
    found = [it["Tags"] for it in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]]
    found += [it["Tags"] for it in ec2.describe_security_groups(GroupIds=made["SecurityGroups"])["SecurityGroups"]]
    return [{it["Key"]: it["Value"] for it in tags if ".k8s.aws/" not in it["Key"]} for tags in found]


class Traffic:
    """Asks without a pause until it ends; what was not answered with 200."""

    def __init__(self, port, ask=get):
        self.port, self.ask, self.failed, self.answers, self.over = port, ask, [], 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.is_set():
            status, body = self.ask(self.port)
            self.answers += 1
            if status != 200:
                self.failed.append((status, body))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
