# SPDX-License-Identifier: Apache-2.0
"""curl with IMAP, POP3 and SMTP."""
import pytest

from desk import Look
from letters import compose

LOGINS = [("imaps", []), ("imap", ["--ssl-reqd"])]


def curl(desk, person, *words):
    return desk.run("curl", "-sS", "--cacert", desk.authority.certificate, "-u", f"{person.address}:{person.password}", *words)


@pytest.mark.parametrize("scheme, tls", LOGINS, ids=["TLS", "STARTTLS"])
def test_curl_reads_searches_moves_deletes_and_appends(desk, person, letters, look, scheme, tls):
    house = f"{scheme}://{desk.server.name}"

    def ask(path, *words):
        return curl(desk, person, *tls, *words, f"{house}/{path}")
    assert b'"INBOX"' in ask("") or b" INBOX" in ask("")
    assert ask("INBOX;MAILINDEX=2") == letters["pears"]
    assert ask(f"INBOX;UID={look.uid('plums')}/;SECTION=TEXT").rstrip() == b"The zeppelin has landed."
    assert ask("INBOX?SUBJECT%20apples") == b"* SEARCH 1\r\n"
    assert ask("INBOX?TEXT%20zeppelin") == b"* SEARCH 3\r\n"
    ask("", "-X", "CREATE Kept")
    ask("INBOX", "-X", f"UID MOVE {look.uid('apples')} Kept")
    curl(desk, person, *tls, "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)", f"{house}/INBOX", "-X", "EXPUNGE", f"{house}/INBOX")
    file = desk.home / "letter"
    file.write_bytes(compose().text.replace(b"a letter", b"from a file"))
    ask("Kept", "-T", file)
    ask("INBOX", "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)")
    ask("INBOX", "-X", "EXPUNGE")
    assert look.subjects("Kept") == ["apples", "from a file"]
    assert look.subjects() == ["plums"]


@pytest.mark.parametrize("scheme, tls", [("pop3s", []), ("pop3", ["--ssl-reqd"])], ids=["TLS", "STARTTLS"])
def test_curl_fetches_by_pop3(desk, person, letters, look, scheme, tls):
    house = f"{scheme}://{desk.server.name}"
    assert curl(desk, person, *tls, f"{house}/").split()[0::2] == [b"1", b"2", b"3"]
    assert curl(desk, person, *tls, f"{house}/3") == letters["plums"]
    curl(desk, person, *tls, "--head", "-X", "DELE 1", f"{house}/")
    look.until_it_has("pears", "plums")


@pytest.mark.parametrize("scheme, tls", [("smtps", []), ("smtp", ["--ssl-reqd"])], ids=["TLS", "STARTTLS"])
def test_curl_sends_after_a_login(desk, person, friend, scheme, tls):
    house = f"{scheme}://{desk.server.name}:{465 if scheme == 'smtps' else 587}"
    file = desk.home / "letter"
    file.write_text(f"From: {person.address}\r\nTo: {friend.address}\r\nSubject: by curl\r\n\r\nHello.\r\n")
    envelope = ["--mail-from", person.address, "--mail-rcpt", friend.address, "-T", file, house]
    curl(desk, person, *tls, *envelope)
    Look(desk, friend).until_it_has("by curl")
    stranger = desk.try_to("curl", "-sS", "--cacert", desk.authority.certificate, *tls, *envelope)
    assert stranger.returncode == 55, stranger.stderr  # sending failed: refused
