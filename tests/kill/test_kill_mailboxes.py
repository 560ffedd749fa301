# SPDX-License-Identifier: Apache-2.0
"""APPEND, MOVE, STORE, EXPUNGE and undelete go on while keeper, gate, sorter or all are killed again and again. What was
acknowledged has happened, once; what was not has happened or not; and no number ever goes back."""
import os
import random
import sys
import time

import pytest

from house import House, eventually
from readers import BOXES, GONE, NOWHERE, Readers, read_boxes
from test_kill import around, kill  # noqa: F401

ROUNDS = int(os.environ.get("POSTHOUSE_KILLS", "20"))
SEED = os.environ.get("POSTHOUSE_SEED", "1")
VICTIMS = ("keeper", "keeper", "gate.readers", "sorter", "supervisor")
ACCOUNTS = ("ada", "ben")


@pytest.fixture
def house(tmp_path, around):  # noqa: F811
    remote, names = around
    house = House(tmp_path, remote.port, names.port)
    house.start()
    house.add_accounts()
    yield house
    if house.process.poll() is None:
        house.stop()


def test_what_readers_were_told_survives_any_process(house):
    chance = random.Random(SEED)
    readers = Readers(house, ACCOUNTS, SEED)
    readers.start()

    def go_on(actions, seconds):
        goal, until = readers.done() + actions, time.monotonic() + seconds
        while readers.done() < goal and time.monotonic() < until:
            assert not readers.faults(), readers.faults()
            time.sleep(0.005)
    for account in ACCOUNTS:
        make_boxes(house, account)
    go_on(40, 60)
    began = time.monotonic()
    for turn in range(ROUNDS):
        for victim in chance.sample(VICTIMS, len(VICTIMS)):
            go_on(chance.randint(0, 40), 2)  # A random moment: so many actions later.
            kill(house, victim, chance)
        print(f"round {turn + 1} of {ROUNDS}: {readers.done()} actions, {time.monotonic() - began:.0f} s",
              file=sys.__stderr__, flush=True)
    before = readers.done()
    eventually("the clients go on", lambda: readers.done() > before + 20, 60)
    readers.stop()
    assert not readers.faults(), readers.faults()
    for account in ACCOUNTS:
        check(house, account, [reader for reader in readers.all if reader.account == account])
    assert house.stop() == 0


def make_boxes(house, account):
    import imaplib

    from house import ADDRESS, PASSWORD
    imap = imaplib.IMAP4(ADDRESS, house.imap_port, timeout=60)
    imap.login(f"{account}@house.example", PASSWORD)
    for box in BOXES[1:]:
        imap.create(box)
    imap.logout()


def check(house, account, readers):
    found = read_boxes(house, account)
    graced = {}
    for letter in house.ask("mailbox", "undelete", f"{account}@house.example", "--list")["letters"]:
        graced.setdefault((letter["mailbox"], letter["uid"]), []).append(letter["subject"])
    meanings, wrong, kinds = {}, [], {}
    for reader in readers:
        for key, marker in reader.meanings.items():
            if meanings.setdefault(key, marker) != marker:
                wrong.append(f"{key} was {marker} and {meanings[key]}")
    for marker, places in found.items():
        for box, validity, uid, _ in places:
            if meanings.setdefault((box, validity, uid), marker) != marker:
                wrong.append(f"{(box, validity, uid)} was {meanings[(box, validity, uid)]} and is {marker}")
    for reader in readers:
        for letter in reader.letters:
            there = found.get(letter.marker, [])
            kinds[letter.certain and letter.place] = kinds.get(letter.certain and letter.place, 0) + 1
            if len(there) > 1:
                wrong.append(f"{letter} is there more than once: {there}")
            elif there and there[0][0] not in letter.places:
                wrong.append(f"{letter} is in {there}")
            elif not there and not letter.places & {GONE, NOWHERE}:
                wrong.append(f"{letter} is lost")
            elif there and letter.certain and there[0][2] != letter.uid:
                wrong.append(f"{letter} has become {there}")
            elif there and there[0][3] not in letter.flagged:
                wrong.append(f"{letter} is not flagged as it was: {there}")
            elif letter.places == {GONE} and len(graced.get((letter.box, letter.uid), [])) != 1:
                wrong.append(f"{letter} cannot be brought back, or twice")
    print(f"{account}: {kinds}", file=sys.__stderr__)
    assert not wrong, f"{len(wrong)} wrong: {wrong[:5]}"
    assert kinds.get(GONE) and any(kinds.get(box) for box in BOXES), "the clients did nothing"
