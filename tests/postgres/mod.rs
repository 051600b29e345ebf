//! PostgreSQL for tests: schemas in the cluster that `scripts/test` starts, and clusters of a
//! test's own, which may be broken. All of it is reached by Unix sockets, so that no port is ever
//! taken by somebody else; gone when dropped.
#![allow(dead_code, reason = "no test binary uses all of it")]

use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use backup_share::config::{Config, Unreplicated};
use tempfile::TempDir;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The variable in which `scripts/test` says where its cluster is.
const SHARED: &str = "POSTGRES_UNDER_TEST";
/// The variable in which it says where the programs of its version are.
const PROGRAMS: &str = "POSTGRES";
/// Where Debian puts programs, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A schema of its own in the shared cluster, with nothing in it: quicker to make than a database.
pub struct Schema {
    cluster: String,
    name: String,
}

impl Schema {
    pub fn create() -> Self {
        let cluster = std::env::var(SHARED)
            .unwrap_or_else(|_| panic!("{SHARED} is not set: run `scripts/test tests`"));
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        execute(
            &cluster,
            &format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"),
        );
        Self { cluster, name }
    }

    pub fn url(&self) -> String {
        format!("{}?options=-c%20search_path%3D{}", self.cluster, self.name)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        execute(&self.cluster, &format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

/// Settings for a cluster without a standby.
pub fn settings(url: String) -> Config {
    let mut config = Config {
        database: url.into(),
        ..Config::default()
    };
    config.postgres.unreplicated = Unreplicated::Warn;
    config
}

/// Runs a statement, on a thread of its own: for tests that are not asynchronous, and for
/// destructors.
pub fn execute(url: &str, sql: &str) {
    number_of(url, sql.to_owned());
}

/// The number that a query answers with.
pub fn number(url: &str, sql: &str) -> i64 {
    number_of(url, sql.to_owned()).unwrap_or_else(|| panic!("no number: {sql}"))
}

fn number_of(url: &str, sql: String) -> Option<i64> {
    let url = url.to_owned();
    let ask = async move {
        let (client, connection) = tokio_postgres::connect(&url, NoTls)
            .await
            .expect("a connection");
        let served = tokio::spawn(connection);
        let rows = client
            .simple_query(&sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        drop(client);
        let _ = served.await;
        rows.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).and_then(|text| text.parse().ok()),
            _ => None,
        })
    };
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    };
    thread::spawn(move || runtime().block_on(ask))
        .join()
        .expect("no panic")
}

/// A cluster of its own, which may be killed, stopped and started again.
pub struct Cluster {
    folder: TempDir,
    port: u16,
    postmaster: Option<Child>,
}

impl Cluster {
    pub fn start() -> Self {
        Self::with("")
    }

    /// With lines for `postgresql.conf`.
    pub fn with(settings: &str) -> Self {
        let mut cluster = Self::make(settings);
        cluster.run();
        cluster
    }

    /// A primary, and the standby that confirms what it commits.
    pub fn with_standby() -> (Self, Self) {
        let mut primary = Self::make("synchronous_standby_names = 'standby'");
        let mut standby = Self {
            folder: folder(),
            port: 5432,
            postmaster: None,
        };
        let copied = Command::new("cp")
            .arg("--archive")
            .arg(primary.data())
            .arg(standby.path())
            .status();
        assert!(copied.expect("cp").success());
        fs::write(standby.data().join("standby.signal"), "").expect("written");
        let (from, to) = (primary.path().display(), standby.path().display());
        let follow =
            format!("primary_conninfo = 'host={from} user=postgres application_name=standby'");
        standby.configure(&format!("{follow}\nunix_socket_directories = '{to}'"));
        primary.run();
        standby.run();
        (primary, standby)
    }

    /// Made, and not yet started.
    fn make(settings: &str) -> Self {
        let cluster = Self {
            folder: folder(),
            port: 5432,
            postmaster: None,
        };
        let made = program("initdb")
            .args([
                "--no-sync",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--pgdata",
            ])
            .arg(cluster.data())
            .output()
            .expect("initdb");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let socket = cluster.path().display();
        // Processes are killed here, not machines: what the system has taken is not lost.
        cluster.configure(&format!(
            "listen_addresses = ''\nunix_socket_directories = '{socket}'\nfsync = off"
        ));
        cluster.configure(settings);
        cluster
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// What it says.
    pub fn log(&self) -> std::path::PathBuf {
        self.path().join("log")
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> std::path::PathBuf {
        self.path().join(format!(".s.PGSQL.{}", self.port))
    }

    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@{}/postgres",
            self.path().display().to_string().replace('/', "%2F")
        )
    }

    /// Lines more for `postgresql.conf`.
    pub fn configure(&self, settings: &str) {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(self.data().join("postgresql.conf"))
            .expect("a file");
        writeln!(file, "{settings}").expect("written");
    }

    /// Sets what takes effect at once.
    pub fn set(&self, setting: &str) {
        execute(&self.url(), &format!("ALTER SYSTEM SET {setting}"));
        execute(&self.url(), "SELECT pg_reload_conf()");
    }

    /// A cluster on a port of loopback, with TLS: it, the port, and its certificate, which is for
    /// `localhost`.
    pub fn with_tls() -> (Self, u16, std::path::PathBuf) {
        let mut cluster = Self::start();
        cluster.crash();
        let (key, certificate) = (
            cluster.path().join("key.pem"),
            cluster.path().join("certificate.pem"),
        );
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output();
        assert!(
            made.expect("openssl: apt-get install openssl")
                .status
                .success()
        );
        if let Some(user) = postgres_user() {
            chown(&key, Some(user), None).expect("given away");
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        let files = format!(
            "ssl_key_file = '{}'\nssl_cert_file = '{}'",
            key.display(),
            certificate.display()
        );
        cluster.configure(&format!(
            "ssl = on\n{files}\nlisten_addresses = '127.0.0.1'\nport = {port}"
        ));
        cluster.port = port;
        cluster.run();
        (cluster, port, certificate)
    }

    /// Starts it, and waits until it answers.
    pub fn run(&mut self) {
        let log = fs::File::create(self.path().join("log")).expect("a file");
        let mut postgres = program("postgres");
        let postmaster = postgres
            .arg("-D")
            .arg(self.data())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let postmaster = postmaster.expect("postgres");
        let first = format!("{}\n", postmaster.id());
        self.postmaster = Some(postmaster);
        let end = Instant::now() + Duration::from_secs(30);
        // As `pg_ctl` waits for it.
        let says = || fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let ready = |said: String| said.starts_with(&first) && said.trim_end().ends_with("\nready");
        while !ready(says()) {
            assert!(
                Instant::now() < end,
                "{}",
                fs::read_to_string(self.path().join("log")).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as a crash does: nobody is told, nothing is tidied up.
    pub fn crash(&mut self) {
        self.signal("QUIT");
        if let Some(mut postmaster) = self.postmaster.take() {
            postmaster.wait().expect("gone");
        }
    }

    /// Stops all of its processes as they are, or lets them go on.
    pub fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        // Each connection is a process of its own, and the only ones with this data directory's
        // postmaster as parent.
        let parent = self.postmaster.as_ref().expect("running").id().to_string();
        Command::new("pkill")
            .args([signal, "--parent", &parent])
            .status()
            .expect("pkill: apt-get install procps");
        self.signal(&signal[1..]);
    }

    fn signal(&self, name: &str) {
        let Some(postmaster) = &self.postmaster else {
            return;
        };
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(postmaster.id().to_string())
            .status();
        assert!(sent.expect("kill").success());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.postmaster.is_some() {
            self.freeze(false);
            self.crash();
        }
    }
}

/// The user that PostgreSQL runs as where this runs as root, who it refuses to be.
fn postgres_user() -> Option<u32> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().expect("id");
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    let me: u32 = id(&["-u"]).expect("a number");
    (me == 0).then(|| id(&["-u", "postgres"]).expect("a user postgres: apt-get install postgresql"))
}

/// A folder for PostgreSQL, which does not run as root.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(user) = postgres_user() {
        chown(folder.path(), Some(user), None).expect("given away");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("opened");
    }
    folder
}

/// Where the programs are: of the newest version of Debian's, where nobody says which.
fn programs() -> String {
    let newest = || {
        let versions = fs::read_dir(DEBIAN).expect("PostgreSQL: apt-get install postgresql");
        let version = |entry: std::io::Result<fs::DirEntry>| {
            entry.ok()?.file_name().to_str()?.parse::<u32>().ok()
        };
        let newest = versions
            .filter_map(version)
            .max()
            .expect("PostgreSQL: apt-get install postgresql");
        format!("{DEBIAN}/{newest}/bin")
    };
    std::env::var(PROGRAMS).unwrap_or_else(|_| newest())
}

fn program(name: &str) -> Command {
    let path = format!("{}/{name}", programs());
    let mut command = match postgres_user() {
        Some(_) => {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=postgres",
                "--regid=postgres",
                "--init-groups",
                &path,
            ]);
            command
        }
        None => Command::new(path),
    };
    // A folder that anybody may be in.
    command.current_dir("/");
    command
}
