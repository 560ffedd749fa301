# SPDX-License-Identifier: Apache-2.0
"""Letters between Posthouse, Posthouse and Postfix, over port 25."""
import email
import email.policy
import re

import pytest

from letters import AWKWARD, LARGE, LONG_LINES, PLAIN, compose, trace_fields
from patience import until

BODIES = [pytest.param(PLAIN, id="plain"), pytest.param(AWKWARD, id="awkward"),
          pytest.param(LARGE, id="large")]
BODIES_IN = [*BODIES, pytest.param(LONG_LINES, id="long_lines")]


@pytest.mark.parametrize("body", BODIES)
def test_a_letter_goes_from_posthouse_to_posthouse_byte_for_byte(a, b, body):
    letter = compose(body=body)
    a.submit(letter, "alice@a.test", "bob@b.test")
    trace = trace_fields(b.arrived(letter), letter)
    assert trace.startswith("Return-Path: <alice@a.test>\r\n")
    assert re.search(r"^Received: from mx\.a\.test .*\[", trace, re.M), trace
    assert trace.count("Received: ") == 2


def test_long_lines_are_encoded_on_their_way_and_are_the_same_at_its_end(a, b):
    letter = compose(body=LONG_LINES)
    a.submit(letter, "alice@a.test", "bob@b.test")
    arrived = b.arrived(letter)
    assert max(map(len, arrived.split(b"\r\n"))) <= 998
    assert email.message_from_bytes(arrived, policy=email.policy.SMTP).get_payload(decode=True) == LONG_LINES


@pytest.mark.parametrize("body", BODIES)
def test_a_letter_goes_from_posthouse_to_postfix_byte_for_byte(a, p, body):
    letter = compose(recipient="bob@p.test", body=body)
    a.submit(letter, "alice@a.test", "bob@p.test")
    trace = trace_fields(p.arrived(letter), letter)
    assert "Return-Path: <alice@a.test>" in trace
    assert "from mx.a.test" in trace


@pytest.mark.parametrize("body", BODIES_IN)
def test_a_letter_goes_from_postfix_to_posthouse_byte_for_byte(p, b, body):
    letter = compose(sender="bob@p.test", body=body)
    p.submit(letter, "bob@p.test", "bob@b.test")
    trace = trace_fields(b.arrived(letter), letter)
    assert trace.startswith("Return-Path: <bob@p.test>\r\n")
    assert "by mx.p.test (Postfix)" in trace


def test_a_letter_for_many_reaches_each_once(a, b, p):
    letter = compose()
    for name in ("dora", "emil"):
        b.add_user(name)
    a.submit(letter, "alice@a.test", "alice@a.test", "bob@b.test", "bob@p.test", "dora@b.test", "carol@p.test", "emil@b.test")
    trace_fields(a.arrived(letter, "alice"), letter)
    for user in ("bob", "dora", "emil"):
        trace_fields(b.arrived(letter, user), letter)
    for user in ("bob", "carol"):
        trace_fields(p.arrived(letter, user), letter)


def test_a_hundred_recipients_of_one_host_share_few_letters(town, a):
    stub = town.found_stub("mx.many.test").open()
    town.dns.publish("many.test. MX 10 mx.many.test.")
    letter = compose()
    people = [f"person{n:03}@many.test" for n in range(100)]
    a.submit(letter, "alice@a.test", *people)
    until(lambda: sum(len(taken.recipients) for taken in list(stub.taken)) >= len(people), "all recipients at the stub")
    assert sorted(recipient for taken in stub.taken for recipient in taken.recipients) == people
    assert len(stub.taken) <= 4


def test_mail_for_unknown_people_of_a_domain_with_catch_all_goes_there(a, b, town):
    b.domains["caught.test"] = {"catch_all": "bob@b.test"}
    b.write_config()
    assert "reloaded" in b.reload()
    town.dns.publish("caught.test. MX 10 mx.b.test.")
    letter = compose()
    a.submit(letter, "alice@a.test", "nobody.in.particular@caught.test")
    trace_fields(b.arrived(letter, "bob"), letter)


def test_strangers_may_not_send_mail_for_others(town, a, p):
    with a.smtp(town.stranger) as client:
        client.hello("stranger.test")
        client.expect(250, "MAIL FROM:<someone@stranger.test>")
        refused = client.say("RCPT TO:<bob@p.test>")
        assert str(refused).startswith("550 5.7.1"), refused
        client.expect(250, "RCPT TO:<alice@a.test>")


def test_strangers_learn_at_once_that_there_is_no_such_user(town, a):
    with a.smtp(town.stranger) as client:
        client.hello("stranger.test")
        client.expect(250, "MAIL FROM:<someone@stranger.test>")
        refused = client.say("RCPT TO:<nobody@a.test>")
        assert str(refused).startswith("550 5.1.1"), refused


def test_a_person_unknown_to_the_far_posthouse_costs_the_sender_a_notification(a, b):
    letter = compose()
    a.submit(letter, "alice@a.test", f"nobody-{letter.token}@b.test")
    notification = a.notification(f"nobody-{letter.token}@b.test")
    assert "550" in notification and "5.1.1" in notification
    assert "mx.b.test" in notification


def test_a_person_unknown_to_the_far_postfix_costs_the_sender_a_notification(a, p):
    letter = compose()
    a.submit(letter, "alice@a.test", f"nobody-{letter.token}@p.test")
    notification = a.notification(f"nobody-{letter.token}@p.test")
    assert "5.1.1" in notification and "mx.p.test" in notification


def test_postfix_notifies_its_user_of_a_person_unknown_to_posthouse(p, b):
    letter = compose(sender="carol@p.test")
    p.submit(letter, "carol@p.test", f"nobody-{letter.token}@b.test")
    assert "550 5.1.1" in p.notification(f"nobody-{letter.token}@b.test", "carol").replace("\r\n    ", " ")
