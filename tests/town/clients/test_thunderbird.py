# SPDX-License-Identifier: Apache-2.0
"""Thunderbird without a screen: its own account manager, folders, search and composer, called by remote control."""
import base64
import shutil
import socket
import ssl

import pytest

from desk import Look
from marionette import PORT, Marionette
from network import inside
from patience import until
from program import Program

pytestmark = pytest.mark.skipif(not shutil.which("thunderbird"), reason="there is no Thunderbird (package thunderbird)")

PATIENCE = 60
SETTINGS = """\
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.winsearch.firstRunDone", true);
user_pref("mail.rights.version", 1);
user_pref("mailnews.start_page.enabled", false);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mail.server.default.check_new_mail", false);
user_pref("mail.server.default.login_at_startup", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("marionette.port", %d);
""" % PORT

# What every script below may use.
TOOLS = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const finished = start => new Promise((resolve, reject) => {
  const done = status => Components.isSuccessCode(status) ? resolve() : reject(new Error("status " + status.toString(16)));
  start({
    QueryInterface: ChromeUtils.generateQI(["nsIUrlListener", "nsIMsgCopyServiceListener", "nsIMsgSendListener"]),
    OnStartRunningUrl() {}, OnStopRunningUrl(url, status) { done(status); },
    onStartCopy() {}, OnStartCopy() {}, onProgress() {}, OnProgress() {}, setMessageKey() {}, SetMessageKey() {}, getMessageId() {}, GetMessageId() {},
    onStopCopy(status) { done(status); }, OnStopCopy(status) { done(status); },
    onStartSending() {}, onStatus() {}, onGetDraftFolderURI() {}, onSendNotPerformed() {}, onTransportSecurityError() {},
    onSendProgress() {},
    onStopSending(id, status) { done(status); },
  });
});
const until = async (question, what) => {
  for (let tries = 0; tries < 400; ++tries) {
    const answer = question();
    if (answer) return answer;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error("never: " + what);
};
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const server = () => MailServices.accounts.accounts.find(one => one.incomingServer.type == "imap").incomingServer;
const folder = name => server().rootFolder.descendants.find(one => one.name.toLowerCase() == name.toLowerCase());
const letters = name => [...folder(name).messages];
const letter = (name, subject) => letters(name).find(one => one.subject == subject);
const update = name => finished(listener => folder(name).QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(null, listener));
"""

SET_UP = """
const [user, password, host, port, smtpPort, socketType, authority] = args;
Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(authority, "C,,");
for (const scheme of ["imap://", "smtp://"]) {
  const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
  login.init(scheme + host, null, scheme + host, user, password, "", "");
  await Services.logins.addLoginAsync(login);
}
const incoming = MailServices.accounts.createIncomingServer(user, host, "imap");
incoming.port = port;
incoming.socketType = socketType;
incoming.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
const outgoing = MailServices.outgoingServer.createServer("smtp");
const smtp = outgoing.QueryInterface(Ci.nsISmtpServer);
smtp.hostname = host;
smtp.port = smtpPort;
outgoing.username = user;
outgoing.socketType = socketType;
outgoing.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
const identity = MailServices.accounts.createIdentity();
identity.email = user;
identity.smtpServerKey = outgoing.key;
const account = MailServices.accounts.createAccount();
account.addIdentity(identity);
account.incomingServer = incoming;
identity.fccFolderURI = incoming.serverURI + "/Sent";
identity.doFcc = true;
incoming.performExpand(null);
await until(() => folder("INBOX"), "an INBOX");
await update("INBOX");
await until(() => letters("INBOX").length == 3, "three letters");
return letters("INBOX").map(one => one.subject).sort();
"""

READ = """
const header = letter("INBOX", args[0]);
const uri = header.folder.getUriForMsg(header);
const stream = await new Promise((resolve, reject) => {
  let text = "";
  const listener = {
    QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
    onStartRequest() {},
    onDataAvailable(request, input, offset, count) {
      const scriptable = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
      scriptable.init(input);
      text += scriptable.read(count);
    },
    onStopRequest(request, status) { Components.isSuccessCode(status) ? resolve(text) : reject(new Error("status " + status)); },
  };
  MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, "", false);
});
folder("INBOX").markMessagesRead([header], true);
folder("INBOX").markMessagesFlagged([header], true);
return stream;
"""

SEARCH = """
const [text, attribute] = args;
const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, folder("INBOX"));
const term = session.createTerm();
const value = term.value;
term.attrib = value.attrib = Ci.nsMsgSearchAttrib[attribute];
value.str = text;
term.value = value;
term.op = Ci.nsMsgSearchOp.Contains;
term.booleanAnd = true;
session.appendTerm(term);
const found = [];
await new Promise((resolve, reject) => {
  session.registerListener({
    QueryInterface: ChromeUtils.generateQI(["nsIMsgSearchNotify"]),
    onSearchHit(header) { found.push(header.subject); },
    onNewSearch() {},
    onSearchDone(status) { Components.isSuccessCode(status) ? resolve() : reject(new Error("status " + status)); },
  });
  session.search(null);
});
return found;
"""

MOVE_AND_DELETE = """
const [moved, where, deleted] = args;
await finished(listener => {
  server().rootFolder.QueryInterface(Ci.nsIMsgImapMailFolder);
  server().rootFolder.createSubfolder(where, null);
  until(() => folder(where), where).then(() => listener.OnStopRunningUrl(null, Cr.NS_OK), () => listener.OnStopRunningUrl(null, Cr.NS_ERROR_FAILURE));
});
await finished(listener => MailServices.copy.copyMessages(folder("INBOX"), [letter("INBOX", moved)], folder(where), true, listener, null, false));
await finished(listener => folder("INBOX").deleteMessages([letter("INBOX", deleted)], null, true, false, listener, false));
await finished(listener => folder("INBOX").QueryInterface(Ci.nsIMsgImapMailFolder).expunge(listener, null));
"""

APPEND = """
const file = new FileUtils.File(args[0]);
await finished(listener => MailServices.copy.copyFileMessage(file, folder(args[1]), null, false, 0, "", listener, null));
"""

SEND = """
const [to, subject, text] = args;
const identity = MailServices.accounts.accounts.find(one => one.incomingServer.type == "imap").defaultIdentity;
const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
fields.from = identity.email;
fields.to = to;
fields.subject = subject;
const send = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
await finished(listener => send.createAndSendMessage(null, identity, "", fields, false, false, Ci.nsIMsgCompDeliverMode.Now, null,
  "text/plain", text, null, null, listener, "", "", Ci.nsIMsgCompType.New));
"""


@pytest.fixture(params=["TLS", "STARTTLS"])
def thunderbird(request, desk, person):
    """Runs scripts in it; it has an account of that person's."""
    profile = desk.home / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(SETTINGS)
    program = Program(desk.command(["thunderbird", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote",
                                    "--profile", profile]), desk.town.logs / f"{person.name}-thunderbird.log",
                      **{**desk.environment, "MOZ_CRASHREPORTER_DISABLE": "1"})
    desk.town.programs.append(program)

    def listens():
        assert program.running(), program.log.read_text()
        with inside(desk.town.desk):
            probe = socket.socket()
        with probe:
            return probe.connect_ex(("127.0.0.1", PORT)) == 0
    until(listens, "Thunderbird listens", PATIENCE)
    remote = Marionette(desk.town.desk, PATIENCE)
    implicit = request.param == "TLS"
    remote.how = [993, 465, 3] if implicit else [143, 587, 2]  # nsMsgSocketType

    def run(script, *arguments):
        return remote.run(TOOLS + script, *arguments)
    authority = base64.b64encode(ssl.PEM_cert_to_DER_cert(desk.authority.certificate.read_text())).decode()
    run.set_up = lambda: run(SET_UP, person.address, person.password, desk.server.name, *remote.how, authority)
    yield run
    remote.close()
    program.kill()


def test_thunderbird_reads_searches_moves_deletes_appends_and_sends(thunderbird, desk, friend, letters, look):
    assert thunderbird.set_up() == ["apples", "pears", "plums"]
    assert "The zeppelin has landed." in thunderbird(READ, "plums")
    until(lambda: look.flags("plums") == {"\\Seen", "\\Flagged"}, "the letter is flagged")
    assert thunderbird(SEARCH, "zeppelin", "Body") == ["plums"]
    assert thunderbird(SEARCH, "pears", "Subject") == ["pears"]

    thunderbird(MOVE_AND_DELETE, "pears", "Früchte", "apples")
    look.until_it_has("plums")
    file = desk.home / "letter.eml"
    file.write_bytes(letters["apples"].replace(b"apples", b"from a file"))
    thunderbird(APPEND, str(file), "Früchte")
    look.until_it_has("from a file", "pears", mailbox='"Fr&APw-chte"')

    thunderbird(SEND, friend.address, "greetings", "Hello from Thunderbird.")
    there = Look(desk, friend)
    there.until_it_has("greetings")
    assert b"Hello from Thunderbird." in there.text("greetings")
    look.until_it_has("greetings", mailbox="Sent")


def test_thunderbird_is_told_of_new_letters(thunderbird, person, letters, look):
    thunderbird.set_up()
    look.append(letters["apples"].replace(b"apples", b"news"))  # It waits in IDLE.
    assert thunderbird('await until(() => letter("INBOX", "news"), "the new letter"); return letters("INBOX").length;') == 4
