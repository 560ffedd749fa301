# SPDX-License-Identifier: Apache-2.0
"""Certificates that nobody vouches for, as most mail servers have them."""
import ssl
import subprocess


KINDS = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["-newkey", "rsa:2048"]}


def make_certificate(folder, name, kind="ec", authority=None):
    """The paths of certificate and key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    if authority is None:
        _openssl("req", "-x509", *KINDS[kind], "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", key,
                 "-out", certificate)
        return certificate, key
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text(f"basicConstraints = CA:FALSE\nkeyUsage = digitalSignature\nextendedKeyUsage = serverAuth\n"
                          f"subjectAltName = DNS:{name}\n")
    _openssl("req", *KINDS[kind], "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    _openssl("x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1], "-CAcreateserial", "-days", "80",
             "-extfile", extensions, "-out", certificate)
    return certificate, key


def make_authority(folder, name):
    """The paths of its certificate and key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    _openssl("req", "-x509", *KINDS["ec"], "-nodes", "-days", "400", "-subj", f"/CN={name}", "-keyout", key,
             "-out", certificate, "-addext", "keyUsage = critical, keyCertSign, cRLSign")
    return certificate, key


def _openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)


def der_of(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())
