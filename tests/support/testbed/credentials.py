"""Keys and certificates of one run, by openssl(1): an authority and what it has signed."""

import dataclasses
import pathlib
import ssl
import subprocess

_EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")


@dataclasses.dataclass(frozen=True)
class Certificate:
    certificate: pathlib.Path
    key: pathlib.Path


def make_key(path):
    """An elliptic key by itself, in the form of SEC 1, in which kube-apiserver reads one."""
    _openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", path)
    return path


class Authority:
    """Signs certificates in `folder`; its own is `certificate`."""

    def __init__(self, folder, name="authority"):
        self._folder = folder
        self.certificate, self._key = folder / f"{name}.crt", folder / f"{name}.key"
        _openssl("req", "-x509", *_EC, "-subj", f"/CN={name}", "-keyout", self._key,
                 "-out", self.certificate)

    def issue(self, name, subject, alternatives=""):
        """A Certificate for `subject` ("/O=.../CN=...") with the subjectAltName `alternatives`."""
        made = Certificate(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        extensions = ["-addext", "basicConstraints=critical,CA:FALSE"]
        if alternatives:
            extensions += ["-addext", f"subjectAltName={alternatives}"]
        _openssl("req", "-x509", "-CA", self.certificate, "-CAkey", self._key, *_EC, "-subj", subject,
                 *extensions, "-keyout", made.key, "-out", made.certificate)
        return made

    def client_context(self, certificate=None):
        """TLS settings of a client that trusts this authority, and may show a Certificate."""
        context = ssl.create_default_context(cafile=self.certificate)
        if certificate:
            context.load_cert_chain(certificate.certificate, certificate.key)
        return context
