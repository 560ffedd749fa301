# SPDX-License-Identifier: Apache-2.0
"""Next hops: logging in at them, their fall-backs, the terms of single destinations, mail stores."""
import email
import email.policy
import subprocess

import pytest

from certificates import make_certificate
from dovecot import Dovecot, NoDovecot
from letters import AWKWARD, compose, trace_fields
from login_host import PASSWORD, USER, LoginHost
from patience import until


def brought_to(host, letter):
    return until(lambda: host.letter(letter.token), "the letter at the host")


def put_off(house, text):
    """The letter waits, and the log says why."""
    until(lambda: text in house.log(), f"{text} in the log")


def send(house, recipient="someone@far.test", **content):
    letter = compose(sender=f"someone@{house.domain}", recipient=recipient, **content)
    house.submit(letter, f"someone@{house.domain}", recipient)
    return letter


@pytest.fixture
def relay(town):
    """Makes relays called NAME, with a certificate of that name; the house trusts `trusted` ones."""
    def found(name, **manners):
        certificate = make_certificate(town.folder, name)
        host = LoginHost(town, certificate, **manners)
        host.certificate = certificate[0]
        town.dns.publish(f"{name}. A {host.ipv4}")
        return host.open()
    return found


def trust(house, *hosts):
    bundle = house.folder / "authorities.pem"
    bundle.write_text("".join(host.certificate.read_text() for host in hosts))
    house.mounts.append(f"mount --bind {bundle} /etc/ssl/certs/ca-certificates.crt")


def with_login(house, hop, tls, password=PASSWORD):
    file = house.folder / "password"
    file.write_text(password + "\n")
    house.config["outbound"] = {"smart_host": hop, "tls": tls,
                                "smart_host_login": {"user": USER, "password_file": file}}


@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",), ("PLAIN", "LOGIN", "SCRAM-SHA-256")])
def test_it_logs_in_at_a_smart_host_that_is_verified(house, relay, mechanisms):
    name = f"verified-{mechanisms[-1].lower()}.test"
    host = relay(name, mechanisms=mechanisms)
    trust(house, host)
    with_login(house, f"[{name}]:587", "verified")
    house.start()
    brought_to(host, send(house))
    assert host.logins == [(mechanisms[-1], True)]
    assert PASSWORD not in house.log()


def test_a_password_is_not_shown_to_a_host_that_is_not_verified(house, relay):
    host = relay("unverified.test", mechanisms=("PLAIN", "LOGIN"))
    with_login(house, "[unverified.test]:587", "required")
    house.start()
    send(house)
    put_off(house, "its certificate is not verified")
    assert not any(command.startswith(("AUTH", "MAIL")) for command in host.commands)


def test_scram_needs_no_certificate(house, relay):
    host = relay("scram.test", mechanisms=("SCRAM-SHA-256", "PLAIN"))
    with_login(house, "[scram.test]:587", "required")
    house.start()
    brought_to(host, send(house))
    assert host.logins == [("SCRAM-SHA-256", True)]


def test_a_wrong_password_lets_the_letter_wait_until_it_is_right(house, relay):
    host = relay("strict.test", mechanisms=("PLAIN",))
    trust(house, host)
    with_login(house, "[strict.test]:587", "verified", password="wrong horse")
    house.start()
    letter = send(house)
    put_off(house, "event=courier.login_failed")
    assert "wrong horse" not in house.log()
    (house.folder / "password").write_text(PASSWORD + "\n")
    assert "reloaded" in house.reload()
    brought_to(host, letter)


def test_smart_hosts_are_tried_in_their_order(town, house):
    down, second = town.found_stub("first-hop.test"), town.found_stub("second-hop.test").open()
    house.config["outbound"] = {"smart_host": ["[nowhere.first-hop.test]", "[first-hop.test]", "[second-hop.test]"]}
    house.start()
    brought_to(second, send(house))
    down.open()
    brought_to(down, send(house))
    assert len(second.taken) == 1


def test_the_fallback_relay_takes_what_no_host_takes(town, house):
    town.found_stub("mx.unreachable.test")
    strict = town.found_stub("mx.strict-domain.test", recipient_replies=["550 5.1.1 Nobody"]).open()
    fallback = town.found_stub("fallback.test").open()
    town.dns.publish("unreachable.test. MX 10 mx.unreachable.test.", "strict-domain.test. MX 10 mx.strict-domain.test.")
    house.config["outbound"] = {"fallback_relay": "[fallback.test]"}
    house.start()
    house.add_user("someone")
    brought_to(fallback, send(house, "someone@unreachable.test"))
    letter = send(house, "nobody@strict-domain.test")
    assert "Nobody" in house.notification(letter.token, "someone")
    assert len(fallback.taken) == 1 and strict.connections == 1


# ---- Terms of single destinations ---------------------------------------------------------------

def destination(town, name, relay, **manners):
    host = relay(f"mx.{name}", port=25, **manners)
    town.dns.publish(f"{name}. MX 10 mx.{name}.")
    return host


def fingerprint(certificate):
    said = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"],
                          check=True, capture_output=True, text=True, timeout=30).stdout
    return said.strip().split("=")[1]


def test_a_certificate_is_verified_where_that_is_asked_for(town, house, relay):
    right, wrong = (destination(town, name, relay) for name in ("right-name.test", "stranger.test"))
    trust(house, right)
    house.config[""]["destination"] = [{"match": name, "tls": "verified"} for name in ("right-name.test", "stranger.test")]
    house.start()
    brought_to(right, send(house, "someone@right-name.test"))
    send(house, "someone@stranger.test")
    put_off(house, "self-signed certificate")
    assert not any(command.startswith("MAIL") for command in wrong.commands)


def test_a_certificate_is_known_by_its_fingerprint(town, house, relay):
    known, other = (destination(town, name, relay) for name in ("pinned.test", "unpinned.test"))
    house.config[""]["destination"] = [
        {"match": name, "tls": "fingerprint", "fingerprints": [fingerprint(known.certificate)]}
        for name in ("pinned.test", "unpinned.test")]
    house.start()
    brought_to(known, send(house, "someone@pinned.test"))
    send(house, "someone@unpinned.test")
    put_off(house, "fingerprint")
    assert not any(command.startswith("MAIL") for command in other.commands)


def test_tls_may_be_required_of_one_destination_only(town, house):
    strict, lax = town.found_stub("mx.must-tls.test").open(), town.found_stub("mx.may-tls.test").open()
    town.dns.publish("must-tls.test. MX 10 mx.must-tls.test.", "may-tls.test. MX 10 mx.may-tls.test.")
    house.config[""]["destination"] = [{"match": "must-tls.test", "tls": "required"}]
    house.start()
    send(house, "someone@must-tls.test")
    brought_to(lax, send(house, "someone@may-tls.test"))
    until(lambda: strict.connections > 1, "a second attempt")
    assert not any(command.startswith("MAIL") for command in strict.commands)


# ---- Mail stores ----------------------------------------------------------------------------------

def test_letters_go_into_mail_stores_by_lmtp(town, house):
    folder = house.folder / "store"
    folder.mkdir(mode=0o755)
    by_path = LoginHost(town, path=folder / "lmtp", lmtp=True).open()
    by_tcp = LoginHost(town, port=2424, lmtp=True).open()
    table = house.folder / "mailertable"
    table.write_text(f"path.test lmtp:unix:{by_path.path}\ntcp.test lmtp:[{by_tcp.ipv4}]:2424\n")
    house.config["tables"] = {"mailertable": [table]}
    house.start()
    house.add_user("someone")
    letter = compose(sender=f"someone@{house.domain}")
    house.submit(letter, f"someone@{house.domain}", "a@path.test", "nobody@path.test", "b@path.test", "c@tcp.test")
    assert set(brought_to(by_path, letter).recipients) == {"a@path.test", "b@path.test"}
    assert brought_to(by_tcp, letter).recipients == ("c@tcp.test",)
    assert "nobody@path.test" in house.notification(letter.token, "someone")


def test_dovecot_takes_letters_at_its_port_and_at_its_socket(town, house):
    try:
        store = Dovecot(town, "store", ["dora@port.test", "dora@socket.test"])
    except NoDovecot as reason:
        pytest.skip(str(reason))
    table = house.folder / "mailertable"
    table.write_text(f"port.test lmtp:[{store.address}]:24\nsocket.test lmtp:unix:{store.path}\n")
    house.config["tables"] = {"mailertable": [table]}
    house.start()
    house.add_user("someone")
    letter = compose(sender=f"someone@{house.domain}", body=AWKWARD)
    house.submit(letter, f"someone@{house.domain}", "dora@port.test", "dora@socket.test", "stranger@socket.test")
    for user in ("dora@port.test", "dora@socket.test"):
        assert f"Delivered-To: {user}\r\n" in trace_fields(store.arrived(letter, user), letter)
    assert "stranger@socket.test" in house.notification(letter.token, "someone")


# ---- Old hosts --------------------------------------------------------------------------------------

def decoded(text):
    return email.message_from_bytes(text, policy=email.policy.SMTP).get_payload(decode=True)


def test_an_old_host_gets_eight_bit_letters_encoded(town, house):
    host = town.found_stub("mx.old.test", extensions=()).open()
    town.dns.publish("old.test. MX 10 mx.old.test.")
    house.start()
    body = "驿站, naïveté, Ж\r\nand a line  \r\n".encode()
    text = brought_to(host, send(house, "someone@old.test", body=body)).text
    assert text.isascii()
    assert decoded(text) == body


def test_long_lines_go_out_encoded(town, house):
    host = town.found_stub("mx.short.test").open()
    town.dns.publish("short.test. MX 10 mx.short.test.")
    house.start()
    body = b"".join(b"%d " % n + b"y" * n + b"\r\n" for n in (999, 2048, 30000))
    text = brought_to(host, send(house, "someone@short.test", body=body)).text
    assert max(map(len, text.split(b"\r\n"))) <= 998
    assert decoded(text) == body


def test_what_fits_goes_out_byte_for_byte(town, house):
    host = town.found_stub("mx.fits.test").open()
    town.dns.publish("fits.test. MX 10 mx.fits.test.")
    house.start()
    letter = send(house, "someone@fits.test", body="é\r\n".encode() + b"x" * 998 + b"\r\n")
    trace_fields(brought_to(host, letter).text, letter)
