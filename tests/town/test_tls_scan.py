# SPDX-License-Identifier: Apache-2.0
"""What testssl.sh finds on each kind of listener: nothing above LOW."""
import json
import os
import shutil
import subprocess

import pytest

from certificates import make_authority, make_certificate
from program import inside_command

LISTENERS = {
    "smtp": (25, "starttls", "smtp"), "submission": (587, "starttls", "smtp"), "submissions": (465, "implicit", None),
    "pop3": (110, "starttls", "pop3"), "pop3s": (995, "implicit", None),
    "imap": (143, "starttls", "imap"), "imaps": (993, "implicit", None)}
# A scan takes a minute. One of each kind is the rule, since all listeners have one TLS; all of them on demand.
SCANNED = LISTENERS if os.environ.get("POSTHOUSE_SCAN_ALL") else ("submission", "imaps")
# Of the test's own certificates, which no public authority has signed, and of its DNS.
NOT_OURS = ("DNS_", "cert_chain_of_trust", "cert_crl", "cert_ocsp", "cert_revocation", "cert_extlifeSpan", "scanProblem")
GRAVE = ("MEDIUM", "HIGH", "CRITICAL")
SCAN_SECONDS = 900


@pytest.fixture(scope="module")
def scanned(town):
    host = town.found_posthouse("scanned.test")
    authority = make_authority(town.folder, "scanned-authority")
    certificate, key = make_certificate(town.folder, host.name, authority=authority)
    host.config["tls"] = {"certificate": certificate, "key": key}
    host.config["limits"] = {"sessions_per_client": 1000}
    host.listen = [{"address": f"0.0.0.0:{port}", "protocol": name.removesuffix("s"), "tls": how}
                   for name, (port, how, _) in LISTENERS.items()]
    host.start()
    return host, authority[0]


@pytest.mark.skipif(not shutil.which("testssl"), reason="there is no testssl.sh")
@pytest.mark.parametrize("name", SCANNED)
def test_a_scan_finds_nothing_above_low(town, scanned, name):
    host, authority = scanned
    port, _, protocol = LISTENERS[name]
    if f"listener=0.0.0.0:{port}" in "".join(line for line in host.log().splitlines() if "listener.unusable" in line):
        pytest.skip(f"{name} is not served yet")
    found = town.folder / f"{name}.json"
    starttls = ["--starttls", protocol] if protocol else []
    subprocess.run([*inside_command(town.desk), "testssl", "--quiet", "--warnings", "batch", "--color", "0", "--nodns", "none",
                    "--ip", host.address, "--add-ca", authority, "--connect-timeout", "20", "--openssl-timeout", "20",
                    "--jsonfile", found, *starttls, f"{host.name}:{port}"],
                   capture_output=True, timeout=SCAN_SECONDS, check=False)
    findings = json.loads(found.read_text())
    assert any(each["id"] == "TLS1_3" and each["finding"].startswith("offered") for each in findings), \
        [each for each in findings if each["severity"] != "OK"]
    grave = [each for each in findings if each["severity"] in GRAVE and not each["id"].startswith(NOT_OURS)]
    assert not grave, grave
