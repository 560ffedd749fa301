# SPDX-License-Identifier: Apache-2.0
"""interimap, which leans on QRESYNC alone and is strict about it: two accounts are kept alike."""
import shutil

import pytest

from conftest import letter_about
from desk import Look

pytestmark = pytest.mark.skipif(not shutil.which("interimap"), reason="there is no interimap")

SIDE = """
[{side}]
type = {type}
host = {host}
port = {port}
username = {user}
password = {password}
STARTTLS = {starttls}
SSL_CAfile = {authority}
compress = {compress}
"""


@pytest.fixture
def both(desk, person, friend):
    """Makes the two alike; their mailboxes."""
    config = desk.home / "config"
    text = f"database = {desk.home}/state.db\nlist-mailbox = \"*\"\nlogfile = {desk.home}/log\n"
    for side, who, implicit, compress in (("local", person, True, "NO"), ("remote", friend, False, "YES")):
        text += SIDE.format(side=side, type="imaps" if implicit else "imap", host=desk.server.name, port=993 if implicit else 143,
                            user=who.address, password=who.password, starttls="NO" if implicit else "YES",
                            authority=desk.authority.certificate, compress=compress)
    config.write_text(text)
    config.chmod(0o600)

    def run():
        return desk.run("interimap", f"--config={config}")
    run.sides = Look(desk, person), Look(desk, friend)
    return run


def test_accounts_are_kept_alike(both, person, letters):
    here, there = both.sides
    here.store("pears", "+FLAGS", "(\\Seen \\Flagged)")
    both()
    assert there.subjects() == ["apples", "pears", "plums"]
    assert there.flags("pears") == {"\\Seen", "\\Flagged"}
    assert there.text("plums") == letters["plums"]

    here.remove("plums")
    there.store("apples", "+FLAGS", "(\\Answered)")
    there.store("pears", "-FLAGS", "(\\Flagged)")
    there.append(letter_about("figs", person, b"Written there.\r\n"), flags="\\Draft")
    here.append(letter_about("nuts", person, b"Written here.\r\n"))
    both()
    for side in both.sides:
        assert side.subjects() == ["apples", "figs", "nuts", "pears"]
        assert side.flags("apples") == {"\\Answered"} and side.flags("pears") == {"\\Seen"} and side.flags("figs") == {"\\Draft"}

    there.remove("apples")
    there.remove("nuts")
    both()
    both()
    assert here.subjects() == there.subjects() == ["figs", "pears"]
