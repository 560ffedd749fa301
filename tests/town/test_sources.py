# SPDX-License-Identifier: Apache-2.0
"""Real directories and databases, and PAM, asked by the confined process that asks them in the house."""
import os
import signal
import subprocess

import pytest

from patience import until
from sources import HOST, Asker, Host, MariaDb, NoServer, Postgres, Slapd

SSHA = "{SSHA}UHgyebZfctBuHE0pZj6Gu3sic9MzmIqb"
OF_SSHA = "Pelikan-77 ü"


@pytest.fixture(scope="module")
def directory_host(town):
    host = Host(town)
    yield host
    town.network.remove_host(host.namespace)


def ended(server):
    server.program.stop()
    if server.program.running():
        server.program.kill()


def served(make, host):
    try:
        server = make(host)
    except NoServer as reason:
        pytest.skip(str(reason))
    return server


@pytest.fixture(scope="module")
def slapd(directory_host):
    server = served(Slapd, directory_host)
    yield server
    ended(server)


@pytest.fixture(scope="module")
def postgres(directory_host):
    server = served(Postgres, directory_host)
    server.do("CREATE TABLE mailbox (username text PRIMARY KEY, password text, active boolean DEFAULT true); "
              "CREATE TABLE alias (address text, goto text); "
              f"INSERT INTO mailbox VALUES ('alice@example.org', '{{PLAIN}}wonder', true), ('bob@example.org', '{SSHA}', false), "
              "('no@example.org', NULL, true); INSERT INTO alias VALUES ('al@example.org', 'alice@example.org')")
    yield server
    ended(server)


@pytest.fixture(scope="module")
def mariadb(directory_host):
    server = served(MariaDb, directory_host)
    server.do("USE mail; CREATE TABLE mailbox (username varchar(255) PRIMARY KEY, password varchar(255), active tinyint "
              f"DEFAULT 1); INSERT INTO mailbox VALUES ('alice@example.org', '{{PLAIN}}wonder', 1), "
              f"('bob@example.org', '{SSHA}', 0), ('no@example.org', NULL, 1); "
              "CREATE TABLE alias (address varchar(255), goto varchar(255)); "
              "INSERT INTO alias VALUES ('al@example.org', 'alice@example.org')")
    yield server
    ended(server)


# ---- LDAP -----------------------------------------------------------------------------------


def ldap(slapd, **keys):
    return Asker(slapd.host, **{"kind": "ldap", "url": f"ldap://{HOST}", "base_dn": slapd.BASE,
                                "ca_file": slapd.host.certificate, "cache": 0, **keys})


def test_a_directory_is_bound_to_as_the_user_over_tls(slapd):
    with ldap(slapd, alias_attribute="labeledURI") as source:
        assert source.check("alice@example.org", "wonder") == "right alice@example.org [al@example.org]"
        assert source.check("ALICE@example.org", "wonder") == "right alice@example.org [al@example.org]"
        assert source.check("alice@example.org", "Wonder") == "wrong"
        assert source.check("bob@example.org", OF_SSHA) == "right bob@example.org []"
        assert source.check("carol@example.org", "any") == "wrong"
        assert source.check("nobody@example.org", "wonder") == "unknown"
        assert source.find("alice@example.org") == "found alice@example.org [al@example.org]"
        assert source.find("nobody@example.org") == "nobody"


def test_a_directorys_passwords_are_compared_with_where_they_may_be_read(slapd):
    with ldap(slapd, bind_dn=f"cn=reader,{slapd.BASE}", secret="reads", password_attribute="userPassword") as source:
        assert source.check("alice@example.org", "wonder") == "right alice@example.org [] scram"
        assert source.check("bob@example.org", OF_SSHA) == "right bob@example.org []"
        assert source.check("bob@example.org", SSHA) == "wrong"
        assert source.check("carol@example.org", "any") == "wrong"
        assert source.check("nobody@example.org", "wonder") == "unknown"


def test_an_alias_finds_its_account(slapd):
    with ldap(slapd, filter="(|(mail=%u)(labeledURI=smtp:%u))", alias_attribute="labeledURI") as source:
        assert source.find("al@example.org") == "found alice@example.org [al@example.org]"
        assert source.check("al@example.org", "wonder").startswith("right alice@example.org")


def test_only_members_of_a_group_are_users(slapd):
    with ldap(slapd, group_filter="(&(cn=mail)(member=%D))") as source:
        assert source.check("alice@example.org", "wonder").startswith("right")
        assert source.find("bob@example.org") == "nobody"
        assert source.check("bob@example.org", OF_SSHA) == "unknown"


@pytest.mark.parametrize("keys", [{"url": f"ldaps://{HOST}"}, {"url": f"ldap://{HOST}", "start_tls": "false"},
                                  {"url": f"ldap://{HOST}:1 ldaps://{HOST}:636"}])
def test_a_directory_is_reached_in_the_ways_that_its_address_names(slapd, keys):
    with ldap(slapd, **keys) as source:
        assert source.check("alice@example.org", "wonder").startswith("right")


@pytest.mark.parametrize("keys", [{"url": "ldaps://wrong.test"}, {"url": "ldap://wrong.test"},
                                  {"url": "ldap://127.0.0.1"}, {"ca_file": ""}, {"url": "ldap://directory.test:3"}])
def test_a_directory_that_cannot_show_who_it_is_is_not_asked(slapd, keys):
    with ldap(slapd, **keys) as source:
        assert source.check("alice@example.org", "wonder") == "unavailable"
        assert source.find("alice@example.org") == "unavailable"


@pytest.mark.parametrize("user", ["*@example.org", '"*)(uid=*"@example.org', '"alice)(cn=*"@example.org', "a*e@example.org"])
def test_a_name_is_never_a_pattern(slapd, user):
    with ldap(slapd, filter="(|(mail=%u)(uid=%n))") as source:
        assert source.check(user.replace(" ", ""), "wonder") == "unknown"


def test_a_directory_that_does_not_fit_is_broken_and_never_a_no(slapd):
    with ldap(slapd) as source:
        assert source.find("twin@example.org") == "broken"
        assert source.check("twin@example.org", "x") == "broken"
    with ldap(slapd, bind_dn=slapd.ADMIN, secret="not its password") as source:
        assert source.find("alice@example.org") == "broken"
    with ldap(slapd, filter="(mail=%u") as source:
        assert source.find("alice@example.org") == "broken"


def test_a_directory_that_goes_makes_its_users_unavailable_and_comes_back(slapd):
    with ldap(slapd) as source:
        assert source.check("alice@example.org", "wonder").startswith("right")
        slapd.program.kill()
        assert source.check("alice@example.org", "wonder") == "unavailable"
        assert source.find("nobody@example.org") == "unavailable"
        slapd.start()
        until(lambda: source.check("alice@example.org", "wonder").startswith("right"), "it is back")
        ended(slapd)
        slapd.start()
        until(lambda: source.check("alice@example.org", "wonder").startswith("right"), "it is back again")


def test_a_directory_that_hangs_is_left_after_its_time(slapd):
    with ldap(slapd) as source:
        assert source.check("alice@example.org", "wonder").startswith("right")
        pids = [int(pid) for pid in subprocess.run(["pgrep", "-f", str(slapd.folder)], capture_output=True, text=True,
                                                   check=True).stdout.split()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert source.check("alice@example.org", "wonder") == "unavailable"
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        until(lambda: source.check("alice@example.org", "wonder").startswith("right"), "it is back")


# ---- databases ------------------------------------------------------------------------------

LOGIN = "SELECT password, username, NOT active FROM mailbox WHERE username = '%n@%d'"
ADDRESSES = ("SELECT username FROM mailbox WHERE username = %u OR username = (SELECT goto FROM alias WHERE address = '%u') "
             "UNION ALL SELECT address FROM alias WHERE goto = '%u'")


def database(server, **keys):
    kind = "postgresql" if isinstance(server, Postgres) else "mariadb"
    return Asker(server.host, **{"kind": kind, "connection__host": "127.0.0.1", "connection__user": "posthouse",
                                 "connection__dbname": "postgres" if kind == "postgresql" else "mail",
                                 "secret": server.PASSWORD, "login_query": LOGIN, "cache": 0, **keys})


@pytest.fixture(params=["postgres", "mariadb"])
def server(request):
    return request.getfixturevalue(request.param)


def test_a_database_knows_users_and_passwords(server):
    with database(server) as source:
        assert source.check("alice@example.org", "wonder") == "right alice@example.org [] scram"
        assert source.check("Alice@example.org", "wonder") == "right alice@example.org [] scram"
        assert source.check("alice@example.org", "Wonder") == "wrong"
        assert source.check("bob@example.org", OF_SSHA) == "right bob@example.org [] disabled"
        assert source.check("no@example.org", "x") == "wrong"
        assert source.check("nobody@example.org", "wonder") == "unknown"
        assert source.find("no@example.org") == "found no@example.org []"
        assert source.find("nobody@example.org") == "nobody"


def test_a_databases_aliases_find_their_account(server):
    with database(server, address_query=ADDRESSES) as source:
        assert source.find("al@example.org").startswith("found alice@example.org")
        assert source.check("al@example.org", "wonder").startswith("right alice@example.org")
        assert source.find("alice@example.org") == "found alice@example.org [al@example.org] scram"


@pytest.mark.parametrize("user", ["\"x'OR'1'='1\"@example.org", '"\\\'"@example.org', "o'hara@example.org",
                                  "\"';DROP/**/TABLE/**/mailbox;--\"@example.org", "%@example.org", "_lice@example.org"])
def test_a_name_is_never_part_of_a_query(server, user):
    with database(server, login_query="SELECT password FROM mailbox WHERE username = '%u' OR username = %u") as source:
        assert source.check(user, "wonder") == "unknown"
        assert source.check("alice@example.org", "wonder").startswith("right")


def test_a_database_is_reached_over_a_unix_socket(server):
    path = server.folder if isinstance(server, Postgres) else server.socket
    with database(server, connection__host=path) as source:
        assert source.check("alice@example.org", "wonder").startswith("right")


def test_a_database_is_reached_over_tls_and_has_to_show_who_it_is(server):
    certificate = server.host.certificate
    with database(server, connection__host=HOST, ca_file=certificate) as source:
        assert source.check("alice@example.org", "wonder").startswith("right")
    for keys in ({"connection__host": "wrong.test", "ca_file": certificate}, {"connection__host": HOST}):
        with database(server, **keys) as source:
            assert source.check("alice@example.org", "wonder") == "unavailable"


def test_a_query_that_does_not_fit_is_broken_and_never_a_no(server):
    for query in ("SELECT nothing FROM mailbox WHERE username = %u", "SELECT password FROM mailbox WHERE %u <> 'x'"):
        with database(server, login_query=query) as source:
            assert source.find("alice@example.org") == "broken"
            assert source.check("alice@example.org", "wonder") == "broken"


def test_a_database_that_goes_makes_its_users_unavailable_and_comes_back(server):
    with database(server) as source:
        assert source.check("alice@example.org", "wonder").startswith("right")
        ended(server)
        assert source.check("alice@example.org", "wonder") == "unavailable"
        assert source.find("nobody@example.org") == "unavailable"
        server.start()
        until(lambda: source.check("alice@example.org", "wonder").startswith("right"), "it is back")


# ---- PAM ------------------------------------------------------------------------------------


@pytest.fixture
def host_of_users(directory_host, tmp_path):
    """With users of its own in its files, and a service that asks them."""
    crypted = subprocess.run(["openssl", "passwd", "-6", "wonder"], capture_output=True, text=True, check=True).stdout.strip()
    passwd, shadow, service = (directory_host.folder / name for name in ("passwd", "shadow", "service"))
    with open("/etc/passwd", encoding="ascii") as users:
        passwd.write_text(users.read() + "pamalice:x:7001:7001::/nonexistent:/bin/sh\npamold:x:7002:7002::/nonexistent:/bin/sh\n")
    shadow.write_text(f"root:{crypted}:19000::::::\npamalice:{crypted}:19000::::::\npamold:{crypted}:19000:::::10000:\n")
    service.write_text("auth required pam_unix.so nodelay\naccount required pam_unix.so\n")
    mounts = [f"mount --bind {passwd} /etc/passwd", f"mount --bind {shadow} /etc/shadow",
              f"mount --bind {service} /etc/pam.d/other"]
    return directory_host, mounts


def test_pam_checks_users_of_this_host(host_of_users):
    host, mounts = host_of_users
    with Asker(host, mounts, kind="pam", pam_service="posthouse-test", cache=0) as source:
        assert source.check("pamalice@example.org", "wonder") == "right pamalice@example.org []"
        assert source.check("pamalice@example.org", "Wonder") == "wrong"
        assert source.check("pamold@example.org", "wonder") == "right pamold@example.org [] disabled"
        assert source.check("root@example.org", "wonder") == "wrong"
        assert source.check("nobody-here@example.org", "wonder") == "unknown"
        assert source.check('"../pamalice"@example.org', "wonder") == "unknown"
        assert source.find("pamalice@example.org") == "found pamalice@example.org []"
        assert source.find("root@example.org") == "nobody"
        assert source.find("nobody-here@example.org") == "nobody"


def test_a_service_that_is_not_there_lets_nobody_in(directory_host):
    with Asker(directory_host, kind="pam", pam_service="posthouse-no-such-service") as source:
        assert source.check("root@example.org", "wonder") == "wrong"
        assert source.check("daemon@example.org", "wonder") in ("wrong", "unavailable")
