"""An identity provider that logs users in (the authorization code flow), and a browser that keeps cookies."""

import base64
import http.client
import itertools
import json
import socket
import ssl
import urllib.parse

from .identity_provider import Handler, Provider

CLIENT, SECRET = "web", "se same:+"


class LoginProvider(Provider):
    """Everybody who comes is logged in as Ada at once."""

    def __init__(self):
        self.numbers = itertools.count(1)
        self.codes, self.access, self.refresh = {}, set(), set()
        # What tests change: how long access tokens last, what is said of users, and which paths answer with an error.
        self.expires_in, self.claims, self.id_claims, self.errors = 3600, {}, {}, {}
        self.authorized = []
        # What the provider says beside the code.
        self.beside = {}
        super().__init__()

    @staticmethod
    def handler():
        return LoginHandler

    def config(self, **more):
        return {
            "Issuer": self.issuer,
            "AuthorizationEndpoint": f"{self.issuer}/authorize",
            "TokenEndpoint": f"{self.issuer}/token",
            "UserInfoEndpoint": f"{self.issuer}/userinfo",
            "ClientId": CLIENT,
            "ClientSecret": SECRET,
        } | more

    def tokens(self, nonce=None):
        number = next(self.numbers)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self.access.add(access)
        self.refresh.add(refresh)
        claims = {"aud": CLIENT, "sub": "ada"} | ({"nonce": nonce} if nonce else {}) | self.id_claims
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": self.expires_in}
        return answer | {"refresh_token": refresh, "id_token": self.token(**claims)}


class LoginHandler(Handler):
    def answer(self, status, body=None, **headers):
        body = json.dumps(body or {}).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        it, asked = self.provider, urllib.parse.urlsplit(self.path)
        if status := it.errors.get(asked.path):
            return self.answer(status, {"error": "temporarily_unavailable"})
        if asked.path == "/authorize":
            query = dict(urllib.parse.parse_qsl(asked.query, strict_parsing=True))
            it.authorized.append(query)
            code = f"code-{next(it.numbers)}"
            it.codes[code] = query
            back = urllib.parse.urlencode({"code": code, "state": query["state"]} | it.beside)
            return self.answer(302, Location=f"{query['redirect_uri']}?{back}")
        if asked.path == "/userinfo":
            kind, _, token = self.headers["Authorization"].partition(" ")
            if kind != "Bearer" or token not in it.access:
                return self.answer(401, {"error": "invalid_token"})
            return self.answer(200, {"sub": "ada", "email": "ada@example.org"} | it.claims)
        return super().do_GET()

    def do_POST(self):
        it, length = self.provider, int(self.headers["Content-Length"])
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode(), strict_parsing=True))
        it.requests.append((self.path, form))
        if status := it.errors.get(self.path):
            return self.answer(status, {"error": "temporarily_unavailable"})
        given = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        if [urllib.parse.unquote_plus(part) for part in given.split(":")] != [CLIENT, SECRET]:
            return self.answer(401, {"error": "invalid_client"})
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in it.refresh:
                return self.answer(400, {"error": "invalid_grant"})
            it.refresh.discard(form["refresh_token"])
            return self.answer(200, it.tokens())
        asked = it.codes.pop(form["code"], None)
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            return self.answer(400, {"error": "invalid_grant"})
        return self.answer(200, it.tokens(asked["nonce"]))


class Browser:
    """Names all lead to this machine. Cookies are kept by host, as browsers do, and go back to it."""

    def __init__(self, *authorities):
        self.context = ssl.create_default_context()
        for authority in authorities:
            self.context.load_verify_locations(authority)
        self.jars = {}

    def get(self, url, method="GET", **headers):
        """Status, headers and body of one request."""
        parts = urllib.parse.urlsplit(url)
        line = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=20, context=self.context)
        line._create_connection = lambda _address, *more: socket.create_connection(("127.0.0.1", parts.port), *more)
        jar = self.jars.setdefault(parts.hostname, {})
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        line.request(method, urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, "")), headers=headers)
        answer = line.getresponse()
        body = answer.read().decode()
        line.close()
        for given in answer.headers.get_all("Set-Cookie", []):
            name, _, value = given.partition(";")[0].partition("=")
            if value:
                jar[name] = value
            else:
                jar.pop(name, None)
        return answer.status, answer.headers, body

    def follow(self, url, **headers):
        """The answer at the end of at most ten redirects, and the addresses on the way."""
        way = [url]
        for _ in range(10):
            status, fields, body = self.get(way[-1], **headers)
            if status not in (301, 302):
                return status, body, way
            way.append(fields["Location"])
        raise AssertionError(f"no end of redirects: {way}")
