# SPDX-License-Identifier: Apache-2.0
"""Private keys: who has them, and what becomes of certificates that change."""
import re
import subprocess
from pathlib import Path

import pytest

from certificates import der_of, make_certificate
from patience import until


def secrets_of(key):
    """What of a private key would give it away in memory: its secret number in both orders of its bytes, and its file."""
    text = subprocess.run(["openssl", "pkey", "-in", key, "-noout", "-text"], check=True, capture_output=True, text=True,
                          timeout=30).stdout
    digits = re.search(r"(?:priv|prime1):\n((?:\s+[0-9a-f:]+\n)+)", text)[1]
    number = bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0")
    body = "".join(key.read_text().splitlines()[1:-1]).encode()
    return [number, number[::-1], body[24:88]]


def memory_of(pid):
    """Piece by piece, whatever of it can be read."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " r" not in line or "[v" in line or end - begin > 1 << 32:  # vdso and its like; sanitizers' shadows.
                continue
            try:
                memory.seek(begin)
                yield memory.read(end - begin)
            except OSError:
                continue


def holds(pid, secrets):
    return any(secret in piece for piece in memory_of(pid) for secret in secrets)


def processes(host):
    """All of the house, by role."""
    found = {"supervisor": [host.program.pid]}
    for child in Path(f"/proc/{host.program.pid}/task").iterdir():
        for pid in (child / "children").read_text().split():
            role = re.search(r"--role\0([a-z.]+)", Path(f"/proc/{pid}/cmdline").read_text())
            found.setdefault(role[1] if role else "?", []).append(int(pid))
    return found


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_nobody_but_the_signer_has_a_private_key(town, house, kind):
    certificate, key = make_certificate(town.folder, f"held-{kind}.test", kind=kind)
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.start()
    for _ in range(3):
        assert shown(house) == der_of(certificate)
    secrets = secrets_of(key)
    everybody = processes(house)
    assert {"gate.mail", "gate.readers", "signer", "keeper", "courier", "sorter", "clerk"} <= set(everybody)
    holders = {role for role, pids in everybody.items() for pid in pids if holds(pid, secrets)}
    assert holders == {"signer"}


def test_a_renewed_certificate_is_shown_by_itself_and_drops_no_session(town, house):
    certificate, key = make_certificate(town.folder, "renewed.test")
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.start()
    with house.smtp() as client:
        client.hello()
        client.start_tls()
        client.hello()
        new, new_key = make_certificate(town.folder, "renewal.test")
        new_key.replace(key)
        new.replace(certificate)
        until(lambda: shown(house) == der_of(certificate), "the new certificate")
        client.expect(250, "NOOP")


def test_a_certificate_without_its_key_is_told_of_and_not_shown(town, house):
    certificate, key = make_certificate(town.folder, "torn.test")
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.start()
    before = der_of(certificate)
    other, _ = make_certificate(town.folder, "torn-new.test")
    other.replace(certificate)
    told = until(lambda: re.search(r"event=tls\.kept.*", house.log()), "the log tells")[0]
    assert str(certificate) in told and "do not belong together" in told, told
    assert shown(house) == before


def test_a_signer_that_ends_is_given_the_keys_again(town, house):
    certificate, key = make_certificate(town.folder, "again.test")
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.start()
    [pid] = processes(house)["signer"]
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    until(lambda: processes(house).get("signer", [pid]) != [pid], "another signer")
    until(lambda: shown_or_nothing(house) == der_of(certificate), "handshakes again")
    town.new_crashes()  # This one was meant.


def test_each_name_is_shown_its_certificate(town, house):
    certificate, key = make_certificate(town.folder, "first.test")
    second, second_key = make_certificate(town.folder, "second.test", kind="rsa")
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.sites = [{"names": ["second.test", "*.second.test"], "certificate": second, "key": second_key}]
    house.start()
    assert shown(house, "second.test") == der_of(second)
    assert shown(house, "mail.second.test") == der_of(second)
    assert shown(house, "first.test") == der_of(certificate)
    assert shown(house) == der_of(certificate)


def shown(house, name=None):
    with house.smtp() as client:
        client.hello()
        return client.start_tls(name) if name else client.start_tls()


def shown_or_nothing(house):
    try:
        return shown(house)
    except (OSError, AssertionError):
        return None
