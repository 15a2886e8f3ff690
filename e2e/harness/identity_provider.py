"""An identity provider that speaks OpenID Connect: a discovery document, keys, and the tokens it signs."""

import base64
import contextlib
import datetime
import functools
import http.server
import ipaddress
import json
import pathlib
import ssl
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def url_safe(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return url_safe(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def certificate(folder):
    """One that vouches for itself, for this machine; files of certificate and key."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "idp.pem", folder / "idp.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return public, private


class Provider:
    """Listens on a port of loopback until it is closed."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-idp-"))
        self.certificate, private = certificate(self.folder)
        self.keys = {}
        self.requests = []
        self.rotate("one")
        handler = functools.partial(self.handler(), self)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, private)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.name = f"localhost:{self.server.server_port}"
        self.issuer = f"https://{self.name}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def handler():
        return Handler

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def rotate(self, key_id):
        """From now on tokens are signed with another key."""
        self.key_id = key_id
        self.keys[key_id] = rsa.generate_private_key(65537, 2048)

    def token(self, **claims):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "sts.amazonaws.com", "iat": now, "exp": now + 600} | claims
        parts = [{"alg": "RS256", "typ": "JWT", "kid": self.key_id}, claims]
        text = ".".join(url_safe(json.dumps(part).encode()) for part in parts)
        signature = self.keys[self.key_id].sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{url_safe(signature)}"

    def document(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        if path == "/keys":
            return {"keys": [self.public(key_id) for key_id in self.keys]}
        return None

    def public(self, key_id):
        numbers = self.keys[key_id].public_key().public_numbers()
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": number(numbers.n), "e": number(numbers.e)}


class Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, provider, *arguments):
        self.provider = provider
        super().__init__(*arguments)

    def do_GET(self):
        self.provider.requests.append(self.path)
        found = self.provider.document(self.path)
        body = json.dumps(found).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass
