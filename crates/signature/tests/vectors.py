"""Writes vectors.json: signatures that openssl made. `python3 crates/signature/tests/vectors.py`."""

import base64
import hashlib
import json
import pathlib
import subprocess
import tempfile

DIGEST = "sha256:" + "ab" * 32
KINDS = {
    "p256": (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ES256"),
    "p384": (["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "ES384"),
    "p521": (["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "ES512"),
    "rsa2048": (["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "PS256"),
    "rsa3072": (["RSA", "-pkeyopt", "rsa_keygen_bits:3072"], "PS384"),
    "rsa4096": (["RSA", "-pkeyopt", "rsa_keygen_bits:4096"], "PS512"),
    "ed25519": (["ED25519"], None),
    "rsa1024": (["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], None),
    "secp256k1": (["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], None),
    "ed448": (["ED448"], None),
}
SIZES = {"ES256": 32, "ES384": 48, "ES512": 66}


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True, capture_output=True).stdout


def numbers(der, size):
    """The two numbers of an ECDSA signature in ASN.1, side by side."""
    at = 2 if der[1] < 0x80 else 3
    out = b""
    for _ in range(2):
        length = der[at + 1]
        out += int.from_bytes(der[at + 2 : at + 2 + length]).to_bytes(size)
        at += 2 + length
    return out


def url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(key, folder, data, *options):
    path = folder / "data"
    path.write_bytes(data)
    if options == ("raw",):
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", path)
    return openssl("dgst", *options, "-sign", key, path)


def notation(key, folder, algorithm, certificate):
    payload = {"targetArtifact": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": DIGEST, "size": 7}}
    protected = {
        "alg": algorithm,
        "cty": "application/vnd.cncf.notary.payload.v1+json",
        "crit": ["io.cncf.notary.signingScheme"],
        "io.cncf.notary.signingScheme": "notary.x509",
        "io.cncf.notary.signingTime": "2026-01-01T00:00:00Z",
    }
    parts = [url(json.dumps(it).encode()) for it in (protected, payload)]
    hashed = f"-sha{algorithm[2:]}"
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if algorithm[0] == "P" else []
    signed = sign(key, folder, ".".join(parts).encode(), hashed, *pss)
    signed = numbers(signed, SIZES[algorithm]) if algorithm in SIZES else signed
    header = {"x5c": [base64.b64encode(certificate).decode()]}
    return {"protected": parts[0], "payload": parts[1], "header": header, "signature": url(signed)}


def main():
    document = json.dumps(
        {
            "critical": {
                "identity": {"docker-reference": "registry.example/app"},
                "image": {"docker-manifest-digest": DIGEST},
                "type": "cosign container image signature",
            },
            "optional": None,
        }
    ).encode()
    vectors = []
    for name, (made, algorithm) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            key = folder / "key.pem"
            openssl("genpkey", "-algorithm", *made, "-out", key)
            subject = ["-subj", "/CN=signer", "-days", "3650"]
            certificate = openssl("req", "-x509", "-key", key, *subject, "-outform", "DER")
            vectors.append(
                {
                    "kind": name,
                    "key": openssl("pkey", "-in", key, "-pubout").decode(),
                    "fingerprint": hashlib.sha256(openssl("pkey", "-in", key, "-pubout", "-outform", "DER")).hexdigest(),
                    "certificate": base64.b64encode(certificate).decode(),
                    "document": document.decode(),
                    "signature": base64.b64encode(sign(key, folder, document, "raw" if name.startswith("ed") else "-sha256")).decode(),
                    "notation": algorithm and notation(key, folder, algorithm, certificate),
                }
            )
    out = pathlib.Path(__file__).with_name("vectors.json")
    out.write_text(json.dumps({"digest": DIGEST, "vectors": vectors}, indent=1) + "\n")


main()
