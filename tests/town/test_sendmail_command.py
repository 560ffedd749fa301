# SPDX-License-Identifier: Apache-2.0
"""The sendmail command, as programs of the host call it: as root and as others, while the server runs and while not."""
import os
import re
import subprocess

import pytest

from patience import PATIENCE, until
from posthouse import BINARY
from program import number_of

SYSEXITS_NO_USER = 67


@pytest.fixture(scope="module")
def sender(town, tmp_path_factory):
    """A house with a socket and a drop of its own, in a folder that everybody may enter."""
    house = town.found_posthouse("sendmail.test")
    places = tmp_path_factory.mktemp("sendmail")
    for folder in (places, *places.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o755)
    house.socket, house.drop, house.links = places / "run" / "submit", places / "drop", places / "bin"
    house.config["submission"] = {"socket": house.socket, "drop": house.drop}
    house.links.mkdir()
    for name in ("sendmail", "mailq"):
        (house.links / name).symlink_to(BINARY)
    house.readable = places / "posthouse.toml"
    house.start()
    house.readable.write_text(house.config_path.read_text())
    house.readable.chmod(0o644)
    house.add_user("bob")
    yield house
    town.remove(house)


def call(house, name, *words, letter=b"", user=None):
    """The command on that host; its namespace may be entered by root only."""
    become = [] if user is None else ["setpriv", "--reuid", str(number_of(user)), "--regid", str(number_of(user)), "--clear-groups"]
    return subprocess.run([*become, house.links / name, "-C", house.readable, *words], input=letter, capture_output=True,
                          timeout=PATIENCE, env={**os.environ, "TZ": "UTC"})


def delivered(house, token):
    found = until(lambda: house.letters_of(f"bob@{house.domain}", token) or None, f"a letter with {token}")
    assert len(found) == 1
    return found[0]


def test_a_letter_by_root_and_by_another_user_arrives_with_what_it_lacked(sender):
    for user, name in ((None, "root"), ("nobody", "nobody")):
        token = f"token-of-{name}"
        done = call(sender, "sendmail", "-t", "-i", user=user,
                    letter=f"To: bob@{sender.domain}\nBcc: bob@{sender.domain}\nSubject: {token}\n\n.\nhello\n".encode())
        assert done.returncode == 0 and done.stdout + done.stderr == b"", done
        letter = delivered(sender, token.encode())
        head, body = letter.split(b"\r\n\r\n", 1)
        assert body == b".\r\nhello\r\n"
        assert b"\r\nBcc:" not in head
        assert len(re.findall(rb"\r\n(?:Date|Message-ID): ", head)) == 2
        assert re.search(rb"\r\nFrom: .*<%s@%s>" % (name.encode(), sender.name.encode()), head), head


def test_letters_wait_in_the_drop_while_the_server_is_down(sender):
    sender.stop()
    for number, user in enumerate((None, "nobody")):
        done = call(sender, "sendmail", f"bob@{sender.domain}", user=user, letter=b"Subject: waiting-%d\n\nx\n" % number)
        assert done.returncode == 0, done
    assert sorted(file.suffix for file in sender.drop.iterdir()) == [".letter", ".letter"]
    sender.start()
    for number in range(2):
        delivered(sender, b"waiting-%d" % number)
    until(lambda: not any(sender.drop.iterdir()), "the drop is empty")


def test_a_recipient_that_is_refused_is_named_and_the_others_get_the_letter(sender):
    done = call(sender, "sendmail", f"bob@{sender.domain}", f"nobody-here@{sender.domain}", letter=b"Subject: partly\n\nx\n")
    assert done.returncode == SYSEXITS_NO_USER, done
    assert f"nobody-here@{sender.domain}".encode() in done.stderr
    delivered(sender, b"partly")


def test_a_program_may_speak_smtp_itself(sender):
    dialogue = (f"EHLO x\r\nMAIL FROM:<root@{sender.name}>\r\nRCPT TO:<bob@{sender.domain}>\r\nDATA\r\n"
                "Subject: spoken\r\n\r\nx\r\n.\r\nQUIT\r\n")
    done = call(sender, "sendmail", "-bs", letter=dialogue.encode())
    assert done.returncode == 0 and b"\r\n354 " in done.stdout and done.stdout.rstrip().splitlines()[-1].startswith(b"221 ")
    delivered(sender, b"spoken")


def test_the_queue_is_listed_for_root_and_for_nobody_else(sender):
    done = call(sender, "mailq")
    assert done.returncode == 0 and b"Total requests: 0" in done.stdout, done
    assert call(sender, "mailq", user="nobody").returncode != 0
