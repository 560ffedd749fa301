# SPDX-License-Identifier: Apache-2.0
"""Two people, and a mailbox that one of them opens to the other."""
import imaplib
import select

import pytest

from network import inside
from patience import PATIENCE
from posthouse import PASSWORD

LETTER = b"From: alice@h.test\r\nSubject: shared\r\nMessage-ID: <shared@h.test>\r\n\r\nfor both\r\n"


class Reader:
    """Somebody's IMAP session, as imaplib has it."""

    def __init__(self, host, address):
        with inside(host.town.desk):
            self.imap = imaplib.IMAP4(host.address, 143, timeout=PATIENCE)
        self.imap.login(address, PASSWORD)

    def ask(self, command, *words):
        """What is said besides, of an answer that has to be OK."""
        kind, data = self.try_(command, *words)
        assert kind == "OK", f"{command} {words}: {kind} {data}"
        return data

    def try_(self, command, *words):
        self.imap.untagged_responses.clear()
        kind, data = self.imap._simple_command(command, *words)
        if command == "SELECT" and kind == "OK":
            self.imap.state = "SELECTED"
        return kind, b" ".join([*data, *(line if isinstance(line, bytes) else b" ".join(line)
                                        for lines in self.imap.untagged_responses.values() for line in lines)])

    def append(self, mailbox, letter=LETTER):
        kind, data = self.imap.append(mailbox, None, None, letter)
        assert kind == "OK", data

    def idle(self):
        self.imap.send(b"idle IDLE\r\n")
        assert self.imap.readline().startswith(b"+")

    def hear(self, what):
        """A line of IDLE that has it, said within the time that people wait."""
        while True:
            assert select.select([self.imap.sock], [], [], PATIENCE)[0], f"nothing is told of {what}"
            line = self.imap.readline()
            assert line, f"the session ended before {what}"
            if what in line:
                return line


@pytest.fixture
def shared(house):
    """The house, a mailbox of alice's with a letter, and both people's sessions."""
    house.listen.append({"address": "0.0.0.0:143", "protocol": "imap", "plaintext_auth": True})
    house.start()
    alice, bob = (Reader(house, house.add_user(name)) for name in ("alice", "bob"))
    alice.ask("CREATE", "Team")
    alice.append("Team")
    return house, alice, bob, f'"Other Users/alice@{house.domain}/Team"'


def test_what_is_opened_to_another_is_his_until_it_is_taken_back(shared):
    house, alice, bob, team = shared
    assert b'(("Other Users/" "/"))' in bob.ask("NAMESPACE")
    assert bob.try_("SELECT", team)[0] == "NO"
    assert b"Other Users" not in bob.ask("LIST", '""', "*")

    alice.ask("SETACL", "Team", f"bob@{house.domain}", "lrswi")
    assert team.encode() in bob.ask("LIST", '""', "*")
    assert b"lrswi" in bob.ask("MYRIGHTS", team)
    assert b"UNSEEN 1" in bob.ask("STATUS", team, "(UNSEEN)")
    bob.ask("SELECT", team)
    assert b"for both" in bob.ask("FETCH", "1", "(BODY[])")
    assert b"1" in bob.ask("SEARCH", "SEEN")
    alice.ask("SELECT", "Team")
    assert b"\\Seen" not in alice.ask("FETCH", "1", "(FLAGS)"), "each has a \\Seen of his own"
    bob.ask("STORE", "1", "+FLAGS", "(\\Flagged)")
    assert b"\\Flagged" in alice.ask("FETCH", "1", "(FLAGS)"), "and they share the rest"
    bob.ask("COPY", "1", "INBOX")
    assert bob.try_("STORE", "1", "+FLAGS", "(\\Deleted)")[0] == "NO"
    assert bob.try_("SETACL", team, "anyone", "lr")[0] == "NO"

    bob.idle()
    alice.append("Team", LETTER.replace(b"for both", b"once more"))
    bob.hear(b"2 EXISTS")
    bob.imap.send(b"DONE\r\n")
    bob.hear(b"idle OK")
    assert b"once more" in bob.ask("FETCH", "2", "(BODY.PEEK[])")
    bob.idle()
    alice.ask("DELETEACL", "Team", f"bob@{house.domain}")
    bob.hear(b"* BYE")

    again = Reader(house, f"bob@{house.domain}")
    assert again.try_("SELECT", team)[0] == "NO"
    again.ask("SELECT", "INBOX")
    assert b"for both" in again.ask("FETCH", "1", "(BODY[])"), "what was copied stays"


def test_the_administrator_sees_and_sets_who_may_read_what(shared):
    house, _, bob, team = shared
    said = house.ask("mailbox", "acl", f"alice@{house.domain}", "Team", f"bob@{house.domain}", "lr")
    assert f"bob@{house.domain}" in said and "lrswipkxtea" in said
    bob.ask("SELECT", team)
    said = house.ask("mailbox", "acl", f"alice@{house.domain}", "Team", "anyone", "l")
    assert "anyone" in said
    assert f"bob@{house.domain}" not in house.ask("mailbox", "acl", f"alice@{house.domain}", "Team",
                                                  f"bob@{house.domain}", "")
    assert bob.try_("SELECT", team)[0] == "NO"
