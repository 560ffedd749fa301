# SPDX-License-Identifier: Apache-2.0
"""A person moves from Dovecot to Posthouse and back: clients find everything as they knew it."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from imap_lines import Lines, Pop3Lines
from patience import PATIENCE, until
from posthouse import BINARY
from servers import DovecotServer, NoSuchServer
from specimens import SPECIMENS

FOLDERS = ["INBOX", "Work", "Work/2024", "Entw&APw-rfe", "Sent"]


@pytest.fixture(scope="module")
def dovecot(town, authority):
    try:
        return DovecotServer(town, authority, "origin", location="maildir:~/Maildir")
    except NoSuchServer as reason:
        pytest.skip(str(reason))


def logged_in(town, authority, server, person):
    session = Lines(town.desk, server.address, authority)
    session.must(f"LOGIN {person.address} {person.password}")
    return session


def told(town, authority, server, person):
    """All that clients remember of mailboxes."""
    session = logged_in(town, authority, server, person)
    mailboxes = {}
    for folder in FOLDERS:
        (status,) = [line for line in session.must(f'STATUS "{folder}" (UIDVALIDITY UIDNEXT MESSAGES)') if b"STATUS" in line]
        letters = {}
        session.must(f'EXAMINE "{folder}"')
        for response in session.must("UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"):
            uid = re.search(rb"UID (\d+)", response)
            if uid:
                flags = sorted(flag for flag in re.search(rb"FLAGS \(([^)]*)\)", response)[1].split() if flag != b"\\Recent")
                date = re.search(rb'INTERNALDATE "([^"]*)"', response)[1]
                text = response.partition(b"BODY[] ")[2]
                letters[int(uid[1])] = flags, date, text.rpartition(b")")[0]
        mailboxes[folder] = {word: int(number) for word, number in re.findall(rb"(UIDVALIDITY|UIDNEXT|MESSAGES) (\d+)", status)}, letters
    subscribed = sorted(line.rsplit(b" ", 1)[1].strip(b'"') for line in session.must('LSUB "" "*"') if b"LSUB" in line)
    session.close()
    pop3 = Pop3Lines(town.desk, server.address, authority)
    pop3.say(f"USER {person.address}")
    pop3.say(f"PASS {person.password}")
    uidls = pop3.say("UIDL")
    pop3.close()
    return {**mailboxes, "subscribed": [name for name in subscribed if name.decode() in FOLDERS[1:]], "uidls": uidls}


def same(before, after, without=()):
    for what in before:
        if what not in without:
            assert after[what] == before[what], what


def furnish(town, authority, server, person):
    """Letters with flags, keywords, dates, and gaps between their UIDs."""
    session = logged_in(town, authority, server, person)
    for folder in FOLDERS[1:]:
        session.say(f'CREATE "{folder}"')
    for folder in ("Work", "Entw&APw-rfe"):
        session.must(f'SUBSCRIBE "{folder}"')
    for place, folder in enumerate(FOLDERS[:-1]):
        for number, letter in enumerate(SPECIMENS.values()):
            if number % 5 < 2 + place:
                flags = ["", "\\Seen", "\\Flagged \\Answered", "$Mine Other", "\\Draft \\Seen"][number % 5]
                session.must(f'APPEND "{folder}" ({flags}) "{number + 1:2}-Jan-2023 12:00:00 +0000" {{{len(letter)}+}}\r\n'.encode() + letter)
        session.must(f'SELECT "{folder}"')
        session.must("UID STORE 2 +FLAGS.SILENT (\\Deleted)")
        session.must("EXPUNGE")
    session.must('SELECT "Work"')
    session.must("UID STORE 1 +FLAGS.SILENT (\\Deleted $Later)")
    session.must("UNSELECT")
    session.close()




def test_a_person_moves_from_dovecot_and_back(town, authority, server, dovecot):
    origin = dovecot.add("mover")
    furnish(town, authority, dovecot, origin)
    before = told(town, authority, dovecot, origin)
    person = server.add("mover")
    maildir = dovecot.folder / "mail" / "mover" / "Maildir"
    looked = server.house.ask("mailbox", "import", person.address, str(maildir), "--dry-run")
    assert "Work/2024" in looked and "Entwürfe" in looked
    said = server.house.ask("mailbox", "import", person.address, str(maildir))
    assert "UIDs kept" in said and "new UIDs" not in said
    same(before, told(town, authority, server, person))

    target = dovecot.folder / "mail" / "returner" / "Maildir"
    server.house.ask("mailbox", "export", person.address, str(target))
    # Once more: nothing is written twice.
    assert "Exported 0 letters" in server.house.ask("mailbox", "export", person.address, str(target))
    for path in [target.parent, *target.parent.rglob("*")]:
        shutil.chown(path, 65534, 65534)
    same(before, told(town, authority, dovecot, dovecot.add("returner")))

    # And what was written comes in again, as an mbox too.
    for form in ("maildir", "mbox"):
        copy = dovecot.folder / form
        server.house.ask("mailbox", "export", person.address, str(copy), "--format", form)
        again = server.add(f"again-{form}")
        server.house.ask("mailbox", "import", again.address, str(copy))
        same(before, told(town, authority, server, again))


def start(server, *words):
    return subprocess.Popen(["nsenter", "-t", str(server.house.program.pid), "-m", "-n", "--", BINARY, *words, "--config", server.house.config_path],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def count(server, town, authority, person):
    session = logged_in(town, authority, server, person)
    (status,) = [line for line in session.must("STATUS INBOX (MESSAGES)") if b"STATUS" in line]
    session.close()
    return int(re.search(rb"MESSAGES (\d+)", status)[1])


def test_an_import_that_is_killed_goes_on_and_doubles_nothing(town, authority, server):
    letters = 3000
    maildir = server.house.folder / "many"
    (maildir / "cur").mkdir(parents=True)
    for number in range(1, letters + 1):
        (maildir / "cur" / f"{number}.a.host:2,S").write_bytes(b"Subject: letter %d\n\nText of letter %d.\n" % (number, number))
    (maildir / "dovecot-uidlist").write_text("3 V4711 N9000\n" + "".join(f"{2 * number} :{number}.a.host\n" for number in range(1, letters + 1)))
    person = server.add("patient")
    for victim in ("command", "keeper"):
        before = count(server, town, authority, person)
        command = start(server, "mailbox", "import", person.address, str(maildir))
        until(lambda: command.poll() is not None or count(server, town, authority, person) > before, "some letters")
        if victim == "command":
            os.kill(command.pid, signal.SIGKILL)
            command.communicate(timeout=PATIENCE)
        else:
            os.kill(server.house.children()["keeper"], signal.SIGKILL)
            _, errors = command.communicate(timeout=PATIENCE)
            assert command.returncode == 75, errors
            until(lambda: answers(server), "the keeper is there again")
            town.new_crashes()  # It was meant to.
    assert 0 < count(server, town, authority, person) < letters
    said = server.house.ask("mailbox", "import", person.address, str(maildir))
    assert "came before" in said and "UIDs kept" in said
    session = logged_in(town, authority, server, person)
    session.must("EXAMINE INBOX")
    found = [(int(uid[1]), subject[1]) for response in session.must("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
             if (uid := re.search(rb"UID (\d+)", response)) and (subject := re.search(rb"Subject: (letter \d+)", response))]
    session.close()
    assert found == [(2 * number, b"letter %d" % number) for number in range(1, letters + 1)]


def answers(server):
    try:
        server.house.ask("status")
        return True
    except AssertionError:
        return False
