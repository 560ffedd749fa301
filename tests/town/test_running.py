# SPDX-License-Identifier: Apache-2.0
"""A server that runs: confined, reloaded, and closed without losing a letter."""
import re
import time
from pathlib import Path

import pytest

from letters import compose, trace_fields
from patience import until
from program import number_of
from smtp_client import SmtpClient

USER_OF_ROLE = {"gate": "posthouse-gate", "keeper": "posthouse", "sorter": "posthouse-sort",
                "courier": "posthouse-courier", "resolver": "posthouse-dns", "clerk": "posthouse-clerk",
                "tables": "posthouse-sort", "signer": "posthouse-sign"}


def test_every_role_is_confined_under_a_user_of_its_own(a):
    roles = a.children()
    # The agent becomes each recipient in turn, and its runner's children must be free of what confines it.
    assert set(roles) - {"agent", "runner"} == set(USER_OF_ROLE)
    for role, pid in roles.items():
        if role in ("agent", "runner"):
            continue
        for thread in Path(f"/proc/{pid}/task").iterdir():
            status = dict(line.split(":\t", 1) for line in (thread / "status").read_text().splitlines() if ":\t" in line)
            assert status["Seccomp"].strip() == "2", f"{role}: no system call filter"
            assert status["NoNewPrivs"].strip() == "1", role
            assert set(status["Uid"].split()) == {str(number_of(USER_OF_ROLE[role]))}, role
            assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0, role
            assert "0" not in status["Groups"].split(), f"{role} is in root's group"


def test_a_reload_drops_no_session_and_brings_a_new_domain_into_force(town, house):
    house.start()
    user = house.add_user("bob")
    letter = compose(recipient=user)
    with house.smtp() as client:
        client.hello()
        client.begin("someone@desk.test", [user])
        house.domains["added.test"] = {"catch_all": user}
        house.write_config()
        assert "reloaded" in house.reload()
        assert client.finish(letter).code == 250
        until(lambda: takes(client, "anyone@added.test"), "the new domain is ours")
    trace_fields(house.arrived(letter), letter)
    with house.smtp(town.stranger) as client:
        client.hello("stranger.test")
        assert takes(client, "anyone@added.test")


def takes(client, recipient):
    client.expect(250, "RSET")
    client.expect(250, "MAIL FROM:<someone@desk.test>")
    return client.say(f"RCPT TO:<{recipient}>").code == 250


def test_a_wrong_configuration_never_replaces_the_running_one(house):
    house.start()
    user = house.add_user("bob")
    house.config["queue"]["retry_first"] = "soon"
    house.write_config()
    assert "refused" in house.reload()
    with house.smtp() as client:
        client.hello()
        assert takes(client, user)


def test_a_reload_opens_and_closes_listeners(house):
    house.start()
    house.listen.append({"address": "0.0.0.0:2525", "protocol": "smtp"})
    house.write_config()
    assert "reloaded" in house.reload()
    until(lambda: greets(house, 2525), "the new port")
    house.listen.pop()
    house.write_config()
    assert "reloaded" in house.reload()
    until(lambda: not greets(house, 2525), "the port is closed")
    assert greets(house, 25)


def greets(house, port):
    try:
        with SmtpClient(house.town.desk, house.address, port, timeout=3) as client:
            return client.greeting.code == 220
    except OSError:
        return False


def test_a_closing_server_lets_the_letter_under_way_in_and_nobody_else(house):
    house.start()
    user = house.add_user("bob")
    letter = compose(recipient=user)
    with house.smtp() as client, house.smtp() as idle:
        idle.hello()
        client.hello()
        client.begin("someone@desk.test", [user])
        house.program.process.terminate()
        until(lambda: house.program.said("event=house.closing"), "it closes")
        with pytest.raises(OSError):
            house.smtp().close()
        assert idle.say("MAIL FROM:<someone@desk.test>").code == 421
        assert client.finish(letter).code == 250
        assert client.say("MAIL FROM:<someone@desk.test>").code == 421
    assert house.program.wait() == 0
    house.start()
    trace_fields(house.arrived(letter), letter)


def test_a_closing_server_waits_no_longer_than_it_may(house):
    house.config["process"]["drain_seconds"] = 1
    house.start()
    user = house.add_user("bob")
    with house.smtp() as client:
        client.hello()
        client.begin("someone@desk.test", [user])
        began = time.monotonic()
        house.program.process.terminate()
        assert house.program.wait() == 0
        assert time.monotonic() - began < 8


def test_letters_in_the_queue_outlive_a_restart(town, house):
    house.start()
    stub = town.found_stub("mx.later.test")
    town.dns.publish("later.test. MX 10 mx.later.test.")
    letters = [compose() for _ in range(20)]
    for letter in letters:
        house.submit(letter, f"someone@{house.domain}", "someone@later.test")
    assert house.stop() == 0
    stub.open()
    house.start()
    for letter in letters:
        taken = until(lambda one=letter: stub.letter(one.token), "the letter at the stub")
        trace_fields(taken.text, letter)
    assert len(stub.taken) == len(letters)


def test_a_host_brings_no_letter_to_itself(town, a, b):
    town.dns.publish("ring.test. MX 10 mx.ring.test.", f"mx.ring.test. A {b.address}")
    b.config["smtp"]["relay_domains"] = ["held.test", "ring.test"]
    b.write_config()
    assert "reloaded" in b.reload()
    letter = compose(recipient="someone@ring.test")
    a.submit(letter, "alice@a.test", "someone@ring.test")
    notification = a.notification(letter.token)
    assert re.search(r"Status: 5\.4\.6|Status: 5\.3\.5", notification), notification


def test_a_letter_that_two_hosts_send_to_each_other_comes_back_to_its_sender(town, house):
    other = town.found_posthouse("ring-" + house.domain)
    try:
        for host, next_host in ((house, other), (other, house)):
            host.config["outbound"] = {"smart_host": f"[{next_host.address}]"}
            host.config["smtp"]["relay_domains"] = ["elsewhere.test", house.domain]
            host.config["limits"] = {"hops": 10}
            host.start()
        user = house.add_user("bob")
        letter = compose(sender=user, recipient="someone@elsewhere.test")
        house.submit(letter, user, "someone@elsewhere.test")
        assert "Status: 5.4.6" in house.notification(letter.token, "bob")
    finally:
        town.remove(other)
