# SPDX-License-Identifier: Apache-2.0
"""s-nail, the mailx of today."""
from urllib.parse import quote

import pytest

from desk import Look


@pytest.fixture(params=["TLS", "STARTTLS"])
def s_nail(request, desk, person):
    """Runs it with commands to read, on that mailbox or on none; what it showed."""
    implicit = request.param == "TLS"
    login = f"{quote(person.address, safe='')}:{quote(person.password, safe='')}@{desk.server.name}"

    def run(commands, mailbox=None, *words):
        settings = ["v15-compat=yes", f"tls-ca-file={desk.authority.certificate}", "tls-ca-no-defaults", "tls-verify=strict",
                    "imap-use-starttls", "smtp-use-starttls", f"from={person.address}", "hostname=people.test",
                    f"mta={'smtps' if implicit else 'smtp'}://{login}:{465 if implicit else 587}", "smtp-auth=plain", "imap-auth=login",
                    "sendwait", f"DEAD={desk.home}/dead.letter", "imap-keepalive=60", "folder=" + f"{'imaps' if implicit else 'imap'}://{login}"]
        if implicit:
            settings = [one for one in settings if not one.endswith("use-starttls")]
        source = ["-f", f"{'imaps' if implicit else 'imap'}://{login}/{mailbox}"] if mailbox else []
        return desk.run("s-nail", "-:/", *(word for one in settings for word in ("-S", one)), *(["-#"] if mailbox else []),
                        *source, *words, standard_input=commands.encode())
    return run


def test_s_nail_reads_searches_moves_and_deletes(s_nail, look, letters):
    shown = s_nail("from *\ntype 3\nfrom (body zeppelin)\nfrom (subject apples)\ncopy 2 +Kept\ndelete 1\nflag 3\nquit\n", "INBOX")
    assert b"apples" in shown and b"The zeppelin has landed." in shown, shown
    assert look.subjects() == ["pears", "plums"]
    assert "\\Flagged" in look.flags("plums")
    assert look.subjects("Kept") == ["pears"]


def test_s_nail_sends(s_nail, desk, friend):
    s_nail("Hello from s-nail.\n", None, "-s", "good day", friend.address)
    there = Look(desk, friend)
    there.until_it_has("good day")
    assert b"Hello from s-nail." in there.text("good day")
