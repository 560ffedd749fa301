# SPDX-License-Identifier: Apache-2.0
"""Roundcube, served by PHP's own web server at the desk, and clicked through by HTTP."""
import http.client
import json
import re
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest

from desk import Look
from network import inside
from patience import PATIENCE, until
from program import Program

SITE = Path("/var/lib/roundcube/public_html")
PORT = 8080
SETTINGS = """<?php
$config['db_dsnw'] = 'sqlite:///{home}/roundcube.db?mode=0600';
$config['imap_host'] = '{imap}';
$config['smtp_host'] = '{smtp}';
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
$config['imap_conn_options'] = $config['smtp_conn_options'] =
    ['ssl' => ['verify_peer' => true, 'verify_peer_name' => true, 'cafile' => '{authority}']];
$config['des_key'] = 'twenty-four-characters!!';
$config['mail_domain'] = 'people.test';
$config['plugins'] = [];
$config['create_default_folders'] = true;
$config['log_dir'] = '{home}';
$config['temp_dir'] = '{home}';
$config['language'] = 'en_US';
$config['imap_debug'] = true;
"""

pytestmark = pytest.mark.skipif(not SITE.exists() or not shutil.which("php"),
                                reason="there is no Roundcube (packages roundcube-core, roundcube-sqlite3, php-cli)")


class Browser:
    """Keeps cookies and the token that Roundcube wants to see again."""

    def __init__(self, desk):
        self.desk, self.cookies, self.token = desk, {}, ""

    def open(self, form=None, **query):
        """The page, behind redirections; `form` is sent by POST."""
        where = "/?" + urlencode(query)
        for _ in range(5):
            with inside(self.desk.town.desk):
                connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE)
                connection.connect()
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                       "X-Roundcube-Request": self.token, "User-Agent": "Mozilla/5.0"}
            if form is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST" if form is not None else "GET", where, urlencode(form) if form is not None else None, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            if found := re.search(r'"request_token":"(\w+)"', page):
                self.token = found[1]
            if answer.status not in (301, 302, 303):
                assert answer.status == 200, f"{where}: {answer.status} {page[:1000]}"
                return page
            where, form = answer.headers["Location"].removeprefix("."), None
        raise AssertionError(f"{where}: too many redirections")

    def act(self, action, task="mail", **form):
        """What a click on a button does; what Roundcube answers to its own script."""
        page = self.open({**form, "_remote": "1", "_unlock": "0"}, _task=task, _action=action)
        answer = json.loads(page)["exec"]
        assert '"error"' not in answer and "'error'" not in answer, answer
        return answer

    def ask(self, action, **query):
        return json.loads(self.open(_task="mail", _action=action, _remote="1", _unlock="0", **query))["exec"]

    def log_in(self, person):
        token = re.search(r'name="_token" value="(\w+)"', self.open())[1]
        page = self.open({"_token": token, "_task": "login", "_action": "login", "_user": person.address, "_pass": person.password,
                          "_timezone": "UTC", "_url": ""}, _task="login")
        assert '"task":"mail"' in page and "login-form" not in page, page[:2000]


@pytest.fixture(params=["TLS", "STARTTLS"])
def browser(request, desk, person):
    implicit = request.param == "TLS"
    config = desk.home / "config"
    config.mkdir()
    name = desk.server.name
    (config / "config.inc.php").write_text(SETTINGS.format(
        home=desk.home, authority=desk.authority.certificate, imap=f"ssl://{name}:993" if implicit else f"tls://{name}:143",
        smtp=f"ssl://{name}:465" if implicit else f"tls://{name}:587"))
    for file in ("defaults.inc.php", "mimetypes.php"):
        (config / file).symlink_to(f"/etc/roundcube/{file}")
    subprocess.run(["php", "-r", "$db = new SQLite3($argv[1]); $db->exec(file_get_contents($argv[2]));", "--",
                    desk.home / "roundcube.db", "/usr/share/roundcube/SQL/sqlite.initial.sql"], check=True, timeout=PATIENCE)
    program = Program(desk.command(["php", "-S", f"127.0.0.1:{PORT}", "-t", SITE]), desk.town.logs / f"{person.name}-roundcube.log",
                      ROUNDCUBE_CONFIG_DIR=str(config))
    desk.town.programs.append(program)

    def listens():
        with inside(desk.town.desk):
            probe = socket.socket()
        with probe:
            return probe.connect_ex(("127.0.0.1", PORT)) == 0
    until(listens, "PHP's web server listens")
    yield Browser(desk)
    program.stop()


def rows(answer):
    """UID and subject of each letter in a listing."""
    return {subject: uid for uid, subject in re.findall(r'add_message_row\("?(\d+)"?,\{.*?"subject":"(.*?)"', answer)}


def test_roundcube_reads_searches_moves_deletes_and_sends(browser, desk, person, friend, letters, look):
    browser.log_in(person)
    listed = rows(browser.ask("list", _mbox="INBOX"))
    assert set(listed) == set(letters)
    assert "The zeppelin has landed." in browser.open(_task="mail", _action="show", _uid=listed["plums"], _mbox="INBOX")
    assert look.flags("plums") == {"\\Seen"}
    assert set(rows(browser.ask("search", _mbox="INBOX", _q="zeppelin", _headers="text", _scope="base"))) == {"plums"}
    assert set(rows(browser.ask("search", _mbox="INBOX", _q="pears", _headers="subject", _scope="base"))) == {"pears"}

    browser.open({"_token": browser.token, "_name": "Früchte", "_path": "", "_mbox": ""}, _task="settings", _action="save-folder")
    kept = next(name for name in mailboxes(desk, person) if name.startswith("Fr"))
    browser.act("move", _uid=listed["pears"], _mbox="INBOX", _target_mbox=kept)
    browser.act("mark", _uid=listed["plums"], _flag="flagged", _mbox="INBOX")
    browser.act("move", _uid=listed["apples"], _mbox="INBOX", _target_mbox="Trash")
    (trashed,) = rows(browser.ask("list", _mbox="Trash")).values()
    browser.act("delete", _uid=trashed, _mbox="Trash")
    assert look.subjects() == ["plums"] and look.flags("plums") == {"\\Seen", "\\Flagged"}
    assert look.subjects(f'"{kept}"') == ["pears"] and look.subjects("Trash") == []

    page = browser.open(_task="mail", _action="compose")
    form = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1] for name in ("_token", "_id")}
    identity = re.search(r'<select name="_from".*?<option value="(\d+)"', page, re.S)[1]
    sent = browser.open({**form, "_task": "mail", "_action": "send", "_from": identity, "_to": friend.address, "_subject": "Grüße",
                         "_message": "Hello from Roundcube.", "_is_html": "0", "_store_target": "Sent", "_attachments": "",
                         "_framed": "1"}, _task="mail", _action="send", _framed="1")
    assert "sent_successfully" in sent, sent[-1500:]
    there = Look(desk, friend)
    until(lambda: there.subjects(), "the letter at the friend's")
    text = there.ask("INBOX", "FETCH", "1:*", "(BODY.PEEK[])")[0][1]
    assert b"Hello from Roundcube." in text
    assert len(look.subjects("Sent")) == 1


def mailboxes(desk, person):
    imap = desk.imap(person)
    try:
        return [re.search(r'"?([^" ]+)"?$', line.decode())[1] for line in imap.list()[1]]
    finally:
        imap.logout()
