"""Certificate Manager through boto3, the AWS CLI and curl: requested, imported, served, renewed, refused, deleted."""

import pathlib
import socket
import ssl

import pytest
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.installation import free_port
from harness.waiting import wait_for

DEADLINE_S = 20
PREFIX = "arn:aws:acm:us-east-1:000000000000:certificate/"
MISSING = PREFIX + "00000000-0000-4000-8000-000000000000"


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


class Balancer:
    """A load balancer that answers everything by itself, so that only TLS is at stake."""

    def __init__(self, wharf, name=None):
        self.wharf, self.elb = wharf, wharf.client("elbv2")
        found = wharf.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        made = self.elb.create_load_balancer(Name=name or tasks.unique("tls"), Subnets=[subnet["SubnetId"] for subnet in found])
        self.arn, self.name = made["LoadBalancers"][0]["LoadBalancerArn"], made["LoadBalancers"][0]["DNSName"]
        self.port = free_port()

    def listener(self, *certificates):
        answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "hello"}}
        made = self.elb.create_listener(
            LoadBalancerArn=self.arn, Protocol="HTTPS", Port=self.port, DefaultActions=[answer],
            Certificates=[{"CertificateArn": arn} for arn in certificates],
        )  # fmt: skip
        return made["Listeners"][0]["ListenerArn"]

    def curl(self, authority, name=None):
        """Body and version of HTTP, once there is an answer that verifies."""
        name = name or self.name
        command = (
            "curl", "-sS", "--fail", "--cacert", authority, "--resolve", f"{name}:{self.port}:127.0.0.1",
            "--write-out", " %{http_version}", f"https://{name}:{self.port}/",
        )  # fmt: skip

        def answered():
            done = tools.run(*command, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        return wait_for(answered, DEADLINE_S, f"an answer of {name}").split()

    def serial(self, name=None):
        """Serial number of the certificate that is shown to who asks for a name."""
        with shown(self.port, name or self.name) as line:
            return serial(line.getpeercert(binary_form=True))

    def close(self):
        self.elb.delete_load_balancer(LoadBalancerArn=self.arn)


def shown(port, name):
    """A TLS connection that trusts whatever it sees."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5), server_hostname=name)


def serial(der):
    done = tools.run("openssl", "x509", "-noout", "-serial", stdin=ssl.DER_cert_to_PEM_cert(der))
    return done.stdout.strip().partition("=")[2].lower()


@pytest.fixture(scope="module")
def acm(wharf):
    return wharf.client("acm")


@pytest.fixture
def balancer(wharf):
    made = Balancer(wharf)
    yield made
    made.close()


@pytest.fixture
def authority(wharf, tmp_path):
    """A file with what `wharf ca` prints."""
    path = tmp_path / "ca.pem"
    path.write_text(tools.run(tools.wharf(), "ca", "--data", wharf.data).stdout)
    return path


def request(acm, name, **more):
    options = {"ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1"} | more
    return acm.request_certificate(DomainName=name, **options)["CertificateArn"]


def describe(acm, arn):
    return acm.describe_certificate(CertificateArn=arn)["Certificate"]


def issued(acm, arn):
    wait_for(lambda: describe(acm, arn)["Status"] == "ISSUED", DEADLINE_S, "the certificate")
    return arn


def pair(folder, name, *more, key=("-newkey", "rsa:2048"), days="30"):
    """A self-signed certificate and its key, made by openssl: two paths."""
    folder = pathlib.Path(folder)
    body, private = folder / f"{name}.pem", folder / f"{name}.key"
    tools.run(
        "openssl", "req", "-x509", *key, "-nodes", "-days", days, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
        *more, "-keyout", private, "-out", body,
    )  # fmt: skip
    return body, private


def imported(acm, body, private, **more):
    return acm.import_certificate(Certificate=body.read_bytes(), PrivateKey=private.read_bytes(), **more)["CertificateArn"]


def test_requested_served_and_verified_by_curl(wharf, acm, balancer, authority):
    arn = wharf.aws("acm", "request-certificate", "--domain-name", balancer.name, "--validation-method", "DNS")["CertificateArn"]
    wharf.aws("acm", "wait", "certificate-validated", "--certificate-arn", arn)
    shown = describe(acm, arn)
    assert (shown["Status"], shown["Type"], shown["KeyAlgorithm"]) == ("ISSUED", "AMAZON_ISSUED", "RSA_2048")
    (option,) = shown["DomainValidationOptions"]
    record = option["ResourceRecord"]
    assert option["ValidationStatus"] == "SUCCESS" and record["Type"] == "CNAME"
    assert record["Name"].endswith(f".{balancer.name}.") and record["Value"].endswith(".acm-validations.aws.")
    listener = balancer.listener(arn)
    assert balancer.curl(authority) == ["hello", "2"]

    in_use = describe(acm, arn)
    assert in_use["InUseBy"] == [balancer.arn] and in_use["RenewalEligibility"] == "ELIGIBLE"
    code, message = refused(acm.delete_certificate, CertificateArn=arn)
    assert (code, message) == ("ResourceInUseException", f"Certificate {arn} in account 000000000000 is in use.")
    balancer.elb.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)
    assert refused(acm.describe_certificate, CertificateArn=arn)[0] == "ResourceNotFoundException"
