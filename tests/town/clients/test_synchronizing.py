# SPDX-License-Identifier: Apache-2.0
"""mbsync and offlineimap: a Maildir at the desk and the server's mailboxes become alike, whoever changed."""
import re
import subprocess

import pytest

from conftest import letter_about

MBSYNC = """\
IMAPAccount house
Host {host}
User {user}
Pass {password}
SSLType {how}
CertificateFile {authority}

IMAPStore far
Account house

MaildirStore near
Path {home}/Mail/
Inbox {home}/Mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
"""
OFFLINEIMAP = """\
[general]
accounts = house
metadata = {home}/state
ui = basic
[Account house]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {home}/Mail
[Repository far]
type = IMAP
remotehost = {host}
remoteuser = {user}
remotepass = {password}
sslcacertfile = {authority}
ssl = {tls}
starttls = {starttls}
expunge = yes
"""
RUNS = 8


class Synchronizer:
    """Its Maildirs are in `Mail`; `run` makes both sides alike."""

    def __init__(self, desk, person, program, how):
        self.desk, self.mail = desk, desk.home / "Mail"
        self.mail.mkdir()
        text = {"mbsync": MBSYNC, "offlineimap": OFFLINEIMAP}[program].format(
            host=desk.server.name, user=person.address, password=person.password, home=desk.home,
            authority=desk.authority.certificate, how={"TLS": "IMAPS", "STARTTLS": "STARTTLS"}[how],
            tls="yes" if how == "TLS" else "no", starttls="no" if how == "TLS" else "yes")
        config = desk.home / "config"
        config.write_text(text)
        config.chmod(0o600)
        self.certain = (program, how) != ("offlineimap", "STARTTLS")
        self.words = {"mbsync": ["mbsync", "-c", config, "-a"], "offlineimap": ["offlineimap", "-o", "-c", config]}[program]

    def run(self):
        """imaplib2, on which offlineimap stands, ends the thread that reads before the answer to its STARTTLS, or after
        the first bytes of the handshake, when the threads happen to run in that order; the answer then waits for ever."""
        for _ in range(RUNS):
            try:
                done = self.desk.try_to(*self.words, patience=120 if self.certain else 15)
            except subprocess.TimeoutExpired:
                assert not self.certain, "no answer"
                continue
            if self.certain or b"Failed to start TLS" not in done.stdout + done.stderr:
                assert done.returncode == 0, done.stdout + done.stderr
                return
        raise AssertionError(f"{RUNS} runs came to nothing")

    def files(self, mailbox="INBOX"):
        """By subject."""
        found = {}
        for path in (self.mail / mailbox).glob("[cn]*/*"):
            found[re.search(rb"^Subject: (.*?)\r?$", path.read_bytes(), re.M)[1].decode()] = path
        return found

    def flags(self, subject, mailbox="INBOX"):
        return set(self.files(mailbox)[subject].name.partition(":2,")[2])

    def set_flags(self, subject, flags, mailbox="INBOX"):
        path = self.files(mailbox)[subject]
        path.rename(self.mail / mailbox / "cur" / f"{path.name.partition(':2,')[0]}:2,{flags}")


@pytest.fixture(params=[("mbsync", "TLS"), ("mbsync", "STARTTLS"), ("offlineimap", "TLS"), ("offlineimap", "STARTTLS")],
                ids=lambda param: "-".join(param))
def synchronizer(request, desk, person):
    return Synchronizer(desk, person, *request.param)


def test_letters_and_flags_go_both_ways(synchronizer, person, letters, look):
    look.store("pears", "+FLAGS", "(\\Seen \\Flagged)")
    synchronizer.run()
    files = synchronizer.files()
    assert set(files) == set(letters)
    for subject, letter in letters.items():
        assert without_marks(files[subject].read_bytes()) == letter.replace(b"\r\n", b"\n")
    assert synchronizer.flags("pears") == {"S", "F"} and synchronizer.flags("apples") == set()

    # What happens at the desk …
    synchronizer.set_flags("apples", "RS")
    files["plums"].unlink()
    (synchronizer.mail / "INBOX" / "cur" / "1234.written.here:2,FS").write_bytes(
        letter_about("cherries", person, b"Written at the desk.\n").replace(b"\r\n", b"\n"))
    # … and at the server meanwhile.
    look.store("pears", "-FLAGS", "(\\Flagged)")
    look.append(letter_about("figs", person, b"From the server.\r\n"), flags="\\Seen")
    synchronizer.run()
    assert look.subjects() == ["apples", "cherries", "figs", "pears"]
    assert look.flags("apples") == {"\\Seen", "\\Answered"}
    assert look.flags("cherries") == {"\\Seen", "\\Flagged"}
    assert set(synchronizer.files()) == {"apples", "cherries", "figs", "pears"}
    assert synchronizer.flags("pears") == {"S"} and synchronizer.flags("figs") == {"S"}

    look.remove("pears")
    synchronizer.run()
    assert set(synchronizer.files()) == {"apples", "cherries", "figs"}

    before = state(synchronizer)
    synchronizer.run()  # Nothing to do: nothing changes, and nothing comes twice.
    assert state(synchronizer) == before and look.subjects() == ["apples", "cherries", "figs"]


def test_mailboxes_are_made_on_the_other_side(synchronizer, person, letters, look):
    synchronizer.run()
    for part in ("cur", "new", "tmp"):
        (synchronizer.mail / "Fruit" / part).mkdir(parents=True)
    path = synchronizer.files()["apples"]
    path.rename(synchronizer.mail / "Fruit" / "cur" / "5678.moved.here:2,S")
    synchronizer.run()
    assert look.subjects("Fruit") == ["apples"] and look.subjects() == ["pears", "plums"]
    imap = look.desk.imap(person)
    assert imap.create("Orders")[0] == "OK"
    imap.logout()
    look.append(letter_about("nuts", person, b"A sack.\r\n"), "Orders")
    synchronizer.run()
    assert set(synchronizer.files("Orders")) == {"nuts"}


def state(synchronizer):
    return sorted(str(path) for path in synchronizer.mail.glob("*/[cn]*/*"))


def without_marks(text):
    """Both programs mark letters that they bring to the server, by a field of their own."""
    return re.sub(rb"^X-(TUID|OfflineIMAP): .*\n", b"", text, flags=re.M)
