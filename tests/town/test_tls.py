# SPDX-License-Identifier: Apache-2.0
"""STARTTLS, whenever the other side can."""
from certificates import der_of, make_certificate
from letters import AWKWARD, compose, trace_fields
from patience import until


def test_posthouse_speaks_tls_with_posthouse(a, b):
    letter = compose(body=AWKWARD)
    a.submit(letter, "alice@a.test", "bob@b.test")
    trace = trace_fields(b.arrived(letter), letter)
    assert "with ESMTPS" in trace.split("Received:")[1], trace


def test_posthouse_speaks_tls_with_postfix(a, p):
    letter = compose(recipient="bob@p.test", body=AWKWARD)
    a.submit(letter, "alice@a.test", "bob@p.test")
    trace = trace_fields(p.arrived(letter), letter)
    assert "using TLSv1.3" in trace and "with ESMTPS" in trace, trace


def test_postfix_speaks_tls_with_posthouse(p, b):
    letter = compose(sender="bob@p.test", body=AWKWARD)
    p.submit(letter, "bob@p.test", "bob@b.test")
    trace = trace_fields(b.arrived(letter), letter)
    assert "with ESMTPS" in trace.split("Received:")[1], trace
    assert "TLS connection established to mx.b.test" in p.log()


def test_a_host_without_a_certificate_is_spoken_with_in_clear(a, house):
    user = house.start().add_user("bob")
    letter = compose()
    a.submit(letter, "alice@a.test", user)
    trace = trace_fields(house.arrived(letter), letter)
    assert "with ESMTP\r\n" in trace.split("Received:")[1] or "with ESMTP " in trace.split("Received:")[1], trace


def test_a_host_whose_tls_is_broken_gets_the_letter_in_clear(town, a):
    stub = town.found_stub("mx.brokentls.test", breaks_tls=True).open()
    town.dns.publish("brokentls.test. MX 10 mx.brokentls.test.")
    letter = compose()
    a.submit(letter, "alice@a.test", "someone@brokentls.test")
    until(lambda: stub.letter(letter.token), "the letter at the stub")
    assert "STARTTLS" in stub.commands


def test_where_tls_is_required_nothing_is_sent_in_clear(town, house):
    house.config["outbound"] = {"tls": "required"}
    house.start()
    stub = town.found_stub("mx.cleartext.test").open()
    town.dns.publish("cleartext.test. MX 10 mx.cleartext.test.")
    house.submit(compose(), f"someone@{house.domain}", "someone@cleartext.test")
    until(lambda: stub.connections > 1, "a second attempt")
    assert not any(command.startswith("MAIL") for command in stub.commands)


def test_a_new_certificate_is_shown_after_a_reload(town, house):
    old, key = make_certificate(town.folder, "old.test")
    house.config["tls"] = {"certificate": old, "key": key}
    house.start()
    assert shown(house) == der_of(old)
    new, new_key = make_certificate(town.folder, "new.test")
    old_text = old.read_text()
    old.write_text(new.read_text())
    key.write_text(new_key.read_text())
    assert "reloaded" in house.reload()
    until(lambda: shown(house) == der_of(new), "the new certificate")
    assert old_text != new.read_text()


def test_a_certificate_that_cannot_be_read_leaves_the_old_one_in_force(town, house):
    certificate, key = make_certificate(town.folder, "kept.test")
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.start()
    before = shown(house)
    certificate.write_text("no certificate\n")
    house.reload()
    assert f"event=tls.kept file={certificate} " in house.log()
    assert shown(house) == before


def shown(house):
    with house.smtp() as client:
        client.hello()
        return client.start_tls()
