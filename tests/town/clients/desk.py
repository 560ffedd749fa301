# SPDX-License-Identifier: Apache-2.0
"""Where people sit: their programs run in the desk's namespace, with a home of their own, and trust the town's authority."""
import imaplib
import os
import pty
import select
import ssl
import subprocess
import time

from network import inside
from patience import PATIENCE, until
from servers import PORTS


class Desk:
    def __init__(self, town, server, authority, home):
        self.town, self.server, self.authority, self.home = town, server, authority, home
        self.environment = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "xterm", "XDG_CONFIG_HOME": str(home),
                            "XDG_DATA_HOME": str(home)}

    def command(self, words):
        return self.town.surroundings.command(self.town.desk, words)

    def run(self, *words, standard_input=b"", patience=PATIENCE):
        """What it wrote, which has to leave with 0."""
        done = self.try_to(*words, standard_input=standard_input, patience=patience)
        assert done.returncode == 0, f"{words[0]} left with {done.returncode}:\n{told(done)}"
        return done.stdout

    def try_to(self, *words, standard_input=b"", patience=PATIENCE):
        return subprocess.run(self.command(words), input=standard_input, capture_output=True, timeout=patience,
                              env=self.environment, cwd=self.home)

    def run_on_terminal(self, *words, patience=PATIENCE):
        """A program that wants a screen; all that it painted there."""
        controller, terminal = pty.openpty()
        process = subprocess.Popen(self.command(words), stdin=terminal, stdout=terminal, stderr=terminal, env=self.environment,
                                   cwd=self.home, start_new_session=True)
        os.close(terminal)
        painted, end = b"", time.monotonic() + patience
        while time.monotonic() < end:
            if select.select([controller], [], [], 0.1)[0]:
                try:
                    painted += os.read(controller, 65536)
                except OSError:  # The other end is closed.
                    break
            elif process.poll() is not None:
                break
        else:
            process.kill()
            raise AssertionError(f"{words[0]} did not end in {patience} s: {painted[-2000:]!r}")
        os.close(controller)
        assert process.wait(PATIENCE) == 0, f"{words[0]} left with {process.returncode}: {painted[-2000:]!r}"
        return painted

    def trust(self):
        return ssl.create_default_context(cafile=str(self.authority.certificate))

    def imap(self, person):
        """Our own look at the mailbox."""
        with inside(self.town.desk):
            imap = imaplib.IMAP4_SSL(self.server.address, PORTS["imaps"], ssl_context=self.trust(), timeout=PATIENCE)
        imap.login(person.address, person.password)
        return imap


def told(done):
    return (done.stdout + done.stderr).decode("utf-8", "replace")[-3000:]


class Look:
    """At what a person's mailboxes hold, from outside, by a session of our own each time."""

    def __init__(self, desk, person):
        self.desk, self.person = desk, person

    def ask(self, mailbox, *command):
        """The untagged answers to one UID command, or to none, in that mailbox; None if there is no such mailbox."""
        imap = self.desk.imap(self.person)
        try:
            if imap.select(mailbox)[0] != "OK":
                return None
            kind, data = imap.uid(*command)
            assert kind == "OK", f"{command}: {data}"
            return data
        finally:
            imap.logout()

    def subjects(self, mailbox="INBOX"):
        found = self.ask(mailbox, "FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])") or []
        return sorted(part[1].decode().partition(":")[2].strip() for part in found if isinstance(part, tuple))

    def flags(self, subject, mailbox="INBOX"):
        """Without \\Recent, which says nothing about the letter."""
        uid = self.uid(subject, mailbox)
        (data,) = self.ask(mailbox, "FETCH", uid, "(FLAGS)")
        return {flag.decode() for flag in imaplib.ParseFlags(data)} - {"\\Recent"}

    def uid(self, subject, mailbox="INBOX"):
        (data,) = self.ask(mailbox, "SEARCH", "SUBJECT", f'"{subject}"')
        assert len(data.split()) == 1, f"{len(data.split())} letters about {subject} in {mailbox}"
        return data.decode()

    def text(self, subject, mailbox="INBOX"):
        (part, _) = self.ask(mailbox, "FETCH", self.uid(subject, mailbox), "(BODY.PEEK[])")
        return part[1]

    def store(self, subject, change, flags, mailbox="INBOX"):
        self.ask(mailbox, "STORE", self.uid(subject, mailbox), change, flags)

    def remove(self, subject, mailbox="INBOX"):
        imap = self.desk.imap(self.person)
        imap.select(mailbox)
        imap.uid("STORE", self.uid(subject, mailbox), "+FLAGS", "(\\Deleted)")
        imap.expunge()
        imap.logout()

    def append(self, letter, mailbox="INBOX", flags=""):
        imap = self.desk.imap(self.person)
        kind, data = imap.append(mailbox, f"({flags})" if flags else None, None, bytes(letter))
        assert kind == "OK", data
        imap.logout()

    def until_it_has(self, *subjects, mailbox="INBOX"):
        until(lambda: self.subjects(mailbox) == sorted(subjects), f"just {subjects} in {mailbox}")
