# SPDX-License-Identifier: Apache-2.0
"""Letters of the routing tests: what became of them, and what the house says would."""
import json

from letters import compose
from patience import until


def submitted(house, *recipients, sender="alice@a.test"):
    letter = compose(sender=sender, recipient=recipients[0])
    house.submit(letter, sender, *recipients)
    return letter


def takings(stub, letter):
    return [taken for taken in list(stub.taken) if letter.token.encode() in taken.text]


def reached(stub, letter, *recipients):
    """What the stub took, once it has that letter for each of them; fails if for others, or twice."""
    def there():
        found = [recipient for taken in takings(stub, letter) for recipient in taken.recipients]
        return found if len(found) >= len(recipients) else None

    assert sorted(until(there, f"the letter for {recipients} at the stub")) == sorted(recipients)
    return takings(stub, letter)


def emptied(house):
    until(lambda: not house.queue(), "an empty queue")


def explained(house, address, *words):
    return json.loads(house.ask("explain", address, *words, "--json"))


def checked(house):
    return json.loads(house.ask("check", "--json"))
