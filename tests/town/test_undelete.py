# SPDX-License-Identifier: Apache-2.0
"""Letters expunged by IMAP and POP3 are brought back, and quotas of accounts and domains are kept."""
import imaplib
import json

import pytest

from network import inside
from patience import PATIENCE
from posthouse import PASSWORD

ANN, BEN = "ann@graced.test", "ben@graced.test"


@pytest.fixture(scope="module")
def house(town):
    host = town.found_posthouse("graced.test")
    host.listen += [{"address": "0.0.0.0:143", "protocol": "imap", "plaintext_auth": True}]
    host.config["mailboxes"] = {"undelete": "1h",
                                "domain": [{"name": "graced.test", "quota": "20KiB", "total": "30KiB"}]}
    host.start()
    for user in (ANN, BEN):
        host.add_user(user.partition("@")[0])
    return host


def connect(host, user=ANN, box=None):
    with inside(host.town.desk):
        imap = imaplib.IMAP4(host.address, 143, timeout=PATIENCE)
    imap.login(user, PASSWORD)
    if box:
        assert imap.select(box)[0] == "OK"
    return imap


def append(imap, subject, size=100, box="INBOX"):
    text = f"Subject: {subject}\r\nFrom: ann@graced.test\r\n\r\n".encode()
    return imap.append(box, None, None, text + b"x" * (size - len(text) - 2) + b"\r\n")


def uids(imap, subject):
    return imap.uid("SEARCH", "SUBJECT", subject)[1][0].split()


def undelete(host, *words, user=ANN):
    return json.loads(host.ask("mailbox", "undelete", user, *words, "--json"))


def test_what_was_expunged_comes_back_with_its_uid(house):
    imap = connect(house, box="INBOX")
    for subject in ("first", "second", "third"):
        assert append(imap, subject)[0] == "OK"
    imap.uid("STORE", "2", "+FLAGS", r"(\Deleted $Important)")
    imap.expunge()
    reader = house.pop3(ANN)
    uidl = reader.uidl(1)
    reader.dele(1)
    reader.quit()
    listed = undelete(house, "--list")["letters"]
    assert [(one["mailbox"], one["uid"], one["subject"]) for one in listed] == [("INBOX", 2, "second"), ("INBOX", 1, "first")]
    assert undelete(house, "--mailbox", "INBOX", "1", "2") == {"letters": 2, "mailboxes": [{"mailbox": "INBOX", "uids": "1:2"}]}
    with pytest.raises((imaplib.IMAP4.abort, OSError)):  # It cannot be told: it is to come again.
        imap.noop()
        imap.noop()
    imap = connect(house, box="INBOX")
    assert (uids(imap, "first"), uids(imap, "second"), uids(imap, "third")) == ([b"1"], [b"2"], [b"3"])
    flags = imap.uid("FETCH", "2", "(FLAGS)")[1][0]
    assert b"$Important" in flags and b"Deleted" not in flags
    reader = house.pop3(ANN)
    assert reader.uidl(1) == uidl
    reader.quit()
    assert undelete(house, "--list")["letters"] == []
    imap.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
    imap.expunge()
    undelete(house, "--new-uids")
    imap.noop()
    assert uids(imap, "first") == [b"4"]
    imap.logout()


def test_a_removed_mailbox_comes_back(house):
    imap = connect(house)
    imap.create("Work/Old")
    append(imap, "kept", box="Work/Old")
    validity = imap.status("Work/Old", "(UIDVALIDITY)")[1]
    imap.delete("Work/Old")
    assert imap.select("Work/Old")[0] == "NO"
    undelete(house, "--mailbox", "Work/Old")
    assert imap.status("Work/Old", "(UIDVALIDITY)")[1] == validity
    imap.select("Work/Old")
    assert uids(imap, "kept") == [b"1"]
    imap.logout()


def test_quotas_of_accounts_and_of_their_domain(house):
    imap = connect(house, BEN)
    assert append(imap, "too much", 21_000)[0] == "NO"
    house.ask("user", "quota", BEN, "40KiB")
    assert append(imap, "fits now", 21_000)[0] == "OK"
    answer, said = append(imap, "beyond the domain's", 12_000)
    assert answer == "NO" and b"OVERQUOTA" in said[0]
    assert b"STORAGE 21 40" in imap.getquotaroot("INBOX")[1][1][0]
    used = json.loads(house.ask("status", "--json"))["held_by_graced.test"]
    assert used["bytes_limit"] == 30 * 1024 and 21_000 < used["bytes"] < 30 * 1024
    assert append(imap, "and the rest", 30 * 1024 - used["bytes"])[0] == "OK"
    with house.smtp() as client:
        client.hello()
        client.expect(250, "MAIL FROM:<>")
        client.expect(452, f"RCPT TO:<{ANN}>")
    house.ask("user", "quota", BEN, "default")
    shown = json.loads(house.ask("user", "show", BEN, "--json"))
    assert (shown["bytes_limit"], shown["own_quota"]) == (20 * 1024, False)
    imap.logout()
