# SPDX-License-Identifier: Apache-2.0
"""Every process is killed twenty times, at random moments under load. What was acknowledged must be there after that."""
import os
import random
import signal
import sys
import time

import pytest

from house import ACCOUNTS, House, eventually
from load import Load, read_all
from world import NameServer, Remote

ROUNDS = int(os.environ.get("POSTHOUSE_KILLS", "20"))
SEED = os.environ.get("POSTHOUSE_SEED", "1")
VICTIMS = ("supervisor", "gate.mail", "gate.readers", "keeper", "sorter", "courier", "resolver", "clerk")


@pytest.fixture
def around():
    remote, names = Remote(), NameServer()
    yield remote, names
    remote.shutdown()
    names.shutdown()


@pytest.fixture
def house(tmp_path, around):
    remote, names = around
    house = House(tmp_path, remote.port, names.port)
    house.start()
    house.add_accounts()
    yield house
    if house.process.poll() is None:
        house.stop()


def kill(house, victim, chance):
    """One process of that kind; of several, now and then all at once."""
    if victim == "supervisor":
        house.kill_supervisor()
        house.start()
        return

    def there():
        return {name: pid for name, pid in house.members().items() if name.split("/")[0] == victim}
    found = list(eventually(f"{victim} runs again", there, 60).values())
    for pid in found if chance.random() < 0.2 else [chance.choice(found)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_what_was_acknowledged_survives_any_process(house, around):
    remote, _ = around
    chance = random.Random(SEED)
    load = Load(house, SEED)
    load.start()
    load.wait_for(20, 60)
    began = time.monotonic()
    for turn in range(ROUNDS):
        for victim in chance.sample(VICTIMS, len(VICTIMS)):
            load.wait_for(chance.randint(0, 12), 2)  # A random moment: so many letters later.
            kill(house, victim, chance)
        print(f"round {turn + 1} of {ROUNDS}: {len(load.accepted)} letters accepted, "
              f"{time.monotonic() - began:.0f} s", file=sys.__stderr__, flush=True)
    logins = load.logins
    load.wait_for(20, 60)  # After all that it still works.
    eventually("someone can log in again", lambda: load.logins > logins, 60)
    load.stop()
    check(house, remote, load)


def check(house, remote, load):
    assert load.logins > 0 and any(letter.remote for letter in load.accepted), "the load did not load"
    try:
        eventually("the queue is empty", lambda: not house.ask("queue", "list")["letters"], 120)
    except AssertionError:
        pytest.fail(f"after two minutes the queue still has: {house.ask('queue', 'list')['letters'][:5]}")
    boxes = {account: read_all(house, account) for account in ACCOUNTS}
    lost, twice = [], []
    for letter in load.accepted:
        lost += [f"{letter.id} ({letter.marker}) to {name}" for name in letter.accounts if letter.marker not in boxes[name]]
        if letter.remote and letter.marker not in remote.counts:
            lost.append(f"{letter.id} ({letter.marker}) to the remote host")
    for account, box in boxes.items():
        twice += [f"{marker} to {account}: {count} times" for marker, count in box.items() if count != 1]
    again = sum(count - 1 for count in remote.counts.values())
    print(f"{load.attempted} letters sent, {len(load.accepted)} acknowledged, {sum(map(len, boxes.values()))} in mailboxes, "
          f"{len(remote.counts)} at the remote host (and {again} of them again)", file=sys.__stderr__)
    assert not lost, f"{len(lost)} lost: {lost[:5]}"
    assert not twice, f"{len(twice)} more than once: {twice[:5]}"
    for letter in random.Random(SEED).sample(load.accepted, min(20, len(load.accepted))):
        trace = house.ask("trace", letter.id)
        assert trace["state"] == "ended", trace
        ends = [event["event"] for event in trace["events"] if event["event"] in ("delivered", "failed", "removed", "poison")]
        assert ends == ["delivered"] * (len(letter.accounts) + letter.remote), f"{letter.id}: {trace['events']}"
    assert house.stop() == 0
