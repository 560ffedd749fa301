# SPDX-License-Identifier: Apache-2.0
"""Senders of ours as they are seen outside."""
import pytest

from arrivals import reached, submitted
from letters import compose


@pytest.fixture(scope="module")
def seen(town):
    """A house whose senders are seen as others, and the stub that sees them."""
    house, stub = town.found_posthouse("inside.test"), town.found_stub().open()
    house.write_table("genericstable", "ann\tann.smith@public.test\nben@inside.test\tben.jones\n")
    house.write_table("mailertable", f"outer.test\tesmtp:[{stub.ipv4}]\n")
    house.config["masquerade"] = {"as": "public.test", "domains": ["inside.test"], "exceptions": ["kept.inside.test"]}
    house.start()
    house.add_user("ann")
    yield house, stub
    town.remove(house)


@pytest.mark.parametrize(("sender", "as_seen"), [
    ("ann@inside.test", "ann.smith@public.test"),
    ("ann@mx.inside.test", "ann.smith@public.test"),
    ("ann+x@inside.test", "ann.smith@public.test"),
    ("ben@inside.test", "ben.jones@public.test"),
    ("dora@inside.test", "dora@public.test"),
    ("dora@deep.inside.test", "dora@public.test"),
    ("dora@kept.inside.test", "dora@kept.inside.test"),
    ("root@inside.test", "root@inside.test"),
    ("someone@elsewhere.test", "someone@elsewhere.test"),
])
def test_senders_of_ours_are_seen_under_their_public_address(seen, sender, as_seen):
    house, stub = seen
    letter = compose(sender=sender, recipient="someone@outer.test")
    house.submit(letter, sender, "someone@outer.test")
    taken, = reached(stub, letter, "someone@outer.test")
    assert taken.sender == as_seen
    assert f"\r\nFrom: <{as_seen}>\r\n".encode() in taken.text
    assert b"\r\nTo: <someone@outer.test>\r\n" in taken.text
    assert taken.text.endswith(letter.text.partition(b"Subject: ")[2])


def test_what_strangers_send_is_not_rewritten(town, seen):
    house, stub = seen
    house.write_table("relay_domains", "outer.test\n")
    house.write_config()
    assert "reloaded" in house.reload()
    letter = compose(sender="ann@inside.test", recipient="someone@outer.test")
    with house.smtp(town.stranger) as client:
        client.hello("strange.test")
        client.send(letter, "ann@inside.test", "someone@outer.test")
    taken, = reached(stub, letter, "someone@outer.test")
    assert taken.sender == "ann@inside.test"
    assert taken.text.endswith(letter.text)


def test_names_without_a_domain_get_ours_in_the_header(seen):
    house, stub = seen
    letter = compose(sender="dora", recipient="someone@outer.test")
    house.submit(letter, "dora@inside.test", "someone@outer.test")
    taken, = reached(stub, letter, "someone@outer.test")
    assert b"\r\nFrom: <dora@public.test>\r\n" in taken.text


def test_the_envelope_keeps_its_sender_where_it_is_told_to(town, house):
    stub = town.found_stub().open()
    house.write_table("mailertable", f".\tesmtp:[{stub.ipv4}]\n")
    house.config["masquerade"] = {"as": "public.test", "domains": [house.domain], "envelope": False}
    house.start()
    sender = f"dora@{house.domain}"
    letter = submitted(house, "someone@anywhere.test", sender=sender)
    taken, = reached(stub, letter, "someone@anywhere.test")
    assert taken.sender == sender
    assert b"\r\nFrom: <dora@public.test>\r\n" in taken.text
