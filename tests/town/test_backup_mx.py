# SPDX-License-Identifier: Apache-2.0
"""The house as backup MX of domains whose own servers come and go."""
import json

import pytest

from letters import compose, trace_fields
from patience import until
from network import ipv4_of


class Kept:
    """A domain whose mail goes to its primary, and to the house while that is down."""

    def __init__(self, town, house, name):
        self.town, self.house = town, house
        self.domain = f"{name}-{house.domain}"
        self.primary = town.found_stub(f"mx.{self.domain}")
        town.dns.publish(f"{self.domain}. MX 10 mx.{self.domain}.", f"{self.domain}. MX 20 {house.name}.")

    def send(self):
        return sent(self.house, self.town.stranger, f"someone@{self.domain}")

    def reached(self, letter):
        """By it, once."""
        until(lambda: self.primary.letter(letter.token), f"the letter at {self.domain}")
        taken, = [taken for taken in list(self.primary.taken) if letter.token.encode() in taken.text]
        assert taken.recipients == (f"someone@{self.domain}",)
        # Never brought to itself.
        assert trace_fields(taken.text, letter).count(f"by {self.house.name}") == 1

    def attempts(self):
        return sum("event=delivery.deferred" in line and f"destination=smtp:{self.domain} " in line
                   for line in self.house.log().splitlines())


def sent(house, client, recipient):
    letter = compose(sender="someone@strange.test", recipient=recipient)
    with house.smtp(client) as session:
        session.hello("strange.test")
        session.send(letter, "someone@strange.test", recipient)
    return letter


def answer(town, house, recipient):
    """To a stranger who wants to send there."""
    with house.smtp(town.stranger) as client:
        client.hello("strange.test")
        client.expect(250, "MAIL FROM:<someone@strange.test>")
        return client.say(f"RCPT TO:<{recipient}>")


@pytest.fixture
def kept(town, house):
    """Three domains that the house keeps mail for; it is started by the test."""
    domains = [Kept(town, house, name) for name in ("one", "two", "three")]
    house.config["backup_mx"] = {"domains": [kept.domain for kept in domains]}
    return domains


def seldom_tried(house):
    """What did not succeed at first is not tried again while the test lasts."""
    house.config["queue"].update(retry_first="1h", retry_maximum="1h")
    house.config["backup_mx"]["retry_maximum"] = "1h"


def test_letters_wait_for_their_primaries_and_reach_them_when_they_are_back(house, kept):
    house.start()
    letters = [domain.send() for domain in kept]
    until(lambda: all(domain.attempts() > 1 for domain in kept), "attempts again and again")
    assert len(house.queue()) == 3
    for domain, letter in zip(kept[:2], letters):
        domain.primary.open()
        domain.reached(letter)
    until(lambda: len(house.queue()) == 1, "the queue without those two")
    kept[2].primary.open()
    kept[2].reached(letters[2])
    until(lambda: not house.queue(), "an empty queue")


def test_a_primary_that_is_a_posthouse_gets_its_mail_when_it_is_started(town, house):
    primary = town.found_posthouse("primary.test")
    primary.start()
    primary.add_user("zoe")
    primary.stop()
    town.dns.publish(f"primary.test. MX 20 {house.name}.")
    house.config["backup_mx"] = {"domains": ["primary.test"]}
    house.start()
    letter = sent(house, town.stranger, "zoe@primary.test")
    until(lambda: "event=delivery.deferred" in house.log(), "an attempt in vain")
    primary.start()
    arrived = primary.arrived(letter, "zoe")
    assert trace_fields(arrived, letter).count(f"by {house.name}") == 1
    town.remove(primary)


def test_only_its_own_domains_are_kept(town, house, kept):
    house.start()
    assert answer(town, house, f"someone@{kept[0].domain}").code == 250
    for other in (f"deep.{kept[0].domain}", "outer.test"):
        assert str(answer(town, house, f"someone@{other}")).startswith("550 5.7.1")


def test_etrn_from_whoever_may_starts_the_queue_of_that_domain(town, house, kept):
    seldom_tried(house)
    house.config["smtp"]["etrn_networks"] = [f"{kept[0].primary.ipv4}/32"]
    house.start()
    letters = [domain.send() for domain in kept]
    until(lambda: all(domain.attempts() for domain in kept), "an attempt in vain at each")
    for domain in kept:
        domain.primary.open()
    with house.smtp() as desk:  # It is trusted.
        assert "ETRN" in desk.hello().text.split("\n")
        desk.expect(251, "ETRN outer.test")
        desk.expect(250, f"ETRN {kept[1].domain}")
        kept[1].reached(letters[1])
    until(lambda: len(house.queue()) == 2, "the queue without that one")
    assert not kept[0].primary.taken and not kept[2].primary.taken


def test_etrn_from_the_primarys_own_network_starts_the_queue(town, house, kept):
    seldom_tried(house)
    primary, number = town.network.add_host(f"primary-{house.domain}")
    house.config["smtp"]["etrn_networks"] = [f"{ipv4_of(number)}/32"]
    house.start()
    letter = kept[0].send()
    until(lambda: kept[0].attempts() > 0, "an attempt in vain")
    kept[0].primary.open()
    with house.smtp(primary) as client:
        client.hello(f"mx.{kept[0].domain}")
        client.expect(250, f"ETRN {kept[0].domain}")
    kept[0].reached(letter)
    until(lambda: not house.queue(), "an empty queue")
    with house.smtp(primary) as client:
        client.hello(f"mx.{kept[0].domain}")
        client.expect(251, f"ETRN {kept[0].domain}")
    town.network.remove_host(primary)


def test_etrn_from_a_stranger_starts_nothing(town, house, kept):
    seldom_tried(house)
    house.config["smtp"]["etrn_networks"] = [f"{kept[0].primary.ipv4}/32"]
    house.start()
    letter = kept[0].send()
    until(lambda: kept[0].attempts() > 0, "an attempt in vain")
    kept[0].primary.open()
    with house.smtp(town.stranger) as client:
        client.hello("strange.test")
        client.expect(458, f"ETRN {kept[0].domain}")
    assert len(house.queue()) == 1
    house.ask("queue", "retry", "--all")
    kept[0].reached(letter)
    assert kept[0].attempts() == 1  # The stranger's question made no second one.


def test_a_list_says_which_addresses_are_taken(town, house, kept):
    listed, whole, absent = kept
    recipients = house.folder / "recipients"
    recipients.write_text(f"# Of the first one, two\nKnown@{listed.domain}\n"
                          f"other@{listed.domain} # too\n@{whole.domain}\n")
    house.config["backup_mx"].update(verify="list", recipients=[recipients])
    house.start()
    for address in (f"known@{listed.domain}", f"KNOWN@{listed.domain}", f"other@{listed.domain}",
                    f"anyone@{whole.domain}"):
        assert answer(town, house, address).code == 250
    for address in (f"unknown@{listed.domain}", f"known@{absent.domain}"):
        assert str(answer(town, house, address)).startswith("550 5.1.1")


@pytest.mark.xfail(strict=True, reason="explain asks the rules, and neither the list nor the primary")
def test_explain_tells_of_the_list(house, kept):
    recipients = house.folder / "recipients"
    recipients.write_text(f"known@{kept[0].domain}\n")
    house.config["backup_mx"].update(verify="list", recipients=[recipients])
    house.start()
    told = [json.loads(house.ask("explain", f"{name}@{kept[0].domain}", "--client", "10.77.0.66", "--json"))["accepted"]
            for name in ("known", "unknown")]
    assert told == [True, False]


def test_a_quarantined_letter_is_refused_for_addresses_that_are_not_listed(town, house, kept):
    recipients = house.folder / "recipients"
    recipients.write_text(f"known@{kept[0].domain}\n")
    house.config["backup_mx"].update(verify="list", recipients=[recipients])
    house.write_table("access", "Connect:10.77.0.66\tQUARANTINE:a stranger\nConnect:fd77::66\tQUARANTINE:a stranger\n")
    house.start()
    assert answer(town, house, f"known@{kept[0].domain}").code == 250
    assert answer(town, house, f"unknown@{kept[0].domain}").code == 550


def test_a_list_that_is_read_again_says_who_is_new(town, house, kept):
    recipients = house.folder / "recipients"
    recipients.write_text(f"first@{kept[0].domain}\n")
    house.config["backup_mx"].update(verify="list", recipients=[recipients])
    house.start()
    assert answer(town, house, f"second@{kept[0].domain}").code == 550
    recipients.write_text(f"second@{kept[0].domain}\n")
    assert "reloaded" in house.reload()
    assert answer(town, house, f"second@{kept[0].domain}").code == 250
    assert answer(town, house, f"first@{kept[0].domain}").code == 550


def test_the_primary_is_asked_and_what_it_refuses_is_refused(town, house):
    primary = town.found_posthouse("asked.test")
    primary.start()
    primary.add_user("zoe")
    town.dns.publish(f"asked.test. MX 20 {house.name}.")
    house.config["backup_mx"] = {"domains": ["asked.test"], "verify": "callout"}
    house.start()
    assert answer(town, house, "zoe@asked.test").code == 250
    refusal = answer(town, house, "nobody@asked.test")
    assert refusal.code == 550 and "No such mailbox here" in refusal.text
    assert "event=letter.accepted" not in primary.log()  # It was asked, nothing was sent.
    asked = primary.log().count("event=recipient.refused ")
    assert str(answer(town, house, "nobody@asked.test")) == str(refusal)
    assert primary.log().count("event=recipient.refused ") == asked == 1  # The answer is remembered.
    primary.add_user("yan")
    primary.stop()
    # Nobody can say who exists: the letter is kept.
    letter = sent(house, town.stranger, "yan@asked.test")
    until(lambda: "event=delivery.deferred" in house.log(), "an attempt in vain")
    primary.start()
    primary.arrived(letter, "yan")
    town.remove(primary)


def test_a_primary_that_cannot_say_refuses_nobody(town, house, kept):
    house.config["backup_mx"]["verify"] = "callout"
    house.start()
    primary = kept[0].primary
    primary.manners.recipient_replies.append("451 4.3.0 Ask me later")
    primary.open()
    assert answer(town, house, f"one@{kept[0].domain}").code == 250
    primary.manners.recipient_replies.append("550 5.1.1 Nobody of that name")
    refusal = answer(town, house, f"two@{kept[0].domain}")
    assert refusal.code == 550 and "Nobody of that name" in refusal.text
    assert answer(town, house, f"someone@{kept[1].domain}").code == 250  # Its primary is down.
    assert not primary.taken
