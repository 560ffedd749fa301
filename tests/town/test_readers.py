# SPDX-License-Identifier: Apache-2.0
"""Letters fetched by programs that people use."""
import itertools
import poplib
import shutil
import subprocess

import pytest

from letters import AWKWARD, LARGE, compose, trace_fields
from network import inside
from patience import PATIENCE, until
from posthouse import PASSWORD
from program import inside_command


numbers = itertools.count(1)


def run_at_desk(town, *words):
    return subprocess.run([*inside_command(town.desk), *map(str, words)], capture_output=True, timeout=PATIENCE)


@pytest.fixture
def waiting(a):
    """Two letters in the mailbox of a new person."""
    user = a.add_user(f"reader{next(numbers)}")
    letters = [compose(recipient=user, body=AWKWARD), compose(recipient=user, body=LARGE)]
    for count, letter in enumerate(letters, 1):
        a.submit(letter, "alice@a.test", user)
        until(lambda: count_of(a, user) == count, "the letter is filed")
    return user, letters


def count_of(host, user):
    reader = host.pop3(user)
    try:
        return reader.stat()[0]
    finally:
        reader.quit()


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_curl_fetches_letters_and_removes_them(town, a, waiting):
    user, letters = waiting
    for number, letter in enumerate(letters, 1):
        for scheme in ([], ["--ssl-reqd", "--insecure"]):
            got = run_at_desk(town, "curl", "-sS", *scheme, "-u", f"{user}:{PASSWORD}", f"pop3://{a.address}/{number}")
            assert got.returncode == 0, got.stderr
            trace_fields(got.stdout, letter)
    for number in ("2", "1"):
        gone = run_at_desk(town, "curl", "-sS", "-u", f"{user}:{PASSWORD}", "--head", "-X", f"DELE {number}",
                           f"pop3://{a.address}/")
        assert gone.returncode == 0, gone.stderr
    until(lambda: count_of(a, user) == 0, "an empty mailbox")


@pytest.mark.skipif(not shutil.which("fetchmail"), reason="there is no fetchmail")
def test_fetchmail_fetches_letters_and_removes_them(town, a, waiting):
    user, letters = waiting
    folder = town.folder / "fetchmail"
    folder.mkdir()
    script = folder / "keep"
    script.write_text(f'#!/bin/sh\nexec cat >"$(mktemp {folder}/letter.XXXXXX)"\n')
    script.chmod(0o755)
    settings = folder / "fetchmailrc"
    settings.write_text(f'set idfile "{folder}/ids"\nset pidfile "{folder}/pid"\nset no bouncemail\n'
                        f'poll {a.address} protocol pop3 username "{user}" password "{PASSWORD}" no rewrite\n'
                        f'  sslproto "" mda "{script}" fetchall\n')
    settings.chmod(0o600)
    done = run_at_desk(town, "env", f"HOME={folder}", "fetchmail", "-v", "-f", settings)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = [path.read_bytes() for path in folder.glob("letter.*")]
    assert len(kept) == 2
    for letter in letters:
        text = next(text for text in kept if letter.token.encode() in text)
        assert text.replace(b"\r\n", b"\n").rstrip().endswith(letter.text.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n").rstrip())
    assert count_of(a, user) == 0


def test_nobody_reads_without_the_password(a):
    user = a.add_user("careful")
    with inside(a.town.desk):
        reader = poplib.POP3(a.address, 110, timeout=20)
    reader.user(user)
    with pytest.raises(poplib.error_proto):
        reader.pass_("guessed")
    reader.close()
