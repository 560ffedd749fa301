# SPDX-License-Identifier: Apache-2.0
"""An authority of our own, so that clients can be told to insist on a certificate that holds."""
import subprocess


def openssl(*words, **options):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30, **options)


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.certificate, self.key = folder / "authority.pem", folder / "authority.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 30, "-subj",
                "/CN=Authority of the town", "-addext", "basicConstraints=critical,CA:true", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, address):
        """The paths of certificate and key of that host, which has that address."""
        certificate, key, request = (self.folder / f"{name}.{kind}" for kind in ("pem", "key", "csr"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)
        names = self.folder / f"{name}.extensions"
        names.write_text(f"subjectAltName=DNS:{name},IP:{address}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:false\n")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", 30,
                "-extfile", names, "-out", certificate)
        return certificate, key
