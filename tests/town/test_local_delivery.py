# SPDX-License-Identifier: Apache-2.0
"""Mail for users of the host itself: mailboxes, Maildirs, .forward files, programs."""
import mailbox
import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from letters import compose
from patience import until

FIRST_NUMBER = 6301
READY = "event=process.ready member=agent "


class Host:
    """A Posthouse whose domain is its host's users, with homes and /var/mail of its own."""

    def __init__(self, town, domain, people, **terms):
        self.posthouse = town.found_posthouse(domain)
        self.posthouse.domains = {domain: {"users": "system"}}
        self.domain = domain
        folder = self.posthouse.folder
        self.mail = folder / "mail"
        self.homes = folder / "homes"
        self.homes.mkdir()
        self.mail.mkdir()
        shutil.chown(self.mail, "root", "mail")
        self.mail.chmod(0o2775)  # As Debian has it.
        self.posthouse.mounts.append(f"mount --bind {self.mail} /var/mail")
        for name in people:
            self._add(town, name)
        self.posthouse.config["local_delivery"] = terms

    def _add(self, town, name):
        passwd, group = (town.surroundings.binds[path] for path in ("/etc/passwd", "/etc/group"))
        number = FIRST_NUMBER + len([line for line in passwd.read_text().splitlines() if ":town user:" in line])
        home = self.homes / name
        home.mkdir(mode=0o755)
        with passwd.open("a") as file:
            file.write(f"{name}:x:{number}:{number}:town user:{home}:/bin/sh\n")
        with group.open("a") as file:
            file.write(f"{name}:x:{number}:\n")
        os.chown(home, number, number)

    def owns(self, name):
        found = (self.homes / name).stat()
        return found.st_uid, found.st_gid

    def write(self, name, path, text, mode=0o644):
        file = self.homes / name / path
        file.write_text(text)
        os.chown(file, *self.owns(name))
        file.chmod(mode)
        return file

    def send(self, *recipients):
        letter = compose(recipient=recipients[0])
        self.posthouse.submit(letter, "alice@a.test", *[f"{name}@{self.domain}" for name in recipients])
        return letter

    def texts(self, name):
        box = self.mail / name
        return [message.as_string() for message in mailbox.mbox(box, create=False)] if box.exists() else []

    def arrived(self, letter, name):
        found = until(lambda: [text for text in self.texts(name) if letter.token in text] or None, f"a letter in {name}'s mbox")
        assert len(found) == 1
        return found[0]


@pytest.fixture(scope="module")
def host(town):
    allowed = town.folder / "sm.bin"
    allowed.mkdir()
    keep = allowed / "keep"
    keep.write_text('#!/bin/sh\n{ echo "$(id -un) $# $1 $SENDER"; cat; } > "$HOME/kept.part"\n'
                    'mv "$HOME/kept.part" "$HOME/kept"\n')
    refuse = allowed / "refuse"
    refuse.write_text("#!/bin/sh\necho 'nobody reads this'\nexit 67\n")
    for program in (keep, refuse):
        program.chmod(0o755)
    host = Host(town, "system.test", ["ann", "ben", "cid", "dora", "eve", "finn"], programs_allowed=[f"{allowed}/"])
    host.posthouse.start()
    yield host
    town.remove(host.posthouse)


def test_a_letter_is_put_into_var_mail_as_its_user(host):
    letter = host.send("ann")
    text = host.arrived(letter, "ann")
    assert "Delivered-To: ann@system.test" in text and "Return-Path: <alice@a.test>" in text
    found = (host.mail / "ann").stat()
    assert (found.st_uid, found.st_mode & 0o777) == (host.owns("ann")[0], 0o600)
    until(lambda: not (host.mail / "ann.lock").exists(), "the lock is gone")


def test_who_is_no_user_is_refused_at_once(host):
    with host.posthouse.smtp() as client:
        client.hello()
        client.expect(250, "MAIL FROM:<alice@a.test>")
        client.expect(550, "RCPT TO:<no-such-user@system.test>")


def test_a_forward_file_leads_on_and_keeps_a_copy(host):
    host.write("ben", ".forward", "\\ben, ann\n")
    letter = host.send("ben")
    host.arrived(letter, "ben")
    host.arrived(letter, "ann")


def test_a_forward_file_that_others_may_write_is_not_followed(host):
    host.write("cid", ".forward", "ann\n", 0o666)
    letter = host.send("cid")
    host.arrived(letter, "cid")
    assert "event=agent.forward_ignored" in host.posthouse.log()
    assert not any(letter.token in text for text in host.texts("ann"))


def test_a_program_runs_as_its_user_and_without_a_shell(host):
    host.write("dora", ".forward", '"|keep \'a;id\' || exit 75 #dora"\n')
    letter = host.send("dora")
    kept = host.homes / "dora" / "kept"
    text = until(lambda: kept.exists() and kept.read_text(), "the program's file")
    assert text.startswith("dora 1 a;id alice@a.test\nFrom alice@a.test ") and letter.token in text


def test_a_program_that_is_not_allowed_is_not_run(town, host, a):
    host.write("eve", ".forward", '"|/usr/bin/touch /tmp/posthouse-was-here"\n')
    letter = host.send("eve")
    assert "5.7.1" in a.notification(letter.token)
    assert not Path("/tmp/posthouse-was-here").exists()


def test_what_a_program_says_is_told_to_the_sender(host, a):
    host.write("finn", ".forward", '"|refuse"\n')
    letter = host.send("finn")
    notification = a.notification(letter.token)
    assert "5.1.1" in notification and "nobody reads this" in notification


def test_an_alias_leads_to_files_programs_and_users(town):
    folder = town.folder / "aliases"
    folder.mkdir()
    folder.chmod(0o777)
    host = Host(town, "aliases.test", ["gus"])
    (folder / "table").write_text(f"team: gus, {folder}/archive\nnone: /dev/null\n")
    host.posthouse.config["tables"] = {"aliases": [folder / "table"]}
    host.posthouse.start()
    letter = host.send("team")
    host.arrived(letter, "gus")
    archive = folder / "archive"
    until(lambda: archive.exists() and letter.token in archive.read_text(), "the archive")
    assert archive.owner() == "nobody"
    nothing = host.send("none")
    until(lambda: re.search(r"event=delivery\.delivered .*recipient=none@", host.posthouse.log()), "the letter's end")
    assert nothing.token not in "".join(host.texts("gus")) + archive.read_text()
    town.remove(host.posthouse)


def test_a_maildir_holds_each_letter_once_through_kills(town):
    host = Host(town, "maildir.test", ["hal"], format="maildir")
    host.posthouse.start()
    letters = []
    for _ in range(6):
        letters += [host.send("hal") for _ in range(5)]
        before = host.posthouse.log().count(READY)
        os.kill(host.posthouse.children()["agent"], signal.SIGKILL)
        until(lambda: host.posthouse.log().count(READY) > before, "a new agent")
    fresh = host.homes / "hal" / "Maildir" / "new"

    def texts():
        return [file.read_text(errors="replace") for file in fresh.iterdir()] if fresh.exists() else []

    until(lambda: all(any(letter.token in text for text in texts()) for letter in letters), "all letters")
    for letter in letters:
        assert sum(letter.token in text for text in texts()) == 1
    assert all("member=agent " in crash and "signal 9 " in crash for crash in town.new_crashes())
    town.remove(host.posthouse)


@pytest.mark.skipif(not shutil.which("procmail"), reason="there is no procmail")
def test_procmail_delivers_as_it_always_did(town):
    host = Host(town, "procmail.test", ["ida"], format="program", program="/usr/bin/procmail -Y -a %d -d %u")
    host.write("ida", ".procmailrc", ":0:\n* ^Subject:.*\n$HOME/sorted\n")
    host.posthouse.start()
    letter = host.send("ida")
    sorted_mail = host.homes / "ida" / "sorted"
    until(lambda: sorted_mail.exists() and letter.token in sorted_mail.read_text(), "procmail's file")
    town.remove(host.posthouse)
