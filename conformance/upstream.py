"""Upstream's API server on an etcd of its own, with those of upstream's controllers that are asked for."""

import contextlib
import http.client
import json
import pathlib
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

from cluster import program

from harness import tools
from harness.installation import free_port
from harness.waiting import Hopeless, wait_for

# The range of services that clusters of wharf have.
SERVICES = "10.100.0.0/16"
READY_DEADLINE_S = 90
ISSUER = "https://kubernetes.default.svc.cluster.local"


class Certificates:
    """An authority and what it signed, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self._openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "30", "-subj", "/CN=ca"
        )
        self._openssl("genrsa", "-out", "accounts.key", "2048")
        self._openssl("rsa", "-in", "accounts.key", "-pubout", "-out", "accounts.pub")

    def sign(self, name, subject, *extensions):
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        (self.folder / "extensions").write_text("\n".join(["keyUsage=digitalSignature,keyEncipherment", *extensions]))
        signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "extensions"]
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *signing)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


class Upstream:
    """Up while it is entered. `kubectl` and `described` are as those of a cluster of wharf. `controllers`: names of upstream's."""

    def __init__(self, logs, controllers=()):
        self.logs = pathlib.Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.controllers = controllers
        self.processes = {}
        self._ending = contextlib.ExitStack()

    def __enter__(self):
        with self._ending as ending:
            self.folder = pathlib.Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="wharf-upstream-")))
            self.certificates = Certificates(self.folder)
            self._start_etcd()
            self._start_server()
            if self.controllers:
                self._start_controllers()
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_):
        self._ending.close()

    def kubectl(self, *arguments, stdin=None):
        where = f"--kubeconfig={self.folder}/admin.conf"
        return tools.run(tools.program("kubectl-1.36"), where, *arguments, stdin=stdin).stdout

    def described(self):
        authority = json.loads((self.folder / "admin.conf").read_text())["clusters"][0]["cluster"]["certificate-authority-data"]
        return {"endpoint": self.endpoint, "certificateAuthority": {"data": authority}}

    def _run(self, name, *command):
        with open(self.logs / f"{name}.log", "w") as said:
            process = subprocess.Popen([str(part) for part in command], cwd=self.folder, stdout=said, stderr=subprocess.STDOUT)
        self.processes[name] = process
        self._ending.callback(process.wait)
        self._ending.callback(process.kill)

    def _start_etcd(self):
        self.etcd, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._run(
            "etcd",
            tools.program("etcd"),
            "--data-dir=etcd",
            f"--listen-client-urls={self.etcd}",
            f"--advertise-client-urls={self.etcd}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )
        self._wait("etcd", f"{self.etcd}/health", None)

    def _start_server(self):
        port = free_port()
        self.endpoint = f"https://127.0.0.1:{port}"
        names = "subjectAltName=DNS:kubernetes,DNS:localhost,IP:127.0.0.1"
        self.certificates.sign("server", "/CN=kube-apiserver", "extendedKeyUsage=serverAuth", names)
        self._user("admin", "/O=system:masters/CN=admin")
        self._run(
            "kube-apiserver",
            program("kube-apiserver"),
            f"--etcd-servers={self.etcd}",
            "--bind-address=127.0.0.1",
            "--advertise-address=10.200.0.1",
            f"--secure-port={port}",
            "--insecure-port=0",
            "--tls-cert-file=server.crt",
            "--tls-private-key-file=server.key",
            "--client-ca-file=ca.crt",
            "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
            "--service-account-key-file=accounts.pub",
            "--service-account-signing-key-file=accounts.key",
            f"--service-account-issuer={ISSUER}",
            f"--service-cluster-ip-range={SERVICES}",
            "--feature-gates=BoundServiceAccountTokenVolume=true",
            "--allow-privileged",
            "--profiling=false",
            # Files of the machine, which wharf's clusters have no part of.
            "--enable-logs-handler=false",
        )
        trusted = ssl.create_default_context(cafile=self.folder / "ca.crt")
        trusted.load_cert_chain(self.folder / "admin.crt", self.folder / "admin.key")
        self._wait("kube-apiserver", f"{self.endpoint}/readyz", trusted)

    def _start_controllers(self):
        self._run(
            "kube-controller-manager",
            program("kube-controller-manager"),
            f"--kubeconfig={self.folder}/admin.conf",
            f"--controllers={','.join(self.controllers)}",
            f"--root-ca-file={self.folder}/ca.crt",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={free_port()}",
            "--port=0",
            f"--cert-dir={self.folder}",
        )

    def _user(self, name, subject):
        """A kubeconfig for who has a certificate of this subject."""
        self.certificates.sign(name, subject, "extendedKeyUsage=clientAuth")
        paths = {"client-certificate": f"{self.folder}/{name}.crt", "client-key": f"{self.folder}/{name}.key"}
        made = subprocess.run(["base64", "-w0", self.folder / "ca.crt"], check=True, capture_output=True, text=True).stdout
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": self.endpoint, "certificate-authority-data": made}}],
            "users": [{"name": "u", "user": paths}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
        (self.folder / f"{name}.conf").write_text(json.dumps(config))

    def _wait(self, name, url, trusted):
        def answers():
            process = self.processes[name]
            if process.poll() is not None:
                raise Hopeless(f"{name} exited with {process.returncode}:\n{(self.logs / f'{name}.log').read_text()[-4000:]}")
            try:
                with urllib.request.urlopen(url, context=trusted, timeout=5) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, OSError, http.client.HTTPException):
                return False

        wait_for(answers, READY_DEADLINE_S, f"{name} that is ready")
