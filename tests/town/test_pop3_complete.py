# SPDX-License-Identifier: Apache-2.0
"""POP3 with all that it has: SASL, its capabilities, over STLS and TLS from the first byte."""
import base64
import hashlib
import hmac
import poplib
import secrets
import shutil
import ssl
import subprocess

import pytest

from certificates import make_certificate
from letters import AWKWARD, LARGE, compose, trace_fields
from network import inside
from patience import PATIENCE, until
from posthouse import PASSWORD
from program import inside_command


def anyone():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def cottage(town):
    """A house that one reads at, with two letters for rita."""
    house = town.found_posthouse("cottage.test")
    certificate, key = make_certificate(town.folder, house.name)
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.listen[-1]["plaintext_auth"] = False
    house.listen += [{"address": "0.0.0.0:995", "protocol": "pop3", "tls": "implicit"}]
    house.start()
    rita = house.add_user("rita")
    house.letters = [compose(recipient=rita, body=AWKWARD), compose(recipient=rita, body=LARGE)]
    for count, letter in enumerate(house.letters, 1):
        house.submit(letter, "alice@a.test", rita)
        until(lambda: stat(house) == count, "the letter is filed")
    yield house
    town.remove(house)


def implicit(cottage):
    with inside(cottage.town.desk):
        return poplib.POP3_SSL(cottage.address, 995, timeout=20, context=anyone())


def starttls(cottage):
    with inside(cottage.town.desk):
        reader = poplib.POP3(cottage.address, 110, timeout=20)
    reader.stls(context=anyone())
    return reader


def log_in(reader, cottage):
    reader.user(f"rita@{cottage.domain}")
    reader.pass_(PASSWORD)
    return reader


def stat(cottage):
    reader = log_in(implicit(cottage), cottage)
    try:
        return reader.stat()[0]
    finally:
        reader.quit()


def say(reader, line):
    reader._putcmd(line)
    return reader._getline()[0].decode()


def scram(reader, user, password):
    """RFC 7677, as a client."""
    text = base64.b64encode
    nonce = secrets.token_hex(12)
    first = f"n={user},r={nonce}"
    challenge = say(reader, "AUTH SCRAM-SHA-256 " + text(f"n,,{first}".encode()).decode())
    assert challenge.startswith("+ "), challenge
    server = base64.b64decode(challenge[2:]).decode()
    fields = dict(part.split("=", 1) for part in server.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    bare = f"c=biws,r={fields['r']}"
    message = f"{first},{server},{bare}".encode()
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    proof = bytes(x ^ y for x, y in zip(client_key, signature))
    said = say(reader, text(f"{bare},p={text(proof).decode()}".encode()).decode())
    if not said.startswith("+ "):
        return said
    expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
    assert base64.b64decode(said[2:]).decode() == "v=" + text(expected).decode()
    return say(reader, "")


@pytest.mark.parametrize("door", [starttls, implicit])
def test_poplib_reads_what_was_sent(cottage, door):
    reader = log_in(door(cottage), cottage)
    poplib._MAXLINE = 1 << 20
    for number, letter in enumerate(cottage.letters, 1):
        trace_fields(b"".join(line + b"\r\n" for line in reader.retr(number)[1]), letter)
    ids = reader.uidl()[1]
    reader.quit()
    again = log_in(door(cottage), cottage)
    assert again.uidl()[1] == ids and len(set(ids)) == 2
    again.quit()


def test_capabilities_are_those_of_the_moment(cottage):
    with inside(cottage.town.desk):
        reader = poplib.POP3(cottage.address, 110, timeout=20)
    clear = reader.capa()
    assert "STLS" in clear and "USER" not in clear and "PLAIN" not in clear.get("SASL", [])
    reader.stls(context=anyone())
    safe = reader.capa()
    assert "STLS" not in safe and "USER" in safe and {"PLAIN", "SCRAM-SHA-256"} <= set(safe["SASL"])
    assert safe["EXPIRE"] == ["NEVER"] and {"TOP", "UIDL", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "LANG"} <= set(safe)
    reader.utf8()
    assert say(reader, "LANG *").startswith("+OK en ")
    reader.quit()


def test_scram_lets_in_whoever_knows_the_password(cottage):
    rita = f"rita@{cottage.domain}"
    reader = implicit(cottage)
    assert scram(reader, rita, "wrong").startswith("-ERR [AUTH]")
    assert scram(reader, rita, PASSWORD).startswith("+OK 2 messages")
    assert reader.stat()[0] == 2
    reader.quit()


def test_commands_may_come_all_at_once(cottage):
    reader = implicit(cottage)
    reader.sock.sendall(f"USER rita@{cottage.domain}\r\nPASS {PASSWORD}\r\nSTAT\r\nLIST 1\r\nNOOP\r\nQUIT\r\n".encode())
    assert [reader._getline()[0][:3] for _ in range(6)] == [b"+OK"] * 6


def test_an_account_waits_from_one_login_to_the_next(cottage):
    cottage.config["pop3"] = {"login_delay": "1h", "expire_days": 30}
    cottage.write_config()
    assert "reloaded" in cottage.reload()
    reader = implicit(cottage)
    told = reader.capa()
    assert told["LOGIN-DELAY"] == ["3600"] and told["EXPIRE"] == ["30"]
    log_in(reader, cottage).quit()
    with pytest.raises(poplib.error_proto, match="LOGIN-DELAY"):
        log_in(implicit(cottage), cottage)
    del cottage.config["pop3"]
    cottage.write_config()
    assert "reloaded" in cottage.reload()
    # The gate takes it for the sessions that come next, as soon as it has heard of it.
    until(lambda: implicit(cottage).capa().get("LOGIN-DELAY") != ["3600"], "sessions without the delay")


def run_at_desk(town, *words):
    return subprocess.run([*inside_command(town.desk), *map(str, words)], capture_output=True, timeout=PATIENCE)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "SCRAM-SHA-256"])
def test_curl_logs_in_with_sasl(cottage, mechanism):
    if mechanism.startswith("SCRAM") and b"gsasl" not in run_at_desk(cottage.town, "curl", "-V").stdout.lower():
        pytest.skip("this curl knows no SCRAM")
    for scheme, port in (("pop3s", 995), ("pop3", 110)):
        got = run_at_desk(cottage.town, "curl", "-sS", "--ssl-reqd", "--insecure", "--login-options", f"AUTH={mechanism}", "-u",
                          f"rita@{cottage.domain}:{PASSWORD}", f"{scheme}://{cottage.address}:{port}/2")
        assert got.returncode == 0, got.stderr
        trace_fields(got.stdout, cottage.letters[1])


@pytest.mark.skipif(not shutil.which("fetchmail"), reason="there is no fetchmail")
def test_fetchmail_fetches_over_tls_and_keeps_track_by_unique_ids(cottage):
    folder = cottage.folder / "fetchmail"
    folder.mkdir()
    script = folder / "keep"
    script.write_text(f'#!/bin/sh\nexec cat >"$(mktemp {folder}/letter.XXXXXX)"\n')
    script.chmod(0o755)
    settings = folder / "fetchmailrc"
    settings.write_text(f'set idfile "{folder}/ids"\nset pidfile "{folder}/pid"\nset no bouncemail\n'
                        f'poll {cottage.address} protocol pop3 service 995 uidl username "rita@{cottage.domain}" '
                        f'password "{PASSWORD}" no rewrite keep ssl no sslcertck\n  mda "{script}"\n')
    settings.chmod(0o600)
    for run in ("all of them", "nothing new"):
        done = run_at_desk(cottage.town, "env", f"HOME={folder}", "fetchmail", "-v", "-f", settings)
        assert done.returncode == (0 if run == "all of them" else 1), done.stdout + done.stderr
        assert len(list(folder.glob("letter.*"))) == 2, run
