# SPDX-License-Identifier: Apache-2.0
"""IMAP clients that never rest, and know of each of their letters where it may be."""
import imaplib
import random
import re
import threading
from dataclasses import dataclass, field

from house import ADDRESS, PASSWORD
from load import text_of

BOXES = ("INBOX", "Box", "Other")
GONE = "gone"  # expunged, and to be brought back
NOWHERE = "nowhere"


@dataclass
class Letter:
    marker: str
    places: set = field(default_factory=set)  # where it may be; one: it is there
    uid: int = 0  # where it is certainly in a mailbox, or was when it was expunged
    flagged: set = field(default_factory=lambda: {False})
    box: str = ""  # that it was expunged from

    @property
    def certain(self):
        return len(self.places) == 1

    @property
    def place(self):
        return next(iter(self.places))


class Doubt(Exception):
    """The server did not say that it was done: it may or may not have been."""


class Reader(threading.Thread):
    """One of the clients of an account. It changes its own letters, and sees all."""

    def __init__(self, house, account, name, seed):
        super().__init__(daemon=True)
        self.house, self.account, self.label = house, account, f"{account}-{name}"
        self.chance = random.Random(f"{seed}/{self.label}")
        self.letters, self.faults, self.done = [], [], 0
        self.stopped = threading.Event()
        self.meanings = {}  # (mailbox, UIDVALIDITY, UID) -> marker
        self.latest = {}  # mailbox -> (UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ)
        self.imap, self.selected, self.validity = None, None, 0

    def run(self):
        while not self.stopped.is_set():
            try:
                self.connect()
                for _ in range(self.chance.randint(5, 60)):
                    if self.stopped.is_set():
                        break
                    self.act()
            except (OSError, imaplib.IMAP4.error, Doubt):
                self.stopped.wait(0.05)  # Its gate or the keeper was killed: another connection.
            except Exception as fault:  # The test tells of it.
                self.faults.append(f"{self.label}: {fault!r}")
                return
            finally:
                self.disconnect()

    def connect(self):
        self.imap = imaplib.IMAP4(ADDRESS, self.house.imap_port, timeout=30)
        self.imap.login(f"{self.account}@house.example", PASSWORD)
        self.selected = None

    def disconnect(self):
        if self.imap:
            try:
                self.imap.shutdown()
            except OSError:
                pass
        self.imap = None

    def certain(self, places):
        return [letter for letter in self.letters if letter.certain and letter.place in places]

    def act(self):
        what = self.chance.random()
        there, gone = self.certain(BOXES), self.certain((GONE,))
        if what < 0.35 or not there:
            self.append()
        elif what < 0.55:
            self.move(self.chance.choice(there))
        elif what < 0.75:
            self.store(self.chance.choice(there))
        elif what < 0.97 or not gone:
            self.expunge(self.chance.choice(there))
        else:
            self.undelete(self.chance.choice(gone))
        self.done += 1

    def select(self, box):
        self.imap.untagged_responses.clear()
        self.selected = None
        kind, data = self.imap._simple_command("SELECT", box, "(CONDSTORE)")
        if kind != "OK":
            raise Doubt(data)
        self.imap.state = "SELECTED"

        def number(code):
            return int(self.imap.response(code)[1][0])
        now = (number("UIDVALIDITY"), number("UIDNEXT"), number("HIGHESTMODSEQ"))
        before = self.latest.get(box, (0, 0, 0))
        assert all(new >= old for new, old in zip(now, before)), f"{box} went back from {before} to {now}"
        self.latest[box], self.selected, self.validity = now, box, now[0]

    def ask(self, call, *words):
        kind, data = call(*words)
        if kind != "OK":
            raise Doubt(data)
        return data

    def code(self, name):
        return self.imap.response(name)[1][-1].decode().split()

    def means(self, box, validity, uid, marker):
        known = self.meanings.setdefault((box, validity, uid), marker)
        assert known == marker, f"UID {uid} of {box} was {known} and is {marker}"

    def append(self):
        box = self.chance.choice(BOXES)
        letter = Letter(f"{self.label}-{len(self.letters)}", {NOWHERE, box})
        self.letters.append(letter)
        self.imap.untagged_responses.pop("APPENDUID", None)
        self.ask(self.imap.append, box, None, None, text_of(letter.marker).encode())
        validity, uid = map(int, self.code("APPENDUID"))
        self.means(box, validity, uid, letter.marker)
        letter.places, letter.uid = {box}, uid

    def move(self, letter):
        source = letter.place
        target = self.chance.choice([box for box in BOXES if box != source])
        if self.selected != source:
            self.select(source)
        self.imap.untagged_responses.pop("COPYUID", None)
        letter.places = {source, target}
        self.ask(self.imap.uid, "MOVE", str(letter.uid), target)
        validity, of, to = self.code("COPYUID")
        assert int(of) == letter.uid
        self.means(target, int(validity), int(to), letter.marker)
        letter.places, letter.uid = {target}, int(to)

    def store(self, letter):
        if self.selected != letter.place:
            self.select(letter.place)
        flagged = self.chance.random() < 0.5
        letter.flagged = letter.flagged | {flagged}
        self.ask(self.imap.uid, "STORE", str(letter.uid), "+FLAGS.SILENT" if flagged else "-FLAGS.SILENT", r"(\Flagged)")
        letter.flagged = {flagged}

    def expunge(self, letter):
        if self.selected != letter.place:
            self.select(letter.place)
        self.ask(self.imap.uid, "STORE", str(letter.uid), "+FLAGS.SILENT", r"(\Deleted)")
        letter.box = letter.place
        letter.places = {letter.box, GONE}
        self.ask(self.imap.uid, "EXPUNGE", str(letter.uid))
        letter.places = {GONE}

    def undelete(self, letter):
        letter.places = {GONE, letter.box}
        self.selected = None  # It ends the sessions that have the mailbox open.
        done = self.house.command("mailbox", "undelete", f"{self.account}@house.example", "--mailbox", letter.box,
                                  str(letter.uid))
        if done.returncode == 0:
            assert f'"uids":"{letter.uid}"' in done.stdout.replace(" ", ""), done.stdout
            letter.places = {letter.box}
        raise Doubt("reconnects")


class Readers:
    def __init__(self, house, accounts, seed):
        self.all = [Reader(house, account, name, seed) for account in accounts for name in "ab"]

    def start(self):
        for reader in self.all:
            reader.start()

    def stop(self):
        for reader in self.all:
            reader.stopped.set()
        for reader in self.all:
            reader.join(90)
            assert not reader.is_alive(), "a client hangs"

    def done(self):
        return sum(reader.done for reader in self.all)

    def faults(self):
        return [fault for reader in self.all for fault in reader.faults]


def read_boxes(house, account):
    """Marker -> [(mailbox, UIDVALIDITY, UID, is flagged)]. Every letter must be whole."""
    imap = imaplib.IMAP4(ADDRESS, house.imap_port, timeout=60)
    imap.login(f"{account}@house.example", PASSWORD)
    found = {}
    for box in BOXES:
        assert imap.select(box, readonly=True)[0] == "OK"
        validity = int(imap.response("UIDVALIDITY")[1][0])
        for part in imap.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")[1]:
            if not isinstance(part, tuple):
                continue
            head, letter = part[0].decode(), part[1].decode()
            marker = re.search(r"^Subject: (\S+)", letter, re.MULTILINE)[1]
            assert letter == text_of(marker), f"{marker} is not as it was appended"
            uid = int(re.search(r"UID (\d+)", head)[1])
            found.setdefault(marker, []).append((box, validity, uid, r"\Flagged" in head))
    imap.logout()
    return found
