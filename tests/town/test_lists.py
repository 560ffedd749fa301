# SPDX-License-Identifier: Apache-2.0
"""Lists and copies: who gets a letter besides, how often, and in whose name."""
from arrivals import emptied, reached, submitted, takings
from patience import until


def test_members_of_a_verp_list_get_a_sender_each(town, house):
    stub = town.found_stub().open()
    house.write_table("mailertable", f"outer.test\tesmtp:[{stub.ipv4}]\n")
    house.write_table("aliases", f"list: one@outer.test, two@outer.test\nowner-list: zoe@{house.domain}\n")
    house.config["routing"] = {"verp_lists": ["list"]}
    house.start()
    house.add_user("zoe")
    letter = submitted(house, f"list@{house.domain}")
    found = {taken.recipients: taken.sender for taken in reached(stub, letter, "one@outer.test", "two@outer.test")}
    assert found == {(f"{name}@outer.test",): f"owner-list+{name}=outer.test@{house.name}" for name in ("one", "two")}
    house.arrived(submitted(house, found[("one@outer.test",)]), "zoe")  # What comes back reaches the owner.


def test_a_list_that_grows_beyond_the_limit_is_refused_and_nobody_gets_it(town, house):
    stub = town.found_stub().open()
    house.write_table("mailertable", f"outer.test\tesmtp:[{stub.ipv4}]\n")
    members = ", ".join(f"member{number}@outer.test" for number in range(101))
    house.write_table("aliases", f"many: {members}\nfew: {members.partition(', ')[2]}\n")
    house.config["routing"] = {"expansion_limit": 100}
    house.start()
    house.add_user("zoe")
    few = submitted(house, f"few@{house.domain}")
    many = submitted(house, f"many@{house.domain}", sender=f"zoe@{house.domain}")
    assert "5.2.4" in house.notification(many.token, "zoe")
    reached(stub, few, *[f"member{number}@outer.test" for number in range(1, 101)])
    assert not takings(stub, many)


def test_copies_go_to_whom_the_table_names_for_sender_and_recipient(house):
    domain = house.domain
    house.write_table("copies", f"sender:zoe@{domain}\tarchive@{domain}\nrecipient:@{domain}\tauditor@{domain}\n")
    house.write_table("mailertable", "outer.test\tdiscard:\n")
    house.start()
    for name in ("zoe", "archive", "auditor"):
        house.add_user(name)
    away = submitted(house, "someone@outer.test", sender=f"zoe@{domain}")
    to_us = submitted(house, f"zoe@{domain}", sender="someone@outer.test")
    house.arrived(away, "archive")
    house.arrived(to_us, "auditor")
    emptied(house)
    assert not house.letters_of(f"auditor@{domain}", away.token.encode())
    assert not house.letters_of(f"archive@{domain}", to_us.token.encode())


def test_each_letter_is_copied_to_those_who_get_all(town, house):
    stub = town.found_stub("mx.copied.test").open()
    town.dns.publish("copied.test. MX 10 mx.copied.test.")
    house.config["routing"] = {"always_copy": [f"archive@{house.domain}", "archive@copied.test"]}
    house.start()
    house.add_user("archive")
    house.add_user("zoe")
    letter = submitted(house, f"zoe@{house.domain}")
    house.arrived(letter, "zoe")
    house.arrived(letter, "archive")
    reached(stub, letter, "archive@copied.test")
    emptied(house)
    assert len(takings(stub, letter)) == 1


def test_each_of_two_thousand_members_gets_the_letter_once(town, house):
    stub = town.found_stub("mx.mass.test").open()
    town.dns.publish("mass.test. MX 10 mx.mass.test.")
    people = [f"user{number}" for number in range(50)]
    others = [f"member{number}@mass.test" for number in range(2000)]
    (house.folder / "members").write_text("\n".join([*others, *people]) + "\n")
    # Every other one twice, by another list.
    (house.folder / "more").write_text("\n".join([*others[::2], *people[::2]]) + "\n")
    lists = {"everyone": "members, again", "again": "more"}
    house.write_table("aliases", "".join(f"{name}: :include:{house.folder}/{what}\n" for name, what in lists.items()))
    house.start()
    for name in people:
        house.add_user(name)
    letter = submitted(house, f"everyone@{house.domain}")
    until(lambda: not house.queue(), "an empty queue", patience=120)
    reached(stub, letter, *others)
    assert max(len(taken.recipients) for taken in takings(stub, letter)) > 1
    for name in people:
        house.arrived(letter, name)


def test_recipients_of_several_domains_reach_the_smart_host_in_one_envelope(town, house):
    smart = town.found_stub("smart.together.test").open()
    house.config["outbound"] = {"smart_host": "[smart.together.test]"}
    house.start()
    recipients = [f"someone@{name}.test" for name in ("one-domain", "two-domain", "three-domain")]
    taken, = reached(smart, submitted(house, *recipients), *recipients)
    assert len(taken.recipients) == 3
