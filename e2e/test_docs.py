"""The pages of docs/ that a newcomer types: their commands, run as they stand, in one shell a page."""

import os
import re
import subprocess

import pytest

from harness import quick_aws, tools
from harness.installation import Installation

pytestmark = pytest.mark.minutes(5)

# In the order in which a newcomer reads them: later pages use what earlier ones made.
PAGES = {
    "first-service": ("hello",),
    "signatures": (
        "release: hello, signed by ",
        "IMAGE_NOT_ADMITTED",
        "and there is no signature of it",
        "PROVISIONING",
        "Removed",
        "Made arn:aws:signer:",
        "/signing-profiles/release\n",
        "signed\n",
    ),
    "registry": ("sha256:", "the vault is shut", "quay\tquay.io", "docker-hub"),
    "gallery": ("/public.ecr.aws/", "sha256:", "A small web server", "Our images", "ACTIVE"),
    "scanning": (
        "1 advisory about 1 package",
        "CVE-2023-5363\tHIGH\t3.0.11-1~deb12u2",
        "SCAN_ON_PUSH",
        "ENHANCED",
        "CVE-2023-5363 - libssl3\tUpgrade libssl3 to 3.0.11-1~deb12u2",
        "application/spdx+json\tapplication/vnd.cyclonedx+json",
        "ENABLED",
        "CVE-2023-5363 - libssl3\tACTIVE",
        "ACTIVE\tSUCCESSFUL",
        "CVE-2023-5363 - libssl3\tSUPPRESSED",
        "DAYS_30",
        '"SUCCEEDED"',
        "HIGH,PACKAGE_VULNERABILITY",
        '"SUCCEEDED"',
        "resource=AWS_ECR_CONTAINER_IMAGE/arn:aws:ecr:us-east-1:000000000000:repository_scanned_sha256:",
        "ECR_INITIAL_SCAN",
    ),
    "services": ("has reached a steady state", "ROLLBACK_SUCCESSFUL", "task-definition/hello:2", "INACTIVE"),
    "network-load-balancer": ("network\tflows-", "source_ip"),
    "exec": ("hello", "it exited with 7"),
    "cost": ("default  ", "Fargate-vCPU-Hours:perCPU", "team\tInactive", "blue  "),
    "kubernetes": (
        "CREATING",
        "kube-system",
        "AmazonEKSViewPolicy",
        "EC2_LINUX",
        " Ready ",
        'deployment "hello" successfully rolled out',
        "FailedScheduling: 0/",
        "apiserver_request_total{",
        "two shirts",
        "gp3\tin-use",
        "a book\na book",
        "50000\t/pvc-",
        "fargate-ip-",
        "service/hello exposed",
        "hello\nanswered with 200\n",
        "networkpolicy.networking.k8s.io/hello created",
        'pod "stranger" deleted',
        '"AccountId":"000000000000"',
        "shopper",
        "horizontalpodautoscaler.autoscaling/hello autoscaled",
        "Deployment/hello",
        "CPU(%)",
        "AssociateIdentityProviderConfig",
        "v1.36.4-eksbuild.1",
        "DELETING",
    ),
    "service-auto-scaling": (
        "scalable-target/",
        "Setting desired count to 3.\tmonitor alarm jobs-waiting in state ALARM triggered policy more",
        "TargetTracking-service/default/shop-AlarmHigh-",
        "night\tcron(0 22 * * ? *)",
        "DRAINING",
    ),
    "accounts": ("100000000001", "assumed-role/deployer/", "sha256:", "Closed 100000000001"),
    "secrets": ("AWSPREVIOUS", "app has a password of 3 characters", "two shirts for app", "denied, as it should be", "InSync"),
    "parameters": ("SecureString", "postgres.internal", "denied, as it should be", "US East", "4711", "shut by its key"),
    "objects": (
        "two shirts",
        "the same bytes",
        "somebody was faster",
        "three shirts",
        "aws:kms",
        "s3:TestEvent",
        "shirt.jpg",
        "https://shop.example",
    ),
    "cloudwatch": ("orders: 8", "paris", "to ALARM", "10.0.0.1\t2.0\n10.0.0.2\t1.0", "[[2.0]]"),
    "prometheus": (
        "user/grafana",
        '"14"]',
        '["berlin"]',
        'shop_order_count_maximum{shop_name="berlin"} 7',
        "not authorized to perform: aps:RemoteWrite",
    ),
    "queues": ("one\ttwo\tthree", "jobs-dead"),
    "topics": ("order 7", "shut by its key"),
    "logs-insights": (
        "/cart\t1\t950\t/shirts\t2\t15",
        "slow: 950",
        "lookup-table:pages",
        "All shirts\tcatalog\t2\tYour cart, so far\tcheckout\t1",
        "pages\t21",
        "1\tshop\taccess",
        "requestId\tuser.name",
        "level\tms",
        'filter level = "ERROR"',
    ),
    "logs-export": ("Completed successfully", "order 7 paid\n", "order 8 paid\n"),
    "logs-filters": ('{"ms": 950}', "/shop/orders", 'IN ["/shop/debug/"]'),
    "logs-retention": ("/shop/returns\t14", "RETROACTIVE", "audit\tLogGroupNamePrefix IN"),
    "logs-scheduled-queries": ("ENABLED", "Complete", 'errors":"1"'),
    "logs-transformers": (
        '{"method":"GET","path":"/shirts","status":200,"ms":12.5,"service":{"name":"shop"}}',
        "/cart\t500\t950",
        "2026-03-02T14:04:00.000Z",
    ),
    "logs-protection": ("order of ******** by ****************\n", "order of C-123456 by ann@shop.example", "it stays"),
    "event-bus-logs": ("NO_STANDARD_RULES_MATCHED", "{event-bus-name}/{yyyy}/{MM}/{dd}"),
    "events": ('"total":120', "true", "rule/stopped", "111111111111"),
    "keys-for-data": (
        "a text",
        "refused without its context",
        "Verified OK",
        "ON_DEMAND",
        "shut by its key",
        "sealed-order",
        "PendingDeletion",
    ),
    "schedules": ("schedule/default/every-hour", "by-the-clock", "schedule/default/christmas"),
    "federation": ("oidc-provider/git.example.com", "role/pipeline"),
    "iam": ("user/deploy-web", "denied, as it should be", "task-definition/web:2", "ecs:UpdateService on resource: "),
}
# The longest page takes three minutes beside five others.
DEADLINE_S = 600


def commands(page):
    """All that stands in blocks marked `sh`."""
    text = (tools.REPOSITORY / "docs" / f"{page}.md").read_text()
    return "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S))


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """Where the pages are typed: `wharf up` runs in another shell, with what one of them says it needs."""
    folder = tmp_path_factory.mktemp("newcomer")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "aws").symlink_to(quick_aws.program())
    (programs / "wharf").symlink_to(tools.wharf())
    (programs / "kubectl").symlink_to(tools.program("kubectl-1.36"))
    # Storage of buildah and passwords of registries that are nobody else's.
    (folder / "storage.conf").write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/graph"\n')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "REGISTRY_AUTH_FILE": str(folder / "auth.json"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        # The command line keeps sessions of roles there, for whatever endpoint.
        "HOME": str(folder),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
    with Installation(port=4566, arguments=["--instances"]) as wharf:
        wharf.start()
        yield folder, environment | {"WHARF_DATA": str(wharf.data)}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_as_written(newcomer, page):
    folder, environment = newcomer
    script = commands(page)
    assert script.count("\n") > 3, "the page has no commands"
    begin = 'eval "$(wharf env)"\n'
    if page == "iam":
        # It has a service of the name that the pages before end with.
        begin += "aws ecs wait services-inactive --services web || true\n"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", begin + script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n--- printed\n{done.stdout}\n{done.stderr}"
    for text in PAGES[page]:
        assert text in done.stdout, done.stdout + done.stderr
