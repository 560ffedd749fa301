# SPDX-License-Identifier: Apache-2.0
"""Where tables and rules bring letters, and whom they refuse, in a whole system."""
import re
from contextlib import contextmanager

import pytest

from arrivals import checked, emptied, explained, reached, takings
from letters import compose

ALIASES = """\
# The first entry stands in line 2.
team: ann, ben@ours.test, someone@outer.test
all: team, cid
friends: :include:{folder}/friends.list
owner-friends: cid@ours.test
closed: ":error: This list is closed"
moved: cid@new.test.REDIRECT
postmaster: ben@ours.test
here: there
there: here
reception: ann@ours.test
"""
FRIENDS = """\
# Whoever likes to read
one@outer.test, two@outer.test
ann
"""
VIRTUAL_USERS = """\
info@virtual.test\treception
gone@virtual.test\terror:nouser 550 She left long ago
shut@virtual.test\terror:5.1.1:550 Shut for good
box+*@virtual.test\t%2@ours.test
@virtual.test\t%1@ours.test
@names.test\t%1
sales@foreign.test\tben@ours.test
@dead.test\terror:nouser 550 That company is no more
"""
MAILERS = """\
outer.test\tesmtp:[{stub}]:25
.below.test\tesmtp:[{stub}]
below.test\terror:5.1.2:550 Nothing is there
barred.test\terror:5.7.1:550 We do not write to them
hole.test\tdiscard:
"""
ACCESS = """\
Connect:10.77.0.11\tREJECT
Connect:10.77.0.12\tERROR:5.7.1:550 Go away and stay there
Connect:10.77.0.16/28\tREJECT
Connect:10.77.0.20\tOK
From:bad.test\tREJECT
From:good@bad.test\tOK
From:swallowed.test\tDISCARD
From:odd.test\tQUARANTINE:looks odd
To:cid@ours.test\tERROR:5.7.1:550 Cid reads nothing from outside
To:outer-relay.test\tRELAY
"""


class Ours:
    """The house with one of each table; ann, ben and cid live there. What it sends reaches the stub."""

    def __init__(self, town):
        self.town = town
        self.house = town.found_posthouse("ours.test", routing={"separator": "+"})
        self.stub, self.boss_hop = town.found_stub().open(), town.found_stub().open()
        house = self.house
        house.domains.update({"virtual.test": {}, "dead.test": {}})
        (house.folder / "friends.list").write_text(FRIENDS)
        house.write_table("aliases", ALIASES.format(folder=house.folder))
        house.write_table("virtusertable", VIRTUAL_USERS)
        house.write_table("mailertable", MAILERS.format(stub=self.stub.ipv4)
                          + f"outer-relay.test\tesmtp:[{self.stub.ipv4}]\n")
        house.write_table("access", ACCESS)
        house.write_table("sender_relays", f"boss@ours.test\tesmtp:[{self.boss_hop.ipv4}]\n")
        house.start()
        for name in ("ann", "ben", "cid"):
            house.add_user(name)

    def send(self, *recipients, sender="alice@a.test"):
        letter = compose(sender=sender, recipient=recipients[0])
        self.house.submit(letter, sender, *recipients)
        return letter

    @contextmanager
    def stranger(self, sender="someone@strange.test", namespace=None):
        """A client in a letter of its own, that may name recipients now."""
        with self.house.smtp(namespace or self.town.stranger) as client:
            client.hello("strange.test")
            client.expect(250, f"MAIL FROM:<{sender}>")
            yield client

    def refused(self, recipient, text, code=550, **who):
        with self.stranger(**who) as client:
            reply = client.expect(code, f"RCPT TO:<{recipient}>")
        assert text in reply.text, str(reply)

    def taken(self, recipient, **who):
        with self.stranger(**who) as client:
            client.expect(250, f"RCPT TO:<{recipient}>")


@pytest.fixture(scope="module")
def ours(town):
    ours = Ours(town)
    yield ours
    town.remove(ours.house)


# ---- Aliases --------------------------------------------------------------------------------


def test_an_alias_leads_to_users_here_and_elsewhere(ours):
    letter = ours.send("team@ours.test")
    ours.house.arrived(letter, "ann")
    ours.house.arrived(letter, "ben")
    reached(ours.stub, letter, "someone@outer.test")


def test_an_alias_within_an_alias_brings_each_member_one_letter(ours):
    letter = ours.send("all@ours.test", "team@ours.test", "ann@ours.test")
    for name in ("ann", "ben", "cid"):
        ours.house.arrived(letter, name)
    reached(ours.stub, letter, "someone@outer.test")
    emptied(ours.house)
    assert len(takings(ours.stub, letter)) == 1


def test_a_list_is_read_from_its_file_and_sent_in_its_owners_name(ours):
    letter = ours.send("friends@ours.test")
    for taken in reached(ours.stub, letter, "one@outer.test", "two@outer.test"):
        assert taken.sender == "owner-friends@mx.ours.test"
    assert ours.house.arrived(letter, "ann").startswith(b"Return-Path: <owner-friends@mx.ours.test>\r\n")


def test_the_owner_of_a_list_hears_of_members_who_do_not_exist(ours):
    ours.stub.manners.recipient_replies.extend(["550 5.1.1 Nobody of that name"] * 2)
    letter = ours.send("friends@ours.test", sender="ben@ours.test")
    ours.house.arrived(letter, "ann")
    emptied(ours.house)
    ours.house.notification("Nobody of that name", "cid")
    assert not ours.house.letters_of("ben@ours.test", b"Nobody of that name")


def test_an_alias_may_refuse_in_its_own_words(ours):
    ours.refused("closed@ours.test", "This list is closed")


def test_who_moved_is_told_with_the_new_address(ours):
    ours.refused("moved@ours.test", "5.1.6", code=551)
    ours.refused("moved@ours.test", "cid@new.test", code=551)


def test_mail_for_abuse_goes_to_the_postmaster(ours):
    for name in ("postmaster", "Abuse", "abuse"):
        ours.house.arrived(ours.send(f"{name}@ours.test"), "ben")


def test_the_postmaster_is_reached_without_a_domain(ours):
    letter = compose()
    with ours.stranger() as client:
        client.expect(250, "RCPT TO:<Postmaster>")
        client.expect(354, "DATA")
        assert client.finish(letter).code == 250
    ours.house.arrived(letter, "ben")


def test_an_alias_loop_is_refused_at_once_and_told_by_check(ours):
    ours.refused("here@ours.test", "5.4.6", code=554)
    ours.refused("there@ours.test", "loop", code=554)
    told = [problem for problem in checked(ours.house)["tables"] if problem["table"] == "aliases"]
    assert {problem["line"] for problem in told} & {9, 10}, told
    assert all(problem["file"] == str(ours.house.folder / "aliases") for problem in told)
    assert any("here" in problem["text"] and "there" in problem["text"] for problem in told), told


def test_mail_for_a_user_with_a_detail_reaches_the_user(ours):
    letter = ours.send("ann+books@ours.test")
    emptied(ours.house)
    assert len(ours.house.letters_of("ann@ours.test", letter.token.encode())) == 1


# ---- The virtusertable ----------------------------------------------------------------------


def test_a_virtual_address_leads_to_an_alias(ours):
    ours.house.arrived(ours.send("info@virtual.test"), "ann")


def test_a_whole_virtual_domain_leads_to_users_of_the_same_name(ours):
    ours.house.arrived(ours.send("ben@virtual.test"), "ben")
    ours.refused("nobody@virtual.test", "5.1.1")


def test_the_detail_of_a_virtual_address_can_name_the_user(ours):
    ours.house.arrived(ours.send("box+ann@virtual.test"), "ann")
    ours.refused("box+nobody@virtual.test", "5.1.1")


def test_a_virtual_address_may_be_refused_in_words_of_its_own(ours):
    ours.refused("gone@virtual.test", "5.1.1 She left long ago")
    ours.refused("shut@virtual.test", "5.1.1 Shut for good")


def test_a_single_virtual_address_makes_no_relay_of_its_domain(ours):
    letter = compose()
    with ours.stranger() as client:
        client.expect(250, "RCPT TO:<sales@foreign.test>")
        client.expect(550, "RCPT TO:<other@foreign.test>")
        client.expect(354, "DATA")
        assert client.finish(letter).code == 250
    ours.house.arrived(letter, "ben")


def test_a_whole_domain_that_is_refused_still_has_a_postmaster(ours):
    ours.refused("anyone@dead.test", "5.1.1 That company is no more")
    for name in ("postmaster", "abuse"):
        ours.house.arrived(ours.send(f"{name}@dead.test"), "ben")


# ---- The mailertable ------------------------------------------------------------------------


def test_the_mailertable_names_the_host_of_a_domain_and_of_those_below(ours):
    recipients = ["someone@outer.test", "someone@far.below.test"]
    letter = ours.send(*recipients)
    reached(ours.stub, letter, *recipients)


def test_the_mailertable_refuses_a_domain(ours):
    with ours.house.smtp() as client:
        client.hello()
        client.expect(250, "MAIL FROM:<alice@a.test>")
        assert "We do not write to them" in client.expect(550, "RCPT TO:<someone@barred.test>").text
        assert "5.1.2 Nothing is there" in client.expect(550, "RCPT TO:<someone@below.test>").text


def test_the_mailertable_drops_mail_for_a_domain(ours):
    letter = ours.send("someone@hole.test", "ann@ours.test")
    ours.house.arrived(letter, "ann")
    emptied(ours.house)
    assert not takings(ours.stub, letter)
    id, = re.findall(r"event=letter\.accepted .* letter=(\w+) .*from=alice@a\.test recipients=2", ours.house.log())[-1:]
    assert "discard:" in ours.house.ask("trace", id)
    assert not ours.house.letters_of("ben@ours.test", letter.token.encode())  # The postmaster's: nobody is told.


def test_the_sender_may_decide_which_host_takes_the_letter(ours):
    letter = ours.send("someone@outer.test", sender="boss@ours.test")
    reached(ours.boss_hop, letter, "someone@outer.test")
    emptied(ours.house)
    assert not takings(ours.stub, letter)


# ---- The access table -----------------------------------------------------------------------


def test_clients_are_refused_by_address_and_by_network(ours, client_at):
    ours.refused("ann@ours.test", "5.7.1 Access denied", namespace=client_at(11))
    ours.refused("ann@ours.test", "Go away and stay there", namespace=client_at(12))
    for number in (16, 31):
        ours.refused("ann@ours.test", "5.7.1 Access denied", namespace=client_at(number))


def test_one_address_is_let_in_though_its_network_is_refused(ours, client_at):
    ours.taken("ann@ours.test", namespace=client_at(20))
    ours.taken("ann@ours.test", namespace=client_at(32))  # The first one behind the network.


def test_a_client_that_is_let_in_may_not_relay(ours, client_at):
    ours.refused("someone@outer.test", "Relaying denied", namespace=client_at(20))


def test_refused_clients_reach_the_postmaster(ours, client_at):
    ours.taken("postmaster@ours.test", namespace=client_at(11))
    ours.taken("abuse@virtual.test", namespace=client_at(16))


def test_senders_are_refused_by_domain_but_for_exceptions(ours):
    ours.refused("ann@ours.test", "Access denied", sender="someone@bad.test")
    ours.refused("ann@ours.test", "Access denied", sender="good@deep.bad.test")
    ours.taken("ann@ours.test", sender="good@bad.test")


def test_a_recipient_may_be_closed_to_strangers(ours):
    ours.refused("cid@ours.test", "Cid reads nothing from outside")


def test_a_discarded_letter_is_answered_like_any_other_and_vanishes(ours):
    letter, other = compose(), compose()
    with ours.stranger("someone@swallowed.test") as client:
        client.expect(250, "RCPT TO:<ann@ours.test>")
        client.expect(354, "DATA")
        assert client.finish(letter).code == 250
        client.send(other, "someone@strange.test", "ann@ours.test")
    ours.house.arrived(other, "ann")
    emptied(ours.house)
    assert not ours.house.letters_of("ann@ours.test", letter.token.encode())


def test_a_quarantined_letter_is_held_until_it_is_released(ours):
    letter = compose()
    with ours.stranger("someone@odd.test") as client:
        client.expect(250, "RCPT TO:<ann@ours.test>")
        client.expect(354, "DATA")
        assert client.finish(letter).code == 250
    held = ours.house.queue()
    assert [entry["state"] for entry in held] == ["held"], held
    assert "looks odd" in ours.house.ask("queue", "show", held[0]["id"])
    assert not ours.house.letters_of("ann@ours.test", letter.token.encode())
    ours.house.ask("queue", "release", held[0]["id"])
    ours.house.arrived(letter, "ann")


def test_strangers_may_write_to_domains_that_the_access_table_lets_relay(ours):
    letter = compose()
    with ours.stranger() as client:
        client.expect(250, "RCPT TO:<someone@outer-relay.test>")
        client.expect(550, "RCPT TO:<someone@outer.test>")
        client.expect(354, "DATA")
        assert client.finish(letter).code == 250
    reached(ours.stub, letter, "someone@outer-relay.test")


# ---- No open relay --------------------------------------------------------------------------


def forms(stub):
    """Which strangers try, to have a letter for someone@outer.test sent."""
    return ["someone@outer.test", "someone%outer.test@ours.test", "outer.test!someone@ours.test",
            '"someone@outer.test"@ours.test', '"someone%outer.test"@ours.test', '"outer.test!someone"@ours.test',
            "@ours.test:someone@outer.test", "@ours.test,@mx.ours.test:someone@outer.test",
            "@outer.test:someone%outer.test@ours.test", "someone@outer.test@ours.test", "someone@ours.test@outer.test",
            "outer.test!someone", "someone%outer.test", '"someone@outer.test"', "someone@outer.test.",
            f"someone@[{stub.ipv4}]", f"someone@[IPv6:{stub.ipv6}]", "someone%outer.test@[{house}]",
            "someone%outer.test@mx.ours.test", "someone%outer.test@localhost",
            # By way of tables that fill in what they are given.
            "someone%outer.test@virtual.test", '"someone@outer.test"@virtual.test', "someone%outer.test@names.test",
            '"someone@outer.test"@names.test', "box+someone%outer.test@virtual.test",
            '"box+someone@outer.test"@virtual.test', "ann+someone%outer.test@outer.test"]


def test_a_domain_that_takes_all_names_makes_no_relay_of_it(town, house, ours):
    house.domains[house.domain] = {"catch_all": f"zoe@{house.domain}"}
    house.write_table("mailertable", f".\tesmtp:[{ours.stub.ipv4}]\n")
    house.start()
    house.add_user("zoe")
    letters = {}
    for name in ("someone%outer.test", "outer.test!someone", '"someone@outer.test"'):
        letters[name] = compose()
        with house.smtp(town.stranger) as client:
            client.hello("strange.test")
            client.send(letters[name], "someone@strange.test", f"{name}@{house.domain}")
        house.arrived(letters[name], "zoe")
    emptied(house)
    assert not any(takings(ours.stub, letter) for letter in letters.values())


@pytest.mark.parametrize("sender", ["someone@strange.test", "ann@ours.test", ""])
def test_no_form_of_address_makes_a_relay_of_it(ours, sender):
    for form in forms(ours.stub):
        recipient = form.replace("{house}", ours.house.address)
        with ours.stranger(sender) as client:
            reply = client.say(f"RCPT TO:<{recipient}>")
            assert 500 <= reply.code < 600, f"{recipient}: {reply}"
            client.expect(554, "DATA")


def test_a_source_route_to_one_of_ours_is_dropped(ours):
    letter = compose()
    with ours.stranger() as client:
        client.expect(250, "RCPT TO:<@outer.test,@elsewhere.test:ann@ours.test>")
        client.expect(354, "DATA")
        assert client.finish(letter).code == 250
    ours.house.arrived(letter, "ann")
    assert not takings(ours.stub, letter)


# ---- What it says about itself --------------------------------------------------------------


def test_explain_names_table_and_line(ours):
    told = explained(ours.house, "team@ours.test", "--client", "10.77.0.66")
    assert told["accepted"]
    by_address = {delivery["final_address"]: delivery for delivery in told["deliveries"]}
    assert set(by_address) == {"ann@ours.test", "ben@ours.test", "someone@outer.test"}
    assert by_address["someone@outer.test"]["destination"] == f"via:[{ours.stub.ipv4}]:25"
    assert by_address["someone@outer.test"]["rule"] == "aliases:2, mailertable:1"
    assert any(step.startswith("aliases:2:") for step in told["steps"]), told["steps"]


@pytest.mark.parametrize(("address", "words", "rule"), [
    ("ann@ours.test", ("--client", "10.77.0.11"), "access:1"),
    ("ann@ours.test", ("--client", "10.77.0.17"), "access:3"),
    ("ann@ours.test", ("--client", "10.77.0.66", "--from", "someone@bad.test"), "access:5"),
    ("cid@ours.test", ("--client", "10.77.0.66"), "access:9"),
    ("gone@virtual.test", ("--client", "10.77.0.66"), "virtusertable:2"),
    ("anyone@dead.test", ("--client", "10.77.0.66"), "virtusertable:8"),
    ("someone@barred.test", ("--client", "10.77.0.5"), "mailertable:4"),
    ("here@ours.test", ("--client", "10.77.0.66"), "aliases:9, error"),
    ("someone@outer.test", ("--client", "10.77.0.66"), "relaying"),
    ("someone@outer.test", ("--client", "2001:db8::1"), "relaying"),
])
def test_explain_names_what_refuses(ours, address, words, rule):
    told = explained(ours.house, address, *words)
    assert not told["accepted"]
    assert told["verdict"]["rule"] == rule


# ---- Classes --------------------------------------------------------------------------------


def test_further_names_of_the_house_are_its_own(house):
    house.domains[house.name] = {}
    house.write_table("local_host_names", "other-name.test\n")
    house.start()
    house.add_user("zoe", house.name)
    letter = compose()
    with house.smtp(house.town.stranger) as client:
        client.hello("strange.test")
        client.send(letter, "someone@strange.test", "zoe@other-name.test")
    house.arrived(letter, f"zoe@{house.name}")


def test_the_relay_table_names_domains_with_those_below_and_clients(town, house, client_at):
    stub = town.found_stub().open()
    house.write_table("mailertable", f".\tesmtp:[{stub.ipv4}]\n")
    house.write_table("relay_domains", "relayed.test\n10.77.0.13\n")
    house.write_table("access", "Connect:10.77.0.14\tRELAY\nConnect:10.77.0.15\tOK\n")
    house.start()

    def code(recipient, namespace):
        with house.smtp(namespace) as client:
            client.hello("strange.test")
            client.expect(250, "MAIL FROM:<someone@strange.test>")
            return client.say(f"RCPT TO:<{recipient}>").code

    assert [code(f"x@{domain}", town.stranger) for domain in ("relayed.test", "deep.relayed.test")] == [250, 250]
    assert [code(f"x@{domain}", town.stranger) for domain in ("notrelayed.test", "relayed.test.a.test")] == [550, 550]
    assert [code("x@outer.test", client_at(number)) for number in (13, 14, 15)] == [250, 250, 550]
