# SPDX-License-Identifier: Apache-2.0
"""fetchmail and getmail: letters are brought home and removed from the server."""
import pytest

SERVICES = [("imap", "TLS"), ("imap", "STARTTLS"), ("pop3", "TLS"), ("pop3", "STARTTLS")]


def keeper(desk):
    """A program that keeps what it is given in a file of its own."""
    script = desk.home / "keep"
    script.write_text(f'#!/bin/sh\nexec cat >"$(mktemp {desk.home}/letter.XXXXXX)"\n')
    script.chmod(0o755)
    return script


def kept(desk):
    return [with_plain_line_ends(path.read_bytes()) for path in desk.home.glob("letter.*")]


def body_of(letter):
    return with_plain_line_ends(letter.partition(b"\r\n\r\n")[2])


def with_plain_line_ends(text):
    return text.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("protocol, how", SERVICES, ids=["-".join(service) for service in SERVICES])
def test_fetchmail_brings_letters_home(desk, person, letters, look, protocol, how):
    keep = keeper(desk)
    port = {"imap": 143, "pop3": 110}[protocol] if how == "STARTTLS" else {"imap": 993, "pop3": 995}[protocol]
    settings = desk.home / "fetchmailrc"
    settings.write_text(
        f'set idfile "{desk.home}/ids"\nset pidfile "{desk.home}/pid"\nset no bouncemail\n'
        f'poll {desk.server.name} protocol {protocol} service {port} username "{person.address}" password "{person.password}"\n'
        f'  no rewrite {"ssl" if how == "TLS" else ""} sslproto "{"auto" if how == "TLS" else "TLS1+"}" sslcertck sslcertfile "{desk.authority.certificate}"\n'
        f'  mda "{keep}" fetchall\n')
    settings.chmod(0o600)
    desk.run("fetchmail", "-v", "-f", settings)
    fetched = kept(desk)
    assert len(fetched) == 3
    for letter in letters.values():
        assert any(text.endswith(body_of(letter)) for text in fetched)
    assert look.subjects() == []


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_getmail_brings_letters_home_once(desk, person, letters, look, protocol):
    keep = keeper(desk)
    folder = desk.home / "getmail"
    folder.mkdir()
    settings = folder / "getmailrc"

    def fetch(delete):
        settings.write_text(
            f"[retriever]\ntype = Simple{protocol.upper()}SSLRetriever\nserver = {desk.server.name}\n"
            f"username = {person.address}\npassword = {person.password}\nca_certs = {desk.authority.certificate}\n"
            f"[destination]\ntype = MDA_external\npath = {keep}\nallow_root_commands = true\n"
            f"[options]\nread_all = false\ndelete = {str(delete).lower()}\ndelivered_to = false\nreceived = false\n")
        settings.chmod(0o600)
        desk.run("getmail", "--getmaildir", folder)
        return kept(desk)
    fetched = fetch(delete=False)
    assert len(fetched) == 3
    for letter in letters.values():
        assert any(text.endswith(body_of(letter)) for text in fetched)
    look.append(letters["apples"].replace(b"apples", b"cherries"))
    assert len(fetch(delete=True)) == 4  # It knows the others by their UIDs.
    assert "cherries" not in look.subjects()
