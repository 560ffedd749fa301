# SPDX-License-Identifier: Apache-2.0
"""mutt, on a terminal, typing by itself."""
import pytest

from desk import Look

SETTINGS = """\
set folder = "{scheme}://{host}/"
set spoolfile = "+INBOX"
set record = "+Sent"
set imap_user = "{user}"
set imap_pass = "{password}"
set smtp_url = "{smtp}"
set smtp_pass = "{password}"
set from = "{user}"
set hostname = people.test
set ssl_starttls = yes
set ssl_force_tls = yes
set ssl_ca_certificates_file = "{authority}"
set certificate_file = "{home}/certificates"
set header_cache = ""
set confirmappend = no
set confirmcreate = no
set move = no
set delete = yes
set wait_key = no
set sleep_time = 0
set net_inc = 0
set copy = yes
set quit = yes
set mail_check = 1
set timeout = 1
"""


@pytest.fixture(params=["TLS", "STARTTLS"])
def mutt(request, desk, person):
    """Starts it with keys to type; what it painted."""
    implicit = request.param == "TLS"
    settings = SETTINGS.format(
        scheme="imaps" if implicit else "imap", host=desk.server.name, user=person.address, password=person.password,
        smtp=f"{'smtps' if implicit else 'smtp'}://{person.address.replace('@', '%40')}@{desk.server.name}:{465 if implicit else 587}/",
        authority=desk.authority.certificate, home=desk.home)

    def run(keys="", *words, standard_input=None):
        file = desk.home / "muttrc"
        file.write_text(settings + (f"push '{keys}'\n" if keys else ""))
        if standard_input is not None:
            return desk.run("mutt", "-n", "-F", file, *words, standard_input=standard_input)
        return desk.run_on_terminal("mutt", "-n", "-F", file, *words)
    return run


def test_mutt_reads_searches_moves_and_deletes(mutt, desk, letters, look):
    read = desk.home / "read"
    mutt(f"<limit>~s plums<enter><display-message><exit><pipe-message>cat >{read}<enter><limit>all<enter>"
         "<search>=b zeppelin<enter><flag-message>"  # "=": the server searches
         "<search>~s pears<enter><save-message>+Kept<enter>"
         "<search>~s apples<enter><delete-message><quit>")
    assert read.read_bytes() == letters["plums"].replace(b"\r\n", b"\n")
    assert look.subjects() == ["plums"]
    assert look.flags("plums") == {"\\Seen", "\\Flagged"}
    assert look.subjects("Kept") == ["pears"]
    assert look.text("pears", "Kept") == letters["pears"]


def test_mutt_sends_and_keeps_a_copy(mutt, desk, friend, look):
    mutt("", "-s", "a greeting", friend.address, standard_input=b"Hello from mutt.\n")
    there = Look(desk, friend)
    there.until_it_has("a greeting")
    assert b"Hello from mutt." in there.text("a greeting")
    assert look.subjects("Sent") == ["a greeting"]
    assert "\\Seen" in look.flags("a greeting", "Sent")


def test_mutt_browses_mailboxes(mutt, letters, look):
    mutt("<change-folder>?<exit><copy-message>+Deep/Box<enter><change-folder>+Deep/Box<enter><flag-message><quit>")
    assert look.subjects("Deep/Box") and look.subjects() == ["apples", "pears", "plums"]
    (subject,) = look.subjects("Deep/Box")
    assert "\\Flagged" in look.flags(subject, "Deep/Box")
