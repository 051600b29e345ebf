//! A cluster for one test, which may be killed, stopped and started again.

use std::{
    fs,
    io::Write,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    execute,
    programs::{folder, postgres_user, program},
};

/// A cluster that no other test uses.
pub struct Cluster {
    folder: TempDir,
    port: u16,
    postmaster: Option<Child>,
}

impl Cluster {
    /// A running one.
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

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its log.
    pub fn log(&self) -> PathBuf {
        self.path().join("log")
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.path().join(format!(".s.PGSQL.{}", self.port))
    }

    /// Its URL.
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
    pub fn with_tls() -> (Self, u16, PathBuf) {
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

    /// Starts it, and waits until it accepts connections.
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

    /// Ends it as a crash does, without a shutdown.
    pub fn crash(&mut self) {
        self.signal("QUIT");
        if let Some(mut postmaster) = self.postmaster.take() {
            postmaster.wait().expect("gone");
        }
    }

    /// Stops all of its processes as they are, or lets them go on.
    pub fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        // Each connection is a process, and the only ones with this data directory's
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
