"""Certificates of an authority of the tests' own, and a Redis that speaks TLS only and knows one restricted user."""

import pathlib
import subprocess

from .processes import ROOT
from .redis_server import RedisServer

USER, PASSWORD = "penstock", "p%ss:w@rd"


class Authority:
    """A CA that signs certificates for 127.0.0.1."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.certificate, self.key = self.folder / "ca.crt", self.folder / "ca.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=test authority", "-keyout", self.key, "-out", self.certificate)

    def issue(self, name):
        """Certificate and key files for a server or a client."""
        certificate, key, request = (self.folder / f"{name}.{ending}" for ending in ["crt", "key", "csr"])
        extensions = self.folder / "extensions"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                     "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key

    @staticmethod
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)


class TLSRedisServer(RedisServer):
    """No plain port, client certificates required, the default user off: only the user of ops/redis/users.acl."""

    def __init__(self, folder):
        self.authority = Authority(pathlib.Path(folder) / "authority")
        certificate, key = self.authority.issue("server")
        self.client_certificate, self.client_key = self.authority.issue("client")
        users = self.authority.folder / "users.acl"
        users.write_text((ROOT / "ops/redis/users.acl").read_text().replace("PASSWORD", PASSWORD))
        super().__init__(
            pathlib.Path(folder) / "server", tls_cert_file=certificate, tls_key_file=key,
            tls_ca_cert_file=self.authority.certificate, tls_auth_clients="yes", aclfile=users)
        self.url = f"rediss://{USER}:p%25ss%3Aw%40rd@127.0.0.1:{self.port}/0"

    def port_options(self):
        return ["--port", "0", "--tls-port", str(self.port)]

    def client_options(self):
        return ["--tls", "--cacert", self.authority.certificate, "--cert", self.client_certificate,
                "--key", self.client_key, "--user", USER, "--pass", PASSWORD, "--no-auth-warning"]

    def settings(self):
        """The settings of a stack that uses this server."""
        return {"url": self.url, "ca_file": str(self.authority.certificate),
                "certificate_file": str(self.client_certificate), "key_file": str(self.client_key)}
