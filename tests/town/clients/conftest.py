# SPDX-License-Identifier: Apache-2.0
"""Programs that people read and write mail with, as Debian has them: each with a person of its own at a desk.

    pytest tests/town/clients                    # with Posthouse
    pytest tests/town/clients --server=dovecot   # shows that the tests themselves are right
"""
import itertools
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from authority import Authority  # noqa: E402
from desk import Desk, Look  # noqa: E402
from letters import compose  # noqa: E402
from servers import DovecotServer, NoSuchServer, PosthouseServer  # noqa: E402

numbers = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption("--server", choices=["posthouse", "dovecot"], default="posthouse", help="whose clients these are")


@pytest.fixture(scope="session")
def authority(town):
    folder = town.folder / "authority"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture(scope="session")
def server(town, authority, request):
    kind = request.config.getoption("--server", default="posthouse")
    try:
        return {"posthouse": PosthouseServer, "dovecot": DovecotServer}[kind](town, authority)
    except NoSuchServer as reason:
        pytest.skip(str(reason))


@pytest.fixture
def person(server, request):
    """Somebody new; named after the test, for the logs."""
    word = re.sub(r"[^a-z]", "", request.node.name.removeprefix("test_").split("_")[0].lower())
    return server.add(f"{word}{next(numbers)}")


@pytest.fixture
def friend(server):
    return server.add(f"friend{next(numbers)}")


@pytest.fixture
def desk(town, server, authority, tmp_path_factory, request):
    home = town.folder / "homes" / str(next(numbers))
    home.mkdir(parents=True)
    return Desk(town, server, authority, home)


@pytest.fixture
def look(desk, person):
    return Look(desk, person)


@pytest.fixture
def letters(look, person):
    """Three letters in the person's INBOX: about apples, pears and plums; the last tells of a zeppelin."""
    subjects = ("apples", "pears", "plums")
    made = [letter_about(subject, person, b"The zeppelin has landed.\r\n" if subject == "plums" else b"Nothing new.\r\n")
            for subject in subjects]
    for letter in made:
        look.append(letter)
    return dict(zip(subjects, made))


def letter_about(subject, person, body):
    letter = compose(sender="somebody@elsewhere.test", recipient=person.address, body=body)
    return letter.text.replace(b"Subject: a letter", f"Subject: {subject}".encode())
