# SPDX-License-Identifier: Apache-2.0
"""Python's own imaplib, poplib and smtplib."""
import imaplib
import poplib
import smtplib

import pytest

from desk import Look
from letters import AWKWARD, compose
from network import inside
from patience import PATIENCE
from servers import PORTS


def connect(desk, make):
    with inside(desk.town.desk):
        return make()


def imap_by(desk, how):
    if how == "TLS":
        return connect(desk, lambda: imaplib.IMAP4_SSL(desk.server.address, PORTS["imaps"], ssl_context=desk.trust(),
                                                       timeout=PATIENCE))
    imap = connect(desk, lambda: imaplib.IMAP4(desk.server.address, PORTS["imap"], timeout=PATIENCE))
    imap.starttls(desk.trust())
    return imap


def done(answer):
    assert answer[0] == "OK", answer
    return answer[1]


@pytest.mark.parametrize("how", ["TLS", "STARTTLS"])
def test_imaplib_reads_searches_moves_deletes_and_appends(desk, person, letters, look, how):
    imap = imap_by(desk, how)
    done(imap.login(person.address, person.password))
    assert done(imap.select("INBOX")) == [b"3"]
    assert done(imap.search(None, "SUBJECT", "pears")) == [b"2"]
    assert done(imap.search(None, "BODY", "zeppelin")) == [b"3"]
    assert done(imap.search(None, "UNSEEN")) == [b"1 2 3"]
    (part, _) = done(imap.fetch("1", "(RFC822)"))
    assert part[1] == letters["apples"]
    assert done(imap.search(None, "UNSEEN")) == [b"2 3"]
    done(imap.create("Archive/2026"))
    done(imap.subscribe("Archive/2026"))
    assert any(b"Archive/2026" in line for line in done(imap.lsub()))
    done(imap.uid("MOVE", done(imap.uid("SEARCH", "SUBJECT", "pears"))[0].decode(), "Archive/2026"))
    done(imap.store("1", "+FLAGS", "(\\Deleted)"))
    assert done(imap.expunge())[-1:] == [b"1"]  # Behind what MOVE brought.
    done(imap.append("INBOX", "(\\Seen $Label1)", None, letters["apples"].replace(b"apples", b"again")))
    done(imap.rename("Archive/2026", "Archive/kept"))
    imap.logout()
    assert look.subjects() == ["again", "plums"]
    assert look.flags("again") == {"\\Seen", "$Label1"}
    assert look.subjects("Archive/kept") == ["pears"]


def test_imaplib_is_told_of_news_while_it_waits(desk, person, look):
    imap = imap_by(desk, "TLS")
    done(imap.login(person.address, person.password))
    done(imap.select("INBOX"))
    imap.send(b"i1 IDLE\r\n")
    assert imap.readline().startswith(b"+")
    look.append(compose())
    while b"1 EXISTS" not in (line := imap.readline()):
        assert line
    imap.send(b"DONE\r\n")
    while not (line := imap.readline()).startswith(b"i1 OK"):
        assert line
    imap.logout()


def test_imaplib_keeps_awkward_letters_byte_for_byte(desk, person, look):
    letter = compose(body=AWKWARD)
    look.append(letter)
    imap = imap_by(desk, "TLS")
    done(imap.login(person.address, person.password))
    done(imap.select("INBOX", readonly=True))
    (part, _) = done(imap.fetch("1", "(BODY.PEEK[])"))
    assert part[1] == letter.text
    (part, _) = done(imap.fetch("1", "(BODY.PEEK[]<100.200>)"))
    assert part[1] == letter.text[100:300]
    imap.logout()


def test_nobody_logs_in_without_tls_or_with_a_wrong_password(desk, person):
    imap = connect(desk, lambda: imaplib.IMAP4(desk.server.address, PORTS["imap"], timeout=PATIENCE))
    with pytest.raises(imaplib.IMAP4.error):
        imap.login(person.address, person.password)
    imap = imap_by(desk, "TLS")
    with pytest.raises(imaplib.IMAP4.error):
        imap.login(person.address, "guessed")


@pytest.mark.parametrize("how", ["TLS", "STARTTLS"])
def test_poplib_reads_and_deletes(desk, person, letters, look, how):
    def make():
        if how == "TLS":
            return poplib.POP3_SSL(desk.server.address, PORTS["pop3s"], context=desk.trust(), timeout=PATIENCE)
        return poplib.POP3(desk.server.address, PORTS["pop3"], timeout=PATIENCE)
    pop3 = connect(desk, make)
    if how == "STARTTLS":
        pop3.stls(desk.trust())
    pop3.user(person.address)
    pop3.pass_(person.password)
    assert pop3.stat() == (3, sum(map(len, letters.values())))
    assert len({line.split()[1] for line in pop3.uidl()[1]}) == 3
    assert b"\r\n".join(pop3.retr(2)[1]) + b"\r\n" == letters["pears"]
    head = pop3.top(1, 0)[1]
    assert b"Subject: apples" in head and b"Nothing new." not in head
    pop3.dele(1)
    pop3.quit()
    assert look.subjects() == ["pears", "plums"]


@pytest.mark.parametrize("how", ["TLS", "STARTTLS"])
def test_smtplib_sends_after_a_login(desk, person, friend, how):
    def make():
        if how == "TLS":
            return smtplib.SMTP_SSL(desk.server.address, PORTS["submissions"], context=desk.trust(), timeout=PATIENCE)
        return smtplib.SMTP(desk.server.address, PORTS["submission"], timeout=PATIENCE)
    smtp = connect(desk, make)
    if how == "STARTTLS":
        smtp.starttls(context=desk.trust())
    letter = f"From: {person.address}\r\nTo: {friend.address}\r\nSubject: greetings\r\n\r\nHello.\r\n"
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused)):
        smtp.sendmail(person.address, [friend.address], letter)
    smtp.login(person.address, person.password)
    smtp.sendmail(person.address, [friend.address], letter)
    smtp.quit()

    Look(desk, friend).until_it_has("greetings")
