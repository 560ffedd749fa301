# SPDX-License-Identifier: Apache-2.0
"""Certificates that nobody vouches for, as most mail servers have them."""
import ssl
import subprocess


def make_certificate(folder, name):
    """The paths of certificate and key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=30)
    return certificate, key


def der_of(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())
