# SPDX-License-Identifier: Apache-2.0
"""A backup of a running server under load, restored into a second one and account by account."""
import imaplib
import json
import subprocess
import threading

import pytest

from network import inside
from patience import PATIENCE
from posthouse import PASSWORD

BODY = "A line of the letter, which is long enough to be compressed, and written many times.\r\n" * 20


def letter(number):
    return (f"From: Ann <ann@example.test>\r\nSubject: letter {number}\r\n\r\nnumber {number}\r\n" + BODY).encode()


def with_imap(host):
    host.listen += [{"address": "0.0.0.0:143", "protocol": "imap", "plaintext_auth": True}]
    return host


@pytest.fixture(scope="module")
def house(town):
    host = with_imap(town.found_posthouse("kept.test")).start()
    for name in ("ann", "ben"):
        host.add_user(name)
    return host


def imap(host, user):
    with inside(host.town.desk):
        session = imaplib.IMAP4(host.address, 143, timeout=PATIENCE)
    session.login(user, PASSWORD)
    return session


def append(session, number):
    assert session.append("INBOX", None, None, letter(number))[0] == "OK"


def letters(host, user):
    """Subject by UID, with the flags, of all that is in the INBOX; every body is read."""
    session = imap(host, user)
    assert session.select("INBOX")[0] == "OK"
    found = {}
    if session.untagged_responses["EXISTS"][0] != b"0":
        for part in session.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1]:
            if isinstance(part, tuple):
                uid = int(part[0].split(b"UID ")[1].split()[0].rstrip(b")"))
                flags = b"\\Flagged" in part[0]
                subject = part[1].split(b"Subject: ")[1].split(b"\r\n")[0].decode()
                assert BODY.encode() in part[1]
                found[uid] = (subject, flags)
    session.logout()
    return found


def test_a_backup_under_load_has_every_letter_acknowledged_before(house, town):
    kept = town.folder / "backups"
    session = imap(house, "ann@kept.test")
    for number in range(1, 21):
        append(session, number)
    session.select("INBOX")
    session.store("3", "+FLAGS", "\\Flagged")
    done = threading.Event()

    def go_on():
        other = imap(house, "ann@kept.test")
        for number in range(100, 100000):
            append(other, number)
            if done.is_set():
                return other.logout()

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        for _ in range(2):
            taken = json.loads(house.ask("backup", "take", kept, "--json"))
    finally:
        done.set()
        writer.join()
    assert taken["accounts"] == 1 and taken["bodies"] >= 20
    assert json.loads(house.ask("backup", "verify", kept, "--json"))["faults"] == []
    session.logout()

    # The same letters, with their UIDs, in a house that has another disk.
    second = with_imap(town.found_posthouse("kept2.test"))
    second.domains = {"kept.test": {}}
    second.write_config()
    restored = subprocess.run(second.command("restore", kept, "--config", second.config_path), capture_output=True,
                              text=True, timeout=PATIENCE)
    assert restored.returncode == 0, restored.stderr
    again = subprocess.run(second.command("restore", kept, "--config", second.config_path), capture_output=True,
                           text=True, timeout=PATIENCE)
    assert again.returncode == 1 and "not empty" in again.stderr, again.stderr
    second.start()
    there, here = letters(second, "ann@kept.test"), letters(house, "ann@kept.test")
    assert len(there) >= 20 and there.items() <= here.items()
    assert there[3] == ("letter 3", True)
    assert list(there) == list(here)[:len(there)]
    second.stop()


def test_one_account_comes_back_while_the_server_runs(house, town):
    kept = town.folder / "backups-of-ben"
    session = imap(house, "ben@kept.test")
    for number in range(1, 6):
        append(session, number)
    house.ask("backup", "take", kept)
    then = letters(house, "ben@kept.test")
    session.select("INBOX")
    validity = session.response("UIDVALIDITY")
    session.store("1:3", "+FLAGS", "\\Deleted")
    session.expunge()
    append(session, 6)

    house.ask("restore", kept, "--account", "ben@kept.test", "--as", "then@kept.test")
    assert letters(house, "then@kept.test") == then
    house.ask("restore", kept, "--account", "ben@kept.test", "--replace")
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        for _ in range(5):
            session.noop()
    assert letters(house, "ben@kept.test") == then
    session = imap(house, "ben@kept.test")
    session.select("INBOX")
    assert session.response("UIDVALIDITY") == validity
    append(session, 7)
    after = letters(house, "ben@kept.test")
    assert max(after) > 1_000_000 and after[max(after)][0] == "letter 7"
    session.logout()
    house.ask("backup", "forget", kept, "--keep", "1")
    assert len(json.loads(house.ask("backup", "list", kept, "--json"))["backups"]) == 1
