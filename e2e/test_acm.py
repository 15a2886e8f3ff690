"""Certificate Manager through boto3, the AWS CLI and curl: requested, imported, served, renewed, refused, deleted."""

import concurrent.futures
import pathlib
import socket
import ssl

import pytest
from botocore.exceptions import ClientError

from harness import disk, tasks, tools
from harness.installation import free_port
from harness.refusals import refused
from harness.waiting import wait_for

DEADLINE_S = 20
PREFIX = "arn:aws:acm:us-east-1:000000000000:certificate/"
MISSING = PREFIX + "00000000-0000-4000-8000-000000000000"


class Balancer:
    """A load balancer that answers everything by itself, so that only TLS is at stake."""

    def __init__(self, wharf, name=None):
        self.wharf, self.elb = wharf, wharf.client("elbv2")
        found = wharf.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        made = self.elb.create_load_balancer(
            Name=name or tasks.unique("tls"), Subnets=[subnet["SubnetId"] for subnet in found], SecurityGroups=[tasks.open_group(wharf)]
        )
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


def test_keys_of_curves_and_further_names(acm, balancer, authority):
    """One certificate for the load balancer's own name and a wildcard, with a key on a curve."""
    arn = issued(acm, request(acm, balancer.name, SubjectAlternativeNames=["*.curves.example.com"], KeyAlgorithm="EC_secp384r1"))
    shown = describe(acm, arn)
    assert shown["SubjectAlternativeNames"] == [balancer.name, "*.curves.example.com"]
    assert [usage["Name"] for usage in shown["KeyUsages"]] == ["DIGITAL_SIGNATURE"]
    got = acm.get_certificate(CertificateArn=arn)
    assert got["CertificateChain"] == authority.read_text()
    balancer.listener(arn)
    for name in (balancer.name, "a.curves.example.com"):
        assert balancer.curl(authority, name) == ["hello", "2"]


def test_two_certificates_told_apart_by_name(acm, balancer, authority, tmp_path):
    first = issued(acm, request(acm, balancer.name))
    body, private = pair(tmp_path, "sni.example.com")
    second = imported(acm, body, private)
    listener = balancer.listener(first)
    balancer.elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    assert balancer.curl(body, "sni.example.com") == ["hello", "2"]
    assert balancer.curl(authority) == ["hello", "2"]
    assert describe(acm, second)["InUseBy"] == [balancer.arn]
    balancer.elb.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    assert describe(acm, second)["InUseBy"] == []
    acm.delete_certificate(CertificateArn=second)


def test_imported_anew_while_connections_stay(acm, balancer, tmp_path):
    """A connection that is open goes on with the old certificate; new ones see the new."""
    arn = imported(acm, *pair(tmp_path, "first.example.com"), Tags=[{"Key": "team", "Value": "a"}])
    balancer.listener(arn)
    before = wait_for(lambda: balancer.serial(), DEADLINE_S, "the listener")
    with shown(balancer.port, balancer.name) as line:
        assert ask(line, balancer.name) == 200
        body, private = pair(tmp_path, "second.example.com", key=("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"))
        assert imported(acm, body, private, CertificateArn=arn) == arn
        wait_for(lambda: balancer.serial() != before, DEADLINE_S, "the new certificate")
        assert ask(line, balancer.name) == 200
    described = describe(acm, arn)
    assert (described["DomainName"], described["KeyAlgorithm"]) == ("second.example.com", "EC_prime256v1")
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]


def ask(line, host):
    """Status of one request on a connection that stays open."""
    line.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    answer = b""
    while b"hello" not in answer:
        part = line.recv(4096)
        assert part, answer
        answer += part
    return int(answer.split()[1])


def test_renewed_when_asked(acm, balancer, authority):
    arn = issued(acm, request(acm, balancer.name))
    balancer.listener(arn)
    balancer.curl(authority)
    before = describe(acm, arn)["Serial"]
    acm.renew_certificate(CertificateArn=arn)
    renewed = wait_for(lambda: (now := describe(acm, arn))["Serial"] != before and now, DEADLINE_S, "the renewal")
    assert renewed["RenewalSummary"]["RenewalStatus"] == "SUCCESS"
    wanted = renewed["Serial"].replace(":", "").lstrip("0")
    wait_for(lambda: balancer.serial().lstrip("0") == wanted, DEADLINE_S, "the renewed certificate")
    assert balancer.curl(authority) == ["hello", "2"]


def test_the_load_balancers_end_frees_the_certificate(wharf, acm):
    arn = issued(acm, request(acm, "free.example.com"))
    alone = Balancer(wharf)
    alone.listener(arn)
    assert refused(acm.delete_certificate, CertificateArn=arn)[0] == "ResourceInUseException"
    alone.close()
    wait_for(lambda: describe(acm, arn)["InUseBy"] == [], DEADLINE_S, "the end of its use")
    acm.delete_certificate(CertificateArn=arn)


def test_taking_and_deleting_at_once(acm, balancer):
    """Of a listener that takes a certificate and a deletion at the same moment one fails, whichever."""
    for _ in range(15):
        arn = issued(acm, request(acm, "race.example.com"))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            listener, deleted = pool.submit(balancer.listener, arn), pool.submit(acm.delete_certificate, CertificateArn=arn)
        codes = [error.response["Error"]["Code"] for it in (listener, deleted) if (error := it.exception())]
        assert codes in (["CertificateNotFound"], ["ResourceInUseException"]), codes
        if listener.exception() is None:
            balancer.elb.delete_listener(ListenerArn=listener.result())
            acm.delete_certificate(CertificateArn=arn)


def test_lists_tags_and_tokens(wharf, acm):
    token = dict(IdempotencyToken="t1", Tags=[{"Key": "of", "Value": "lists"}])
    arns = [request(acm, f"{n}.lists.example.com", **token) for n in (1, 2, 3)]
    assert [request(acm, f"{n}.lists.example.com", **token) for n in (1, 2, 3)] == arns
    for arn in arns:
        issued(acm, arn)
    pages = acm.get_paginator("list_certificates").paginate(
        Includes={"keyTypes": ["EC_prime256v1"]}, CertificateStatuses=["ISSUED"], PaginationConfig={"PageSize": 2}
    )
    listed = [one for page in pages for one in page["CertificateSummaryList"] if one["DomainName"].endswith(".lists.example.com")]
    assert {one["CertificateArn"] for one in listed} == set(arns)
    assert all(one["InUse"] is False and one["Type"] == "AMAZON_ISSUED" for one in listed)
    default = wharf.aws("acm", "list-certificates")["CertificateSummaryList"]
    assert not {one["CertificateArn"] for one in default} & set(arns), "without a filter RSA keys alone are listed, as in AWS"
    acm.remove_tags_from_certificate(CertificateArn=arns[0], Tags=[{"Key": "of"}])
    assert acm.list_tags_for_certificate(CertificateArn=arns[0])["Tags"] == []
    for arn in arns:
        acm.delete_certificate(CertificateArn=arn)


def test_who_has_no_right_is_refused(wharf, acm):
    arn = issued(acm, request(acm, "rights.example.com"))
    _, nobody = tasks.user(wharf)
    code, message = refused(wharf.client("acm", nobody).describe_certificate, CertificateArn=arn)
    assert code == "AccessDeniedException" and f"acm:DescribeCertificate on resource: {arn}" in message, message
    _, reader = tasks.user(wharf, tasks.document(["acm:DescribeCertificate", "acm:ListCertificates"], arn))
    assert wharf.client("acm", reader).describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"
    assert refused(wharf.client("acm", reader).delete_certificate, CertificateArn=arn)[0] == "AccessDeniedException"
    only = {"Condition": {"ForAllValues:StringLike": {"acm:DomainNames": ["*.team.example.com"]}}}
    _, team = tasks.user(wharf, tasks.document("acm:RequestCertificate", **only))
    theirs = wharf.client("acm", team)
    assert theirs.request_certificate(DomainName="a.team.example.com", KeyAlgorithm="EC_prime256v1")
    code, message = refused(theirs.request_certificate, DomainName="rights.example.com")
    assert code == "AccessDeniedException" and f"acm:RequestCertificate on resource: {PREFIX}*" in message, message


BAD_REQUESTS = [
    ({"DomainName": "localhost"}, "ValidationException"),
    ({"DomainName": "a..example.com"}, "ValidationException"),
    ({"DomainName": "-a.example.com"}, "ValidationException"),
    ({"DomainName": "*.*.example.com"}, "ValidationException"),
    ({"DomainName": "a" * 63 + ".example.com"}, "ValidationException"),
    ({"DomainName": "a" * 300}, "ValidationException"),
    ({"DomainName": "a.example.com", "ValidationMethod": "CARRIER_PIGEON"}, "ValidationException"),
    ({"DomainName": "a.example.com", "ValidationMethod": "HTTP"}, "InvalidParameterException"),
    ({"DomainName": "a.example.com", "IdempotencyToken": "a b"}, "ValidationException"),
    ({"DomainName": "a.example.com", "KeyAlgorithm": "RSA_1024"}, "InvalidParameterException"),
    ({"DomainName": "a.example.com", "KeyAlgorithm": "ROT13"}, "ValidationException"),
    ({"DomainName": "a.example.com", "SubjectAlternativeNames": [f"a{n}.example.com" for n in range(10)]}, "LimitExceededException"),
    ({"DomainName": "a.example.com", "SubjectAlternativeNames": ["a_b.example.com"]}, "ValidationException"),
    ({"DomainName": "a.example.com", "Tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidTagException"),
    (
        {"DomainName": "a.example.com", "DomainValidationOptions": [{"DomainName": "a.example.com", "ValidationDomain": "other.com"}]},
        "InvalidDomainValidationOptionsException",
    ),
]


@pytest.mark.parametrize(("parameters", "code"), BAD_REQUESTS, ids=range(len(BAD_REQUESTS)))
def test_bad_requests(acm, parameters, code):
    assert refused(acm.request_certificate, **parameters)[0] == code


def test_bad_arns(acm):
    for operation in ("describe_certificate", "get_certificate", "delete_certificate", "list_tags_for_certificate", "renew_certificate"):
        call = getattr(acm, operation)
        assert refused(call, CertificateArn=MISSING)[0] == "ResourceNotFoundException", operation
        assert refused(call, CertificateArn="arn:aws:acm:us-east-1:000000000000:x/y")[0] == "InvalidArnException", operation
        assert refused(call, CertificateArn="certificate/of/nothing/at/all")[0] == "ValidationException", operation


def test_bad_imports(acm, tmp_path):
    body, private = pair(tmp_path, "a.example.com")
    other, other_key = pair(tmp_path, "b.example.com")
    old, old_key = pair(tmp_path, "c.example.com")
    tools.run("openssl", "x509", "-in", old, "-signkey", old_key, "-days", "-1", "-out", old)
    small, small_key = pair(tmp_path, "d.example.com", key=("-newkey", "rsa:1024"))
    body, private, other, other_key = (path.read_bytes() for path in (body, private, other, other_key))
    good = {"Certificate": body, "PrivateKey": private}
    for change, text in [
        ({"PrivateKey": other_key}, "does not match"),
        ({"Certificate": body + other}, "more than one certificate"),
        ({"Certificate": b"nonsense"}, "PEM format"),
        ({"PrivateKey": b"nonsense"}, "PEM format"),
        ({"PrivateKey": body}, "PEM format"),
        ({"CertificateChain": other}, "Could not validate the certificate with the certificate chain"),
        ({"CertificateChain": other * 200}, "longer than"),
        ({"CertificateChain": body * 9}, "more than"),
        ({"Certificate": old.read_bytes(), "PrivateKey": old_key.read_bytes()}, "has expired"),
        ({"Certificate": small.read_bytes(), "PrivateKey": small_key.read_bytes()}, "length 1024 is not supported"),
        ({"Certificate": b"A" * 40000}, "32768"),
    ]:
        code, message = refused(acm.import_certificate, **(good | change))
        assert code == "ValidationException" and text in message, message
    assert refused(acm.import_certificate, CertificateArn=MISSING, **good)[0] == "ResourceNotFoundException"


def test_listeners_take_only_certificates_there_are(balancer):
    for certificates, code in [((), "ValidationError"), ((MISSING,), "CertificateNotFound")]:
        with pytest.raises(ClientError) as caught:
            balancer.listener(*certificates)
        assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("algorithm", ["RSA_2048", "EC_prime256v1"])
def test_exported_where_the_request_allowed_it(acm, tmp_path, algorithm):
    closed = issued(acm, request(acm, "closed.example.com"))
    assert refused(acm.export_certificate, CertificateArn=closed, Passphrase=b"secret")[0] == "ValidationException"
    arn = issued(acm, request(acm, "open.example.com", Options={"Export": "ENABLED"}, KeyAlgorithm=algorithm))
    exported, key = acm.export_certificate(CertificateArn=arn, Passphrase=b"secret"), tmp_path / "key.pem"
    key.write_text(exported["PrivateKey"])
    public = tools.run("openssl", "pkey", "-in", key, "-passin", "pass:secret", "-pubout").stdout
    assert public == tools.run("openssl", "x509", "-noout", "-pubkey", stdin=exported["Certificate"]).stdout
    assert tools.run("openssl", "pkey", "-in", key, "-passin", "pass:wrong", check=False).returncode != 0
    for made in (arn, closed):
        acm.delete_certificate(CertificateArn=made)


def test_what_is_not_there_says_so(acm):
    arn = issued(acm, request(acm, "lacking.example.com"))
    assert refused(acm.revoke_certificate, CertificateArn=arn, RevocationReason="UNSPECIFIED")[0] == "UnsupportedOperation"
    authority = "arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/1"
    more = dict(DomainName="lacking.example.com", CertificateAuthorityArn=authority)
    assert refused(acm.request_certificate, **more)[0] == "UnsupportedOperation"
    acm.delete_certificate(CertificateArn=arn)


def test_a_killed_server_loses_nothing(fresh, tmp_path):
    acm, balancer, ca = fresh.client("acm"), Balancer(fresh), tmp_path / "ca.pem"
    arn = issued(acm, request(acm, balancer.name))
    second = imported(acm, *pair(tmp_path, "kept.example.com"))
    balancer.listener(arn)
    ca.write_text(tools.run(tools.wharf(), "ca", "--data", fresh.data).stdout)
    balancer.curl(ca)
    before = [describe(acm, it) for it in (arn, second)]
    pending = request(acm, "pending.example.com", KeyAlgorithm="RSA_2048")
    fresh.kill_child("server")
    wait_for(lambda: [describe(acm, it) for it in (arn, second)] == before, DEADLINE_S, "the certificates")
    issued(acm, pending)
    assert tools.run(tools.wharf(), "ca", "--data", fresh.data).stdout == ca.read_text()
    assert balancer.curl(ca) == ["hello", "2"]
    line = (tmp_path / "kept.example.com.key").read_text().splitlines()[2].encode()
    assert not disk.files_with(fresh.data / "server", line)
    assert "PRIVATE KEY" not in fresh.output.text


def test_ca_needs_a_running_server(tmp_path):
    done = tools.run(tools.wharf(), "ca", "--data", tmp_path, check=False)
    assert done.returncode != 0 and done.stdout == "" and "wharf" in done.stderr
