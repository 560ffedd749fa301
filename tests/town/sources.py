# SPDX-License-Identifier: Apache-2.0
"""Outside sources of users on a host of the town: a directory, databases, each on a folder of its own; and who asks them."""
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from network import ipv4_of
from patience import PATIENCE, until
from posthouse import BINARY
from program import Program, in_private, inside_command

ASKER = Path(os.environ.get("POSTHOUSE_SOURCE_ASKER", BINARY.parent / "tests" / "source_asker"))
HOST = "directory.test"  # Whose name the servers' certificates bear.


class NoServer(Exception):
    """Why there is none here."""


class Host:
    """Where the servers are, and the processes that ask them."""

    def __init__(self, town):
        self.town = town
        self.namespace, number = town.network.add_host("directory")
        self.address = ipv4_of(number)
        self.folder = town.folder / f"{self.namespace}.{number}"
        self.folder.mkdir()
        hosts = self.folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n::1 localhost\n127.0.0.1 {HOST} wrong.test\n")
        self.mounts = [f"mount --bind {hosts} /etc/hosts"]
        self.certificate, self.key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "30", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout",
                        self.key, "-out", self.certificate], check=True, capture_output=True, timeout=30)
        self.key.chmod(0o644)  # The servers are other users.

    def command(self, *words, mounts=()):
        return [*inside_command(self.namespace), *in_private([*self.mounts, *mounts]), *map(str, words)]

    def run(self, *words, text=None):
        done = subprocess.run(self.command(*words), input=text, text=True, capture_output=True, timeout=2 * PATIENCE)
        assert done.returncode == 0, f"{words}: {done.stdout} {done.stderr}"
        return done.stdout

    def start(self, name, *words):
        program = Program(self.command(*words), self.town.logs / f"{name}.log")
        self.town.programs.append(program)
        return program


def as_user(user, *words):
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", *words]


class Asker:
    """The process that asks one source, and questions for it; the keys are those of [[login.source]]."""

    def __init__(self, host, mounts=(), **keys):
        if not ASKER.exists():
            raise NoServer(f"there is no {ASKER}: build source_asker")
        words = [f"{key.replace('__', '.')}={value}" for key, value in keys.items()]
        self.log = host.town.logs / "asker.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(host.command(ASKER, *words, mounts=mounts), stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        self.greeting = self.process.stdout.readline().strip()

    def __enter__(self):
        assert self.greeting == "ready", self.greeting + self.log.read_text(errors="replace")[-2000:]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def find(self, user):
        return self.ask("find", user)

    def check(self, user, password):
        return self.ask("check", user, password)


class Slapd:
    BASE = "dc=example,dc=org"
    ADMIN = "cn=admin,dc=example,dc=org"
    PASSWORD = "the directory's own"

    def __init__(self, host):
        self.binary = shutil.which("slapd", path="/usr/sbin:/usr/bin")
        if not self.binary:
            raise NoServer("there is no slapd")
        self.host = host
        self.folder = host.folder / "slapd"
        (self.folder / "data").mkdir(parents=True)
        (self.folder / "slapd.conf").write_text(f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {host.certificate}
TLSCertificateKeyFile {host.key}
database mdb
suffix "{self.BASE}"
rootdn "{self.ADMIN}"
rootpw "{self.PASSWORD}"
directory {self.folder / "data"}
access to attrs=userPassword by dn.exact="cn=reader,{self.BASE}" read by anonymous auth by * none
access to * by * read
""")
        host.run("/usr/sbin/slapadd", "-f", self.folder / "slapd.conf", text=self.entries())
        self.start()

    def entries(self):
        def person(uid, *more):
            return "\n".join([f"dn: uid={uid},{self.BASE}", "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {uid}",
                              f"sn: {uid}", *more])
        return "\n\n".join([
            f"dn: {self.BASE}\nobjectClass: dcObject\nobjectClass: organization\no: example\ndc: example",
            f"dn: cn=reader,{self.BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\n"
            "userPassword: reads",
            person("alice", "mail: alice@example.org", "userPassword: wonder", "labeledURI: smtp:al@example.org",
                   "labeledURI: SMTP:alice@example.org", "labeledURI: sip:alice@example.org"),
            person("bob", "mail: bob@example.org", "userPassword: {SSHA}UHgyebZfctBuHE0pZj6Gu3sic9MzmIqb"),
            person("carol", "mail: carol@example.org"),
            person("twin1", "mail: twin@example.org"), person("twin2", "mail: twin@example.org"),
            f"dn: cn=mail,{self.BASE}\nobjectClass: groupOfNames\ncn: mail\nmember: uid=alice,{self.BASE}"]) + "\n"

    def start(self):
        self.program = self.host.start("slapd", self.binary, "-d", "0", "-f", self.folder / "slapd.conf", "-h",
                                       f"ldap://127.0.0.1:389/ ldaps://127.0.0.1:636/ ldap://{self.host.address}:389/")
        until(lambda: subprocess.run(self.host.command("ldapsearch", "-x", "-H", "ldap://127.0.0.1", "-b", self.BASE, "-s",
                                                       "base"), capture_output=True, timeout=PATIENCE).returncode == 0,
              "slapd answers")


class Postgres:
    PASSWORD = "it's a \\ database"

    def __init__(self, host):
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not binaries:
            raise NoServer("there is no PostgreSQL")
        self.host, self.binaries = host, binaries[-1].parent
        self.folder = host.folder / "postgresql"
        self.folder.mkdir()
        shutil.copy(host.key, self.folder / "key.pem")
        (self.folder / "key.pem").chmod(0o600)
        for path in (self.folder, self.folder / "key.pem"):
            shutil.chown(path, "postgres", "postgres")
        secret = self.folder / "secret"
        secret.write_text(self.PASSWORD + "\n")
        secret.chmod(0o644)
        host.run(*as_user("postgres", self.binaries / "initdb", "-D", self.folder / "data", "-U", "posthouse", "-A",
                          "scram-sha-256", "--pwfile", secret, "-N", "--no-instructions"))
        with open(self.folder / "data" / "postgresql.conf", "a", encoding="ascii") as settings:
            settings.write(f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{self.folder}'\nfsync = off\n"
                           f"ssl = on\nssl_cert_file = '{host.certificate}'\nssl_key_file = '{self.folder}/key.pem'\n")
        self.folder.chmod(0o755)
        self.start()

    def start(self):
        self.program = self.host.start("postgresql", *as_user("postgres", self.binaries / "postgres", "-D",
                                                             self.folder / "data"))
        until(lambda: self.psql("SELECT 1").returncode == 0, "PostgreSQL answers")

    def psql(self, text):
        return subprocess.run(self.host.command("env", f"PGPASSWORD={self.PASSWORD}", "psql", "-h", "127.0.0.1", "-U",
                                                "posthouse", "-v", "ON_ERROR_STOP=1", "-c", text, "postgres"),
                              capture_output=True, text=True, timeout=PATIENCE)

    def do(self, text):
        done = self.psql(text)
        assert done.returncode == 0, done.stderr


class MariaDb:
    PASSWORD = "it's a \\ database"

    def __init__(self, host):
        self.binary = shutil.which("mariadbd", path="/usr/sbin:/usr/bin")
        if not self.binary:
            raise NoServer("there is no MariaDB")
        self.host = host
        self.folder = host.folder / "mariadb"
        self.folder.mkdir()
        shutil.chown(self.folder, "mysql", "mysql")
        host.run("mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data", "--user=mysql",
                 "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
        self.folder.chmod(0o755)
        self.socket = self.folder / "socket"
        self.start()
        quoted = self.PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
        self.do(f"CREATE DATABASE mail CHARACTER SET utf8mb4; CREATE USER posthouse@'%' IDENTIFIED BY '{quoted}'; "
                "GRANT SELECT ON mail.* TO posthouse@'%'")

    def start(self):
        self.program = self.host.start("mariadb", self.binary, "--no-defaults", f"--datadir={self.folder}/data",
                                       f"--socket={self.socket}", "--user=mysql", "--bind-address=127.0.0.1", "--port=3306",
                                       f"--ssl-cert={self.host.certificate}", f"--ssl-key={self.host.key}",
                                       "--innodb-flush-log-at-trx-commit=0", "--pid-file=" + str(self.folder / "pid"))
        until(lambda: self.client("SELECT 1").returncode == 0, "MariaDB answers", 2 * PATIENCE)

    def client(self, text):
        return subprocess.run(self.host.command("mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-e",
                                                text), capture_output=True, text=True, timeout=PATIENCE)

    def do(self, text):
        done = self.client(text)
        assert done.returncode == 0, done.stderr
