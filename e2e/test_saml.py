"""AssumeRoleWithSAML: assertions as another library signs them, told from those that were tampered with."""

import base64
import datetime
import json

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml import XMLSigner, methods

from harness import tasks, tools
from harness.installation import Keys
from harness.refusals import refused

ENTITY = "https://idp.example/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
NAMES = {"samlp": "urn:oasis:names:tc:SAML:2.0:protocol", "saml": "urn:oasis:names:tc:SAML:2.0:assertion"}
DSIG = "http://www.w3.org/2000/09/xmldsig#"
SIGN_IN = "https://signin.aws.amazon.com/saml"


class Idp:
    """A directory that vouches for people."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp.example")])
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        self.certificate = builder.sign(self.key, hashes.SHA256())

    @property
    def metadata(self):
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY}">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="{NAMES["samlp"]}">
    <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DSIG}"><ds:X509Data>
      <ds:X509Certificate>{base64.encodebytes(der).decode()}</ds:X509Certificate>
    </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{ENTITY}/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"""

    def signed(self, element):
        """In place, behind the issuer, where the schema has it."""
        placeholder = etree.SubElement(element, f"{{{DSIG}}}Signature", Id="placeholder")
        element.remove(placeholder)
        element.insert(1, placeholder)
        signer = XMLSigner(
            method=methods.enveloped,
            signature_algorithm="rsa-sha256",
            digest_algorithm="sha256",
            c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
        )
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        return signer.sign(element, key=self.key, cert=pem.decode(), reference_uri=element.get("ID"))

    def response(self, attributes, sign="assertion"):
        text = document(attributes)
        root = etree.fromstring(text)
        if sign == "response":
            return etree.tostring(self.signed(root))
        # Spliced in as text: a tree that takes in another one renames prefixes, which are signed.
        made = etree.tostring(self.signed(root.find("saml:Assertion", NAMES)))
        head, rest = text.split(b"<saml:Assertion", 1)
        return head + made + rest.split(b"</saml:Assertion>", 1)[1]


def document(attributes):
    now = datetime.datetime.now(datetime.UTC)
    at = lambda seconds: (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: E731
    given = "".join(
        f'<saml:Attribute Name="{name}">'
        + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
        + "</saml:Attribute>"
        for name, values in attributes.items()
    )
    return f"""<samlp:Response xmlns:samlp="{NAMES["samlp"]}" xmlns:saml="{NAMES["saml"]}" xmlns:xs="http://www.w3.org/2001/XMLSchema"
  ID="_response" Version="2.0" IssueInstant="{at(0)}" Destination="{SIGN_IN}">
  <saml:Issuer>{ENTITY}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion ID="_assertion" Version="2.0" IssueInstant="{at(0)}">
    <saml:Issuer>{ENTITY}</saml:Issuer>
    <saml:Subject>
      <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ann&amp;a</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <saml:SubjectConfirmationData NotOnOrAfter="{at(300)}" Recipient="{SIGN_IN}"/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="{at(-60)}" NotOnOrAfter="{at(300)}">
      <saml:AudienceRestriction><saml:Audience>{SIGN_IN}</saml:Audience></saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AuthnStatement AuthnInstant="{at(0)}" SessionNotOnOrAfter="{at(1800)}"/>
    <saml:AttributeStatement>{given}</saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>""".encode()


@pytest.fixture(scope="module")
def corp(wharf):
    idp, iam = Idp(), wharf.client("iam")
    name = tasks.unique("corp")
    arn = iam.create_saml_provider(Name=name, SAMLMetadataDocument=idp.metadata)["SAMLProviderArn"]
    trust = {"StringEquals": {"SAML:aud": SIGN_IN, "aws:RequestTag/team": "web"}}
    actions = ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    statement = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": actions, "Condition": trust}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=tasks.unique("saml"), AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    yield idp, arn, role
    iam.delete_saml_provider(SAMLProviderArn=arn)


def attributes(role, provider, team="web"):
    return {
        ATTRIBUTES + "Role": ["arn:aws:iam::000000000000:role/other,arn:aws:iam::000000000000:saml-provider/other", f"{role},{provider}"],
        ATTRIBUTES + "RoleSessionName": ["anna@corp"],
        ATTRIBUTES + "PrincipalTag:team": [team],
    }


def assume(wharf, role, provider, response):
    sts = boto3.client("sts", endpoint_url=wharf.endpoint, region_name="us-east-1", config=Config(signature_version=UNSIGNED))
    return sts.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=base64.b64encode(response).decode())


@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_people_of_a_directory_assume_a_role(wharf, corp, sign):
    idp, provider, role = corp
    answer = assume(wharf, role, provider, idp.response(attributes(role, provider), sign))
    assert (answer["Subject"], answer["SubjectType"], answer["Issuer"], answer["Audience"]) == ("ann&a", "persistent", ENTITY, SIGN_IN)
    keys = Keys(answer["Credentials"]["AccessKeyId"], answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"])
    who = wharf.client("sts", keys).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::000000000000:assumed-role/{role.rpartition('/')[2]}/anna@corp"
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert left < datetime.timedelta(seconds=1801), "the provider's own end comes first"


def test_what_was_tampered_with_is_refused(wharf, corp):
    idp, provider, role = corp
    good = idp.response(attributes(role, provider))
    bad = ("InvalidIdentityToken", "Response signature invalid")
    shape = ("InvalidIdentityToken", "Your request included an invalid SAML response.")
    assert refused(assume, wharf, role, provider, good.replace(b"anna@corp", b"root@corp")) == bad
    assert refused(assume, wharf, role, provider, good.replace(b"anna@corp", b"anna<!-- -->@corp")) == shape
    assert refused(assume, wharf, role, provider, b"<!DOCTYPE x>" + good) == shape
    assert refused(assume, wharf, role, provider, Idp().response(attributes(role, provider))) == bad
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    assert refused(assume, wharf, role, provider, idp.response(attributes(role, provider, team="db"))) == denied
    assert refused(assume, wharf, role, provider, idp.response(attributes(role + "x", provider))) == denied
    # The signed assertion moves aside for another one.
    root = etree.fromstring(good)
    assertion = root.find("saml:Assertion", NAMES)
    evil = etree.fromstring(etree.tostring(assertion).replace(b"anna@corp", b"root@corp").replace(b"_assertion", b"_evil"))
    root.insert(list(root).index(assertion), evil)
    assert refused(assume, wharf, role, provider, etree.tostring(root)) == shape


def test_a_response_may_have_a_hundred_thousand_characters(wharf, corp):
    idp, provider, role = corp
    groups = [f"cn=group-{number},ou=groups,dc=example,dc=com" for number in range(850)]
    given = {**attributes(role, provider), "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": groups}
    response = idp.response(given)
    assert 90_000 < len(base64.b64encode(response)) <= 100_000, len(base64.b64encode(response))
    assert assume(wharf, role, provider, response)["Issuer"] == ENTITY


def test_providers_through_the_aws_cli(wharf, corp, tmp_path):
    _, provider, _ = corp
    listed = wharf.aws("iam", "list-saml-providers")["SAMLProviderList"]
    assert provider in [it["Arn"] for it in listed]
    shown = wharf.aws("iam", "get-saml-provider", "--saml-provider-arn", provider)
    assert "EntityDescriptor" in shown["SAMLMetadataDocument"]
    bad = tmp_path / "bad.xml"
    bad.write_text("<a/>" + " " * 1000)
    done = wharf.aws("iam", "create-saml-provider", "--name", "bad", "--saml-metadata-document", f"file://{bad}", check=False)
    assert "(InvalidInput)" in done.stderr and "Could not parse metadata" in done.stderr


TEMPLATE = """<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element">
  <xenc:EncryptionMethod Algorithm="{contents}"/>
  <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>
    <xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>
    <xenc:CipherData><xenc:CipherValue/></xenc:CipherData>
  </xenc:EncryptedKey></ds:KeyInfo>
  <xenc:CipherData><xenc:CipherValue/></xenc:CipherData>
</xenc:EncryptedData>"""


def encrypted(response, key, contents, bits, folder):
    """The response with its assertion encrypted for the key by `xmlsec1`."""
    around = b'<saml:EncryptedAssertion xmlns:saml="%s">' % NAMES["saml"].encode()
    head, rest = response.split(b"<saml:Assertion", 1)
    inside, tail = rest.split(b"</saml:Assertion>", 1)
    (folder / "response.xml").write_bytes(
        head + around + b"<saml:Assertion" + inside + b"</saml:Assertion></saml:EncryptedAssertion>" + tail
    )
    (folder / "template.xml").write_text(TEMPLATE.format(contents=contents))
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(pem)
    made = tools.run(
        "xmlsec1", "--encrypt", "--pubkey-pem", folder / "public.pem", "--session-key", f"aes-{bits}",
        "--xml-data", folder / "response.xml", "--node-xpath", "//*[local-name()='Assertion']", folder / "template.xml",
    )  # fmt: skip
    assert b"anna@corp" in response and "anna@corp" not in made.stdout
    return made.stdout.encode()


@pytest.mark.parametrize(
    ("contents", "bits"),
    [("http://www.w3.org/2009/xmlenc11#aes256-gcm", 256), ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", 128)],
)
def test_assertions_come_encrypted(wharf, tmp_path, contents, bits):
    iam, idp, key = wharf.client("iam"), Idp(), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    provider = iam.create_saml_provider(
        Name=tasks.unique("sealed"),
        SAMLMetadataDocument=idp.metadata,
        AssertionEncryptionMode="Required",
        AddPrivateKey=pem.decode(),
    )["SAMLProviderArn"]
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=tasks.unique("saml"), AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    shown = iam.get_saml_provider(SAMLProviderArn=provider)
    assert shown["AssertionEncryptionMode"] == "Required" and len(shown["PrivateKeyList"]) == 1

    plain = idp.response(attributes(role, provider))
    assert assume(wharf, role, provider, encrypted(plain, key, contents, bits, tmp_path))["Subject"] == "ann&a"
    closed = (
        "InvalidIdentityToken",
        "The assertion cannot be decrypted with the private keys of the specified provider, or is not signed by it",
    )
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert refused(assume, wharf, role, provider, encrypted(plain, stranger, contents, bits, tmp_path)) == closed
    unsigned = document(attributes(role, provider))
    assert refused(assume, wharf, role, provider, encrypted(unsigned, key, contents, bits, tmp_path)) == closed
    required = ("InvalidIdentityToken", "The specified provider requires encrypted assertions")
    assert refused(assume, wharf, role, provider, plain) == required
    iam.delete_saml_provider(SAMLProviderArn=provider)
