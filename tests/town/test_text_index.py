# SPDX-License-Identifier: Apache-2.0
"""Searches in letters' texts, before the index of them, with it, and while the mailbox changes."""
import imaplib
import json

import pytest

from network import inside
from patience import PATIENCE, until
from posthouse import PASSWORD

USER = "reader@indexed.test"
TEXTS = ["The zeppelin is on its way.", "明天的会议在北京举行。", "Dear reader, nothing of note.", "โรงเรียนอยู่ใกล้บ้าน"]


def letter(text):
    return (f"From: Ann <ann@example.test>\r\nSubject: a letter\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").encode()


@pytest.fixture(scope="module")
def house(town):
    host = town.found_posthouse("indexed.test")
    host.listen += [{"address": "0.0.0.0:143", "protocol": "imap", "plaintext_auth": True}]
    host.start()
    host.add_user("reader")
    return host


class Reader:
    def __init__(self, host):
        with inside(host.town.desk):
            self.imap = imaplib.IMAP4(host.address, 143, timeout=PATIENCE)
        self.imap.login(USER, PASSWORD)
        self.imap.select("INBOX")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.imap.logout()

    def append(self, text):
        assert self.imap.append("INBOX", None, None, letter(text))[0] == "OK"

    def search(self, where, text):
        self.imap.literal = text.encode()
        answer, found = self.imap.uid("SEARCH", "CHARSET", "UTF-8", where)
        assert answer == "OK"
        return [int(number) for number in found[0].split()]


def status(house):
    return json.loads(house.ask("mailbox", "index", "--status", USER, "--json"))


def current(house, letters):
    until(lambda: status(house) == {"address": USER, "state": "current", "indexed": letters, "letters": letters}, "the index")


def test_searches_find_the_same_before_and_with_the_index(house):
    with Reader(house) as reader:
        for text in TEXTS:
            reader.append(text)

        def everything():
            return [reader.search("TEXT", "Zeppelin"), reader.search("BODY", "会议"), reader.search("BODY", "โรงเรียน"),
                    reader.search("NOT BODY", "reader"), reader.search("TEXT", "ann@example")]

        assert status(house)["state"] == "none"
        before = everything()
        assert before == [[1], [2], [4], [1, 2, 4], [1, 2, 3, 4]]
        current(house, 4)
        assert everything() == before
        # What comes and goes meanwhile.
        reader.append("Another zeppelin.")
        assert reader.search("BODY", "zeppelin") == [1, 5]
        reader.imap.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        reader.imap.expunge()
        assert reader.search("BODY", "zeppelin") == [5]
        current(house, 4)
        assert reader.search("BODY", "zeppelin") == [5]


def test_the_index_outlives_a_restart_and_is_made_anew_on_request(house):
    house.stop()
    house.start()
    current(house, 4)
    with Reader(house) as reader:
        assert reader.search("BODY", "zeppelin") == [5]
        assert "The index has" in house.ask("mailbox", "index", "--rebuild", USER)
        current(house, 4)
        assert reader.search("BODY", "会议") == [2]


def test_the_index_goes_with_its_account(house):
    house.ask("user", "remove", USER)
    house.users.discard(USER)
    house.add_user("reader")
    with Reader(house) as reader:
        reader.append(TEXTS[0])
        assert status(house)["state"] == "none"
        assert reader.search("BODY", "zeppelin") == [1]
        current(house, 1)
