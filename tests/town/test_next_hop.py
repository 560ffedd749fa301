# SPDX-License-Identifier: Apache-2.0
"""Which host a letter is brought to, and what happens where there is none."""
import socket

from letters import compose, trace_fields
from name_server import NXDOMAIN, SERVFAIL
from patience import until
from town import ILL_ZONE
from network import ipv4_of


def send(a, recipient):
    letter = compose(recipient=recipient)
    a.submit(letter, "alice@a.test", recipient)
    return letter


def reached(stub, letter):
    return until(lambda: stub.letter(letter.token), "the letter at the stub")


def test_the_preferred_mx_host_is_taken(town, a):
    first, second = town.found_stub("one.preferred.test").open(), town.found_stub("two.preferred.test").open()
    town.dns.publish("preferred.test. MX 20 two.preferred.test.", "preferred.test. MX 10 one.preferred.test.")
    for _ in range(5):
        reached(first, send(a, "someone@preferred.test"))
    assert second.connections == 0


def test_the_next_mx_host_is_taken_where_the_first_is_down(town, a):
    town.found_stub("one.halfdown.test")  # Nobody listens.
    second = town.found_stub("two.halfdown.test").open()
    town.dns.publish("halfdown.test. MX 10 one.halfdown.test.", "halfdown.test. MX 20 two.halfdown.test.")
    reached(second, send(a, "someone@halfdown.test"))


def test_the_next_mx_host_is_taken_where_the_first_will_not_talk(town, a):
    first = town.found_stub("one.sulky.test", greeting="554 5.3.2 Not today").open()
    second = town.found_stub("two.sulky.test").open()
    town.dns.publish("sulky.test. MX 10 one.sulky.test.", "sulky.test. MX 20 two.sulky.test.")
    reached(second, send(a, "someone@sulky.test"))
    assert first.connections > 0


def test_the_next_mx_host_is_taken_where_the_first_has_no_address(town, a):
    second = town.found_stub("two.nameless.test").open()
    town.dns.publish("nameless.test. MX 10 one.nameless.test.", "nameless.test. MX 20 two.nameless.test.")
    reached(second, send(a, "someone@nameless.test"))


def test_hosts_of_one_preference_share_the_letters(town, a):
    stubs = [town.found_stub(f"{name}.even.test").open() for name in ("one", "two")]
    town.dns.publish("even.test. MX 10 one.even.test.", "even.test. MX 10 two.even.test.")
    a.config["queue"]["connection_reuse"] = "0s"
    a.write_config()
    assert "reloaded" in a.reload()
    for _ in range(20):  # All of them at one host by chance: once in half a million runs.
        letter = send(a, "someone@even.test")
        until(lambda: any(stub.letter(letter.token) for stub in stubs), "the letter at a stub")
    assert all(stub.taken for stub in stubs)


def test_the_domain_itself_is_the_host_where_there_is_no_mx(town, a):
    stub = town.found_stub("bare.test").open()
    reached(stub, send(a, "someone@bare.test"))


def test_a_host_with_nothing_but_ipv6_is_reached(town, a):
    stub = town.found_stub().open(socket.AF_INET6)
    town.dns.publish("six.test. MX 10 mx.six.test.", f"mx.six.test. AAAA {stub.ipv6}")
    reached(stub, send(a, "someone@six.test"))


def test_a_host_that_hears_ipv4_alone_is_reached_although_it_has_an_ipv6_address(town, a):
    stub = town.found_stub("mx.four.test").open(socket.AF_INET)
    town.dns.publish("four.test. MX 10 mx.four.test.")
    reached(stub, send(a, "someone@four.test"))


def test_an_alias_of_a_domain_is_followed(town, a):
    stub = town.found_stub("mx.real.test").open()
    town.dns.publish("real.test. MX 10 mx.real.test.", "alias.test. CNAME real.test.")
    reached(stub, send(a, "someone@alias.test"))


def test_a_domain_that_takes_no_mail_is_refused_at_once(town, a):
    town.dns.publish("null.test. MX 0 .", "null.test. A 10.77.0.66")
    letter = send(a, "someone@null.test")
    assert "5.1.10" in a.notification(letter.token)


def test_a_domain_that_does_not_exist_is_refused_at_once(town, a):
    assert town.dns.status_of("nowhere.test") == NXDOMAIN
    letter = send(a, "someone@nowhere.test")
    assert "5.1.2" in a.notification(letter.token)


def test_a_letter_waits_while_the_name_server_fails(town, a):
    assert town.dns.status_of(ILL_ZONE) == SERVFAIL
    stub = town.found_stub("mx.cured.test").open()
    letter = send(a, f"someone@{ILL_ZONE}")
    until(lambda: attempts(a, ILL_ZONE) > 1, "a second attempt")
    assert stub.connections == 0
    town.dns.heal(ILL_ZONE, f"{ILL_ZONE}. MX 10 mx.cured.test.")
    reached(stub, letter)


def attempts(host, domain):
    """How many of its attempts at the domain came to nothing, for now or for good."""
    return sum(f"destination=smtp:{domain} " in line
               and ("event=delivery.deferred" in line or "event=delivery.failed" in line)
               for line in host.log().splitlines())


def test_a_letter_waits_while_no_name_server_answers(town, house):
    silent = town.network.new_number()
    house.config["dns"] = {"servers": [ipv4_of(silent)], "dnssec": False, "timeout": "1s"}
    house.start()
    stub = town.found_stub("mx.patient.test").open()
    town.dns.publish("patient.test. MX 10 mx.patient.test.")
    letter = compose()
    house.submit(letter, f"someone@{house.domain}", "someone@patient.test")
    until(lambda: attempts(house, "patient.test") > 1, "a second attempt")
    house.config["dns"]["servers"] = [town.dns.address]
    house.write_config()
    assert "reloaded" in house.reload()
    reached(stub, letter)


def test_a_host_that_asks_to_come_back_later_gets_the_letter_then(town, a):
    stub = town.found_stub("mx.grey.test", recipient_replies=["451 4.7.1 Come back later"] * 2).open()
    town.dns.publish("grey.test. MX 10 mx.grey.test.")
    letter = send(a, "someone@grey.test")
    assert reached(stub, letter).recipients == ("someone@grey.test",)
    assert len([command for command in stub.commands if command.startswith("RCPT")]) == 3
    assert len(stub.taken) == 1


def test_a_letter_refused_for_now_after_its_end_is_brought_again(town, a):
    stub = town.found_stub("mx.busy.test", final_replies=["452 4.3.1 No room"]).open()
    town.dns.publish("busy.test. MX 10 mx.busy.test.")
    reached(stub, send(a, "someone@busy.test"))
    assert len(stub.taken) == 1


def test_a_letter_is_brought_again_where_the_host_hung_up_without_an_answer(town, a):
    stub = town.found_stub("mx.rude.test", drops_letters=1).open()
    town.dns.publish("rude.test. MX 10 mx.rude.test.")
    reached(stub, send(a, "someone@rude.test"))


def test_a_host_that_never_answers_keeps_no_other_letters_waiting(town, a):
    silent = town.found_stub("mx.silent.test", never_greets=True).open()
    stub = town.found_stub("mx.lively.test").open()
    town.dns.publish("silent.test. MX 10 mx.silent.test.", "lively.test. MX 10 mx.lively.test.")
    send(a, "someone@silent.test")
    until(lambda: silent.connections > 0, "an attempt at the silent host")
    reached(stub, send(a, "someone@lively.test"))


def test_a_backup_mx_keeps_the_letter_until_the_primary_returns(town, a, b):
    primary = town.found_stub("mx.held.test")
    town.dns.publish("held.test. MX 10 mx.held.test.", "held.test. MX 20 mx.b.test.")
    letter = send(a, "someone@held.test")
    until(lambda: attempts(b, "held.test") > 2, "the backup tries again and again")
    primary.open()
    taken = reached(primary, letter)
    assert trace_fields(taken.text, letter).count("by mx.b.test") == 1  # It never brought it to itself.
    assert len(primary.taken) == 1


def test_a_backup_mx_takes_mail_from_strangers(town, b):
    with b.smtp(town.stranger) as client:
        client.hello("stranger.test")
        client.expect(250, "MAIL FROM:<someone@stranger.test>")
        client.expect(250, "RCPT TO:<anyone@held.test>")


def test_everything_goes_to_the_smart_host_where_there_is_one(town, house):
    smart, direct = town.found_stub("smart.test").open(), town.found_stub("mx.direct.test").open()
    town.dns.publish("direct.test. MX 10 mx.direct.test.")
    house.config["outbound"] = {"smart_host": "[smart.test]"}
    house.start()
    letter = compose(recipient="someone@direct.test")
    house.submit(letter, f"someone@{house.domain}", "someone@direct.test")
    reached(smart, letter)
    assert direct.connections == 0


def test_one_recipient_refused_costs_the_others_nothing(town, a):
    stub = town.found_stub("mx.picky.test", recipient_replies=["550 5.1.1 Who is that?"]).open()
    town.dns.publish("picky.test. MX 10 mx.picky.test.")
    letter = compose()
    a.submit(letter, "alice@a.test", "one@picky.test", "two@picky.test")
    assert len(reached(stub, letter).recipients) == 1
    notification = a.notification(letter.token)
    assert "Who is that?" in notification
    refused = {"one@picky.test", "two@picky.test"} - set(stub.taken[0].recipients)
    assert f"rfc822;{refused.pop()}" in notification.replace(" ", "")


def test_an_undeliverable_notification_goes_nowhere(town, a):
    letter = compose()
    with a.smtp() as client:
        client.hello()
        client.send(letter, "", "someone@nowhere.test")
    until(lambda: attempts(a, "nowhere.test") > 0, "an attempt")
    other = send(a, f"someone-{letter.token}@nowhere.test")  # Its notification comes later than the first's would.
    assert other.token in a.notification(f"someone-{letter.token}@nowhere.test")
    assert not a.letters_of("alice@a.test", letter.token.encode())
