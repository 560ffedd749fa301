# SPDX-License-Identifier: Apache-2.0
"""A disk that fills while the server runs."""
import errno
from pathlib import Path

from letters import LARGE, PLAIN, compose, trace_fields
from patience import until
from smtp_client import SmtpClient

ROOM = "320m"
FREE = 4096


def test_a_full_disk_costs_senders_a_delay_and_nobody_a_letter(house):
    house.data.mkdir()
    house.mounts = [f"mount -t tmpfs -o size={ROOM},mode=755 none {house.data}"]
    house.start()
    user = house.add_user("bob")
    filler = Path(f"/proc/{house.program.pid}/root{house.data}/filler")
    acknowledged, refused = [], []

    def send(body):
        letter = compose(recipient=user, body=body)
        with SmtpClient(house.town.desk, house.address) as client:
            client.hello()
            reply = client.say("MAIL FROM:<someone@desk.test>")
            if reply.code == 250:
                reply = client.say(f"RCPT TO:<{user}>")
            if reply.code == 250:
                client.expect(354, "DATA")
                reply = client.finish(letter)
        (acknowledged if reply.code == 250 else refused).append((letter, reply))
        return reply.code

    assert send(PLAIN) == 250
    fill(filler)
    until(lambda: send(LARGE) == 452 or None, "a large letter is put off")
    until(lambda: send(PLAIN * 400) == 452 or None, "a small letter is put off")
    assert all(reply.code == 452 for _, reply in refused), [str(reply) for _, reply in refused]
    assert house.program.running()
    filler.unlink()
    until(lambda: send(PLAIN) == 250 or None, "letters are taken again")
    until(lambda: send(LARGE) == 250 or None, "large letters are taken again")
    expected = {letter.token: letter for letter, _ in acknowledged}
    found = {}

    def collect():
        for text in house.letters_of(user):
            token = next(token for token in [*expected, *(letter.token for letter, _ in refused)] if token.encode() in text)
            assert token not in found, "a letter came twice"
            found[token] = text
        return set(expected) <= set(found)

    until(collect, "every letter that was acknowledged")
    assert set(found) == set(expected)
    for token, text in found.items():
        trace_fields(text, expected[token])


def fill(path):
    """Until not a page is left."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, FREE):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                assert error.errno == errno.ENOSPC
