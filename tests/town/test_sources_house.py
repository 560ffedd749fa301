# SPDX-License-Identifier: Apache-2.0
"""A whole house whose users stand somewhere else."""
import poplib
import subprocess

import pytest

from letters import compose
from network import inside
from patience import PATIENCE, until
from sources import HOST, Host, NoServer, Slapd

ALICE = "{SHA512-CRYPT}" + subprocess.run(["openssl", "passwd", "-6", "wonder"], capture_output=True, text=True,
                                          check=True).stdout.strip()


def with_sources(house, *sources):
    house.config["login"] = {"source": [{"name": "own", "kind": "accounts"}, *sources], "failure_delay": "1ms",
                             "failures_per_client": 100_000, "failures_per_account": 100_000, "remember": "0s"}
    return house


def log_in(house, user, password):
    """What POP3 says to it: +OK, or the error."""
    with inside(house.town.desk):
        reader = poplib.POP3(house.address, 110, timeout=PATIENCE)
    try:
        reader.user(user)
        return reader.pass_(password).decode().split()[0]
    except poplib.error_proto as error:
        return str(error)
    finally:
        reader.close()


def answer_to(house, recipient):
    """The code that a stranger's RCPT gets."""
    with house.smtp(client=house.town.stranger) as client:
        client.hello()
        client.expect(250, "MAIL FROM:<>")
        return client.say(f"RCPT TO:<{recipient}>").code


def test_users_of_a_passwd_file_get_letters_and_log_in(house):
    users = house.folder / "users"
    users.write_text(f"alice@{house.domain}:{ALICE}:::::::\nbob:{{PLAIN}}builder:::::::\n")
    users.chmod(0o600)
    with_sources(house, {"name": "file", "kind": "passwd_file", "path": users}).start()
    own = house.add_user("carol")
    letter = compose(recipient=f"alice@{house.domain}")
    house.submit(letter, own, f"alice@{house.domain}")
    assert log_in(house, f"alice@{house.domain}", "wonder") == "+OK"
    assert "+OK" not in log_in(house, f"alice@{house.domain}", "Wonder")
    assert log_in(house, f"bob@{house.domain}", "builder") == "+OK"
    assert "+OK" not in log_in(house, f"nobody@{house.domain}", "wonder")
    assert house.pop3(own).stat()[0] == 0
    users.write_text(f"alice@{house.domain}:{{PLAIN}}changed:::::::\ndave:{{PLAIN}}new:::::::\n")
    until(lambda: log_in(house, f"alice@{house.domain}", "changed") == "+OK", "the changed file counts")
    assert "+OK" not in log_in(house, f"alice@{house.domain}", "wonder")
    assert log_in(house, f"dave@{house.domain}", "new") == "+OK"


@pytest.fixture
def slapd(town):
    host = Host(town)
    try:
        server = Slapd(host)
    except NoServer as reason:
        pytest.skip(str(reason))
    yield server
    server.program.kill()
    town.network.remove_host(host.namespace)


def test_a_directorys_users_are_known_at_rcpt_and_wait_while_it_is_down(house, slapd):
    hosts = house.folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{slapd.host.address} {HOST}\n")
    house.mounts.append(f"mount --bind {hosts} /etc/hosts")
    house.domains["example.org"] = {}
    with_sources(house, {"name": "directory", "kind": "ldap", "url": f"ldap://{HOST}", "base_dn": slapd.BASE,
                         "ca_file": slapd.host.certificate, "filter": "(|(mail=%u)(labeledURI=smtp:%u))",
                         "alias_attribute": "labeledURI", "domains": ["example.org"], "cache": "1s"}).start()
    own = house.add_user("carol")
    assert answer_to(house, "alice@example.org") == 250
    assert answer_to(house, "al@example.org") == 250
    assert answer_to(house, "no-such-user@example.org") == 550
    assert answer_to(house, f"no-such-user@{house.domain}") == 550
    assert log_in(house, "alice@example.org", "wonder") == "+OK"
    assert log_in(house, "al@example.org", "wonder") == "+OK"
    assert "+OK" not in log_in(house, "alice@example.org", "Wonder")

    slapd.program.kill()
    until(lambda: answer_to(house, "bob@example.org") == 451, "who is not known yet has to wait")
    assert "SYS/TEMP" in log_in(house, "alice@example.org", "wonder")
    assert answer_to(house, own) == 250  # Of others it stands in nobody's way.
    house.pop3(own).quit()
    slapd.start()
    until(lambda: answer_to(house, "bob@example.org") == 250, "it is back")
    until(lambda: log_in(house, "alice@example.org", "wonder") == "+OK", "logins too")


def test_an_envoy_that_is_killed_is_started_again(house):
    users = house.folder / "users"
    users.write_text("bob:{PLAIN}builder:::::::\n")
    with_sources(house, {"name": "file", "kind": "passwd_file", "path": users}).start()
    assert log_in(house, f"bob@{house.domain}", "builder") == "+OK"
    subprocess.run(["kill", "-TERM", str(house.children()["envoy"])], check=True)
    until(lambda: log_in(house, f"bob@{house.domain}", "builder") == "+OK", "another is there")


def test_a_source_that_does_not_fit_keeps_the_house_from_starting(house):
    with_sources(house, {"name": "base", "kind": "mariadb", "login_query": "SELECT \\\"%u\\\"",
                         "connection": {"dbname": "mail"}})
    house.write_config()
    code, said = house.run_to_its_end()
    assert code == 78 and "login_query" in said[0], said
