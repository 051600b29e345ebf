//! A disk that fills up: writes are refused until there is room again, reads go on, and nothing
//! that was acknowledged is lost. The disk is a small one in memory, in a mount namespace that ends
//! with the server.

use std::{
    fs::{self, File},
    io::Write,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use backup_share::store::{
    check,
    sqlite::{Sqlite, SqliteFile},
};
use reqwest::Method;
use testkit::{
    backups,
    fixture::{ALICE, BOB},
    http::{self, Response, send},
    process::ServerProcess,
};

/// How large the disk is: the database takes a part of it.
const DISK: &str = "2m";

/// A command that runs another one with a small disk at `place`.
fn with_disk(place: &Path) -> Command {
    let mut command = Command::new("unshare");
    // Root mounts by itself; anybody else where the system lets users be root in a namespace of
    // their own.
    let is_root = fs::metadata("/proc/self")
        .map(|own| std::os::unix::fs::MetadataExt::uid(&own))
        .expect("proc")
        == 0;
    command.args(if is_root {
        vec!["--mount"]
    } else {
        vec!["--mount", "--map-root-user"]
    });
    let mount =
        format!("mount -t tmpfs -o size={DISK},mode=700 none \"$1\" && shift && exec \"$@\"");
    command.args(["sh", "-c", &mount, "sh"]).arg(place);
    command
}

/// A server on a small disk, and the way to its files from outside, which outlives the server.
struct Small {
    server: ServerProcess,
    files: File,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Small {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("disk");
        fs::create_dir(&place).expect("a folder");
        let mounts = with_disk(&place)
            .arg("true")
            .output()
            .expect("unshare, of the package util-linux");
        let why = String::from_utf8_lossy(&mounts.stderr);
        assert!(
            mounts.status.success(),
            "this test mounts a disk: run it as root, or allow user namespaces: {why}"
        );
        let mut command = with_disk(&place);
        command.arg(testkit::process::program());
        let database = format!("sqlite:{}", place.join("test.db").display());
        let server =
            ServerProcess::start_by(command, &database, &[backups::data(folder.path(), 1000)]);
        let inside = PathBuf::from(format!(
            "/proc/{}/root{}",
            server.child.id(),
            place.display()
        ));
        Self {
            server,
            files: File::open(inside).expect("the disk"),
            http: http::client(),
            _folder: folder,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.files.as_raw_fd()))
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut filler = File::create(self.file("filler")).expect("a file");
        let full = (0..10_000)
            .find_map(|_| filler.write_all(&[1; 512]).err())
            .expect("the disk is small");
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.server.endpoint()));
        send(request.header("X-Auth-Token", "alice")).await
    }

    async fn send(&self, method: Method, path: String, token: &str, body: String) -> Response {
        let request = self
            .http
            .request(method, format!("{}{path}", self.server.endpoint()));
        send(
            request
                .header("X-Auth-Token", token)
                .header("Content-Type", "application/json")
                .body(body),
        )
        .await
    }

    async fn share(&self, number: usize) -> Response {
        self.send(
            Method::POST,
            path(ALICE, number),
            "alice",
            format!(r#"{{"members": ["{BOB}"]}}"#),
        )
        .await
    }

    async fn accept(&self, number: usize) -> Response {
        let body = r#"{"status": "accepted", "vault_id": "b0000000-0000-4000-8000-000000000001"}"#;
        self.send(
            Method::PUT,
            format!("{}/{BOB}", path(BOB, number)),
            "bob",
            body.into(),
        )
        .await
    }
}

fn path(caller: &str, number: usize) -> String {
    format!("/v3/{caller}/backups/{}/members", backups::backup(number))
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_writes_are_refused_reads_go_on_and_it_heals_by_itself() {
    let mut small = Small::start();
    let mut acknowledged = vec![];
    for number in 0..20 {
        assert_eq!(small.share(number).await.status, 200);
        assert_eq!(small.accept(number).await.status, 200);
        acknowledged.push(number);
    }
    small.fill();
    // There may be room left in files that are there already.
    let mut refused = vec![];
    for number in 20..200 {
        let told = small.share(number).await;
        match told.status.as_u16() {
            200 => acknowledged.push(number),
            _ => {
                assert_eq!(
                    told.error(),
                    (503, "BackupService.9910".to_owned()),
                    "{told:?}"
                );
                assert_eq!(told.header("retry-after"), "1");
                refused.push(number);
            }
        }
        if refused.len() == 10 {
            break;
        }
    }
    assert_eq!(refused.len(), 10, "the disk is full");
    assert_eq!(
        small.accept(refused[0]).await.error().0,
        404,
        "what was refused is not there: rules are still asked"
    );
    assert_eq!(small.get("/readyz").await.status, 503);
    assert_eq!(small.get("/livez").await.status, 200);
    for number in &acknowledged {
        assert_eq!(
            small.get(&path(ALICE, *number)).await.json()["count"],
            1,
            "reads go on"
        );
    }
    fs::remove_file(small.file("filler")).expect("room");
    let start = Instant::now();
    while small.get("/readyz").await.status != 200 {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "it heals by itself"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for number in refused {
        let again = small.share(number).await;
        assert!(
            again.status == 200 || again.code() == "BackupService.6703",
            "the same request again: {again:?}"
        );
        acknowledged.push(number);
    }
    small.server.kill();
    let members = after_the_kill(&small).await;
    assert_eq!(
        members,
        acknowledged.len(),
        "{} acknowledged",
        acknowledged.len()
    );
    println!("{members} shares acknowledged, 10 refused on a full disk and sent again, 0 lost");
}

/// How many shares the store has that the killed server left; all of it must hold together.
async fn after_the_kill(small: &Small) -> usize {
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["test.db", "test.db-wal"] {
        fs::copy(small.file(name), copy.path().join(name)).expect("copied");
    }
    let file = copy.path().join("test.db");
    drop(
        Sqlite::open(
            &file,
            backup_share::timestamp::Timestamp::from_micros(0).expect("a moment"),
        )
        .expect("a store"),
    );
    let findings = check::check(
        &SqliteFile::find(&file).expect("a store"),
        check::Projects::InStore,
    )
    .await
    .expect("looked at");
    assert!(
        findings.iter().all(|finding| finding.wrong == 0),
        "{findings:?}"
    );
    findings
        .iter()
        .find(|finding| finding.kind == "states")
        .expect("shares")
        .looked_at
}
