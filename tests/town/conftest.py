# SPDX-License-Identifier: Apache-2.0
"""Whole systems over real networks: see town.py for what stands where."""
import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from certificates import make_certificate  # noqa: E402
from network import NotPermitted  # noqa: E402
from postfix import NoPostfix  # noqa: E402
from town import Town  # noqa: E402

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def town(request):
    try:
        town = Town()
    except NotPermitted as reason:
        pytest.skip(f"no town here: {reason}")
    request.config.town = town
    yield town
    town.close()


@pytest.fixture(scope="session")
def a(town):
    """Posthouse; alice lives there."""
    return settled(town, "a.test", "alice")


@pytest.fixture(scope="session")
def b(town):
    """Posthouse; bob lives there. It is the backup MX of held.test."""
    return settled(town, "b.test", "bob", smtp={"relay_domains": ["held.test"]})


def settled(town, domain, person, **sections):
    host = town.found_posthouse(domain)
    certificate, key = make_certificate(town.folder, host.name)
    host.config["tls"] = {"certificate": certificate, "key": key}
    for section, keys in sections.items():
        host.config[section].update(keys)
    host.start()
    host.add_user(person)
    return host


@pytest.fixture(scope="session")
def p(town):
    """Postfix; bob lives there."""
    try:
        return town.found_postfix("p.test", ["bob", "carol"])
    except NoPostfix as reason:
        pytest.skip(str(reason))


@pytest.fixture
def house(town):
    """A Posthouse for one test, not started yet."""
    host = town.found_posthouse(f"h{next(numbers)}.test")
    yield host
    town.remove(host)


@pytest.fixture(scope="module")
def client_at(town):
    """The namespace of a host with that number; each is made once."""
    made = {}

    def at(number):
        if number not in made:
            made[number], _ = town.network.add_host(f"client{number}", number)
        return made[number]
    yield at
    for namespace in made.values():
        town.network.remove_host(namespace)


@pytest.fixture(autouse=True)
def nobody_crashes(request):
    """Of all that runs meanwhile, and while the test's own house closes."""
    yield
    town = getattr(request.config, "town", None)
    for crash in town.new_crashes() if town else []:
        pytest.fail(crash)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the hosts logged belongs to a failure."""
    outcome = yield
    report = outcome.get_result()
    town = getattr(item.config, "town", None)
    if report.failed and town is not None:
        for path in sorted(town.logs.glob("*.log"), key=lambda log: log.stat().st_mtime)[-5:]:
            report.sections.append((path.name, path.read_text(errors="replace")[-6000:]))
