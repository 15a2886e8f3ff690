"""Signatures of images, made as cosign and notation make them."""

import base64
import datetime
import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
NOTATION = "application/vnd.cncf.notary.signature"
EMPTY = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:" + hashlib.sha256(b"{}").hexdigest(), "size": 2}


class Signer:
    """A key pair, its public half in a file."""

    def __init__(self, folder, name, kind="p256"):
        self.private = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
        self.public = folder / f"{name}.pub"
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        self.public.write_bytes(self.private.public_key().public_bytes(encoding, form))
        spki = self.private.public_key().public_bytes(serialization.Encoding.DER, form)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        self.fingerprint = hashlib.sha256(spki).hexdigest()

    def sign(self, message):
        """As openssl dgst -sha256 -sign."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))

    def simple(self, digest):
        """The layer of a signature in cosign's form, and its bytes."""
        said = {
            "critical": {
                "identity": {"docker-reference": "any"},
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            },
            "optional": None,
        }
        document = json.dumps(said, separators=(",", ":")).encode()
        signed = base64.b64encode(self.sign(document)).decode()
        return layer(SIMPLE, document, {"dev.cosignproject.cosign/signature": signed}), document

    def notation(self, digest, expiry=None):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self.private, hashes.SHA256())
        )
        is_rsa = isinstance(self.private, rsa.RSAPrivateKey)
        protected = {
            "alg": "PS256" if is_rsa else "ES256",
            "cty": "application/vnd.cncf.notary.payload.v1+json",
            "crit": ["io.cncf.notary.signingScheme"] + (["io.cncf.notary.expiry"] if expiry else []),
            "io.cncf.notary.signingScheme": "notary.x509",
            "io.cncf.notary.signingTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if expiry:
            protected["io.cncf.notary.expiry"] = expiry
        payload = {"targetArtifact": {"mediaType": MANIFEST, "digest": digest, "size": 1}}
        head, body = url_safe(json.dumps(protected).encode()), url_safe(json.dumps(payload).encode())
        message = f"{head}.{body}".encode()
        if is_rsa:
            signed = self.private.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        else:
            r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            signed = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        chain = [base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]
        envelope = json.dumps({"payload": body, "protected": head, "header": {"x5c": chain}, "signature": url_safe(signed)}).encode()
        return layer("application/jose+json", envelope, {}), envelope


class Trusted:
    """A certificate in PEM form that signed itself, and what is under it."""

    def __init__(self, pem, spki):
        self.certificate = x509.load_pem_x509_certificate(pem)
        self.certificate.verify_directly_issued_by(self.certificate)
        key = self.certificate.public_key()
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        assert der == spki
        usage = self.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert x509.ExtendedKeyUsageOID.CODE_SIGNING in usage
        self.fingerprint = hashlib.sha256(der).hexdigest()
        self.thumbprint = self.certificate.fingerprint(hashes.SHA256()).hex()

    def verified(self, envelope):
        """What an envelope of notation on P-256 is about."""
        said = json.loads(envelope)
        (first,) = said["header"]["x5c"]
        assert base64.b64decode(first) == self.certificate.public_bytes(serialization.Encoding.DER)
        head = json.loads(plain(said["protected"]))
        assert head["alg"] == "ES256" and head["cty"] == "application/vnd.cncf.notary.payload.v1+json", head
        assert head["crit"] == ["io.cncf.notary.signingScheme"] and head["io.cncf.notary.signingScheme"] == "notary.x509", head
        signed = plain(said["signature"])
        assert len(signed) == 64
        pair = utils.encode_dss_signature(int.from_bytes(signed[:32], "big"), int.from_bytes(signed[32:], "big"))
        message = f"{said['protected']}.{said['payload']}".encode()
        self.certificate.public_key().verify(pair, message, ec.ECDSA(hashes.SHA256()))
        return json.loads(plain(said["payload"]))["targetArtifact"]


def plain(text):
    """The inverse of `url_safe`."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def url_safe(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def layer(kind, content, annotations):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    return {"mediaType": kind, "digest": digest, "size": len(content), "annotations": annotations}


def blob(registry, content):
    location = registry.begin()
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    mark = "&" if "?" in location else "?"
    answer = registry.ask("PUT", f"{location}{mark}digest={digest}", data=content)
    assert answer.status_code == 201, answer.text


def attach(registry, subject, signed, kind=None):
    """Pushes signatures, each a layer and its bytes: under cosign's tag, or as a referrer of that kind."""
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": EMPTY, "layers": [one for one, _ in signed]}
    reference = subject.replace(":", "-") + ".sig"
    if kind:
        size = len(registry.ask("GET", f"manifests/{subject}", headers={"Accept": "*/*"}).content)
        manifest |= {"artifactType": kind, "subject": {"mediaType": MANIFEST, "digest": subject, "size": size}}
        reference = "sha256:" + hashlib.sha256(json.dumps(manifest).encode()).hexdigest()
    for content in [b"{}", *(content for _, content in signed)]:
        blob(registry, content)
    answer = registry.ask("PUT", f"manifests/{reference}", data=json.dumps(manifest), headers={"Content-Type": MANIFEST})
    assert answer.status_code == 201, answer.text
    return reference
