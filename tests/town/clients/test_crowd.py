# SPDX-License-Identifier: Apache-2.0
"""Several sessions on one mailbox at once: what each is told has to fit together, and in the end all know the same."""
import random
import re
import threading

import pytest

from imap_lines import Lines, parse
from letters import compose

SILENT = ("FETCH", "STORE", "SEARCH")  # During these no message may lose its number. RFC 3501 §7.4.1


class Member:
    """A session and what it has been told: the UIDs in their order, where known, and each one's flags."""

    def __init__(self, lines, person, seed):
        self.lines, self.chance = lines, random.Random(seed)
        self.uids, self.flags, self.faults = [], {}, []
        lines.must(f"LOGIN {person.address} {person.password}")
        self.say("SELECT INBOX")
        self.say("UID FETCH 1:* (FLAGS)")

    def say(self, command):
        status, untagged, text = self.lines.say(command)
        verb = re.match(rb"(?:UID )?(\w+)", command if isinstance(command, bytes) else command.encode())[1].decode()
        by_uid = command.startswith(b"UID" if isinstance(command, bytes) else "UID")
        for response in untagged:
            self.hear(response, verb, by_uid)
        if status == "BAD":
            self.faults.append(f"{command!r}: {text}")
        return untagged

    def hear(self, response, verb, by_uid):
        if match := re.match(rb"\* (\d+) EXISTS", response):
            count = int(match[1])
            if count < len(self.uids) and verb != "SELECT":
                self.faults.append(f"EXISTS {count} without EXPUNGE, there were {len(self.uids)}")
            self.uids = self.uids[:count] + [None] * (count - len(self.uids))
        elif match := re.match(rb"\* (\d+) EXPUNGE", response):
            if verb in SILENT and not by_uid:
                self.faults.append(f"EXPUNGE during {verb}")
            if not 1 <= int(match[1]) <= len(self.uids):
                self.faults.append(f"EXPUNGE {int(match[1])} of {len(self.uids)}")
            else:
                self.flags.pop(self.uids.pop(int(match[1]) - 1), None)
        elif match := re.match(rb"\* (\d+) FETCH ", response):
            self.hear_fetch(int(match[1]), parse(response[match.end():])[0])

    def hear_fetch(self, number, items):
        items = dict(zip((key.upper() for key in items[0::2]), items[1::2]))
        if not 1 <= number <= len(self.uids):
            self.faults.append(f"FETCH {number} of {len(self.uids)}")
            return
        if "UID" in items:
            uid = int(items["UID"])
            if self.uids[number - 1] not in (None, uid):
                self.faults.append(f"{number} was UID {self.uids[number - 1]} and is {uid}")
            self.uids[number - 1] = uid
        if "FLAGS" in items and self.uids[number - 1]:
            self.flags[self.uids[number - 1]] = known(items["FLAGS"])

    def act(self):
        letter, flag = compose().text, self.chance.choice(["\\Seen", "\\Flagged", "\\Answered", "$Mine"])
        anytime = ["NOOP", "UID SEARCH SEEN", f"APPEND INBOX ({flag}) {{{len(letter)}+}}\r\n".encode() + letter,
                   f"APPEND INBOX {{{len(letter)}+}}\r\n".encode() + letter]
        number, last = self.chance.randint(1, max(1, len(self.uids))), len(self.uids)
        if last > 60:
            anytime = ["STORE 1:20 +FLAGS.SILENT (\\Deleted)", "EXPUNGE"]
        elif last:
            anytime += [f"FETCH {number} (UID FLAGS)", f"FETCH 1:{last} (UID FLAGS)", f"STORE {number} +FLAGS ({flag})",
                        f"STORE {number} -FLAGS ({flag})", f"STORE {number} +FLAGS.SILENT (\\Deleted)", "EXPUNGE", "SEARCH UNSEEN",
                        f"UID FETCH {number}:* (FLAGS)", f"COPY {number} INBOX", "CHECK"]
        self.say(self.chance.choice(anytime))

    def settle(self):
        for _ in range(3):
            self.say("NOOP")
        self.say("UID FETCH 1:* (FLAGS)")


def known(flags):
    return {str(flag) for flag in flags} - {"\\Recent"}


@pytest.mark.parametrize("seed", range(3))
def test_what_everybody_is_told_fits_together(town, server, authority, person, look, seed):
    look.append(compose())
    members = [Member(Lines(town.desk, server.address, authority), person, f"{seed} {number}") for number in range(5)]

    def live(member):
        try:
            for _ in range(150):
                member.act()
        except Exception as fault:  # noqa: BLE001 - told below
            member.faults.append(repr(fault))
    threads = [threading.Thread(target=live, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [fault for member in members for fault in member.faults]
    for member in members:
        member.settle()
    fresh = Member(Lines(town.desk, server.address, authority), person, 0)
    for member in members:
        assert not member.faults
        assert member.uids == fresh.uids
        assert member.flags == fresh.flags
    assert fresh.uids == sorted(set(fresh.uids))
