//! What happens to a store from outside: callers that leave, callers that all ask at once, other
//! processes that lock, empty, remove or replace the file, other users of the machine.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use testkit::postgres;

use super::{
    server::{BOB, Server, Store, members, share},
    wire::{self, Response},
};

const LONG: Duration = Duration::from_secs(20);

fn get(server: &Server, path: &str, token: Option<&str>) -> Response {
    wire::ask(server.address(), &wire::get(path, token), LONG).expect("a response")
}

/// Alice shares one of her backups with a project.
fn sharing(backup: u8, project: &str) -> String {
    wire::with_body(
        "POST",
        &members(backup),
        Some("alice"),
        &format!(r#"{{"members": ["{project}"]}}"#),
    )
}

fn add(server: &Server, backup: u8) -> u16 {
    wire::ask(server.address(), &sharing(backup, BOB), LONG)
        .expect("a response")
        .status
}

/// Another process that writes to the file, until it is dropped.
fn lock(server: &Server) -> Connection {
    let connection = Connection::open(server.file("store.db")).expect("the database");
    connection.execute_batch("BEGIN IMMEDIATE").expect("locked");
    connection
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn the_files_of_a_store_are_their_owners_alone_whatever_the_umask() {
    let server = Server::with(Store::Sqlite, &[], "umask 000;");
    assert_eq!(add(&server, 1), 200);
    let modes = ["store.db", "store.db-wal", "store.db-shm"].map(|name| mode(&server.file(name)));
    println!(
        "umask 000: modes {:03o}, {:03o}, {:03o}",
        modes[0], modes[1], modes[2]
    );
    assert_eq!(modes, [0o600; 3]);
}

#[test]
fn under_a_foreign_lock_every_write_ends_within_the_deadline() {
    const WRITES: usize = 1_200;
    let server = Server::with(Store::Sqlite, &[], "ulimit -n 4096;");
    let lock = lock(&server);
    let holder = thread::spawn(move || {
        thread::sleep(Duration::from_secs(8));
        drop(lock);
    });
    let request = sharing(1, BOB);
    let send = || {
        // Not so fast that the system drops connections before they are accepted: those are sent
        // again after a second.
        thread::sleep(Duration::from_millis(2));
        (sent(server.address(), &request), Instant::now())
    };
    let mut streams: Vec<_> = (0..WRITES).map(|_| send()).collect();
    let (mut longest, mut refused) = (Duration::ZERO, 0);
    for (stream, start) in &mut streams {
        refused += usize::from(wire::read(stream).expect("a response").status == 503);
        longest = longest.max(start.elapsed());
    }
    println!(
        "foreign lock of 8 s, {WRITES} writes: {refused} times 503, the longest wait {longest:.1?}"
    );
    assert!(longest < Duration::from_secs(6), "the deadline is 5 s");
    assert!(refused > 0);
    holder.join().expect("no panic");
}

fn sent(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = wire::connect(address, LONG).expect("a connection");
    stream.write_all(request.as_bytes()).expect("sent");
    stream
}

#[test]
fn a_write_whose_caller_left_while_it_waited_is_not_done() {
    let server = Server::on(Store::Sqlite);
    let lock = lock(&server);
    for _ in 0..50 {
        let stream = sent(server.address(), &sharing(1, BOB));
        thread::sleep(Duration::from_millis(10));
        wire::reset(&stream);
    }
    drop(lock);
    thread::sleep(Duration::from_millis(500));
    let status = get(&server, &format!("{}/{BOB}", members(1)), Some("alice")).status;
    println!("50 writes left under a foreign lock: the share is {status}");
    assert_eq!(status, 404);
}

#[test]
fn a_file_that_is_removed_emptied_or_replaced_is_noticed_and_nothing_is_acknowledged_any_more() {
    type Accident = fn(&Path);
    let accidents: [(&str, Accident); 4] = [
        ("removed", |file| fs::remove_file(file).expect("removed")),
        ("emptied", |file| {
            drop(fs::File::create(file).expect("emptied"))
        }),
        ("replaced", |file| {
            let copy = file.with_file_name("copy.db");
            fs::copy(file, &copy)
                .and_then(|_| fs::rename(copy, file))
                .expect("replaced");
        }),
        ("without its log", |file| {
            fs::remove_file(file.with_file_name("store.db-wal")).expect("removed")
        }),
    ];
    thread::scope(|scope| {
        for (what, accident) in accidents {
            scope.spawn(move || is_noticed(what, accident));
        }
    });
}

fn is_noticed(what: &str, accident: impl Fn(&Path)) {
    let server = Server::on(Store::Sqlite);
    assert_eq!(
        (get(&server, "/readyz", None).status, add(&server, 1)),
        (200, 200)
    );
    accident(&server.file("store.db"));
    let wrote = add(&server, 2);
    // What it said before counts for a second.
    thread::sleep(Duration::from_millis(1_010));
    let ready = get(&server, "/readyz", None).status;
    println!("the file is {what}: a write {wrote}, /readyz {ready}");
    assert_eq!((wrote, ready), (503, 503), "{what}");
    assert!(
        server.log().contains("the next start would not find them"),
        "{}",
        server.log()
    );
}

/// `GET /readyz` over persistent connections for a while; how many times.
fn flood_readyz(address: SocketAddr, time: Duration) -> usize {
    let end = Instant::now() + time;
    let ask = move || {
        let mut stream = wire::connect(address, LONG).expect("a connection");
        let (mut asked, mut buffer) = (0, [0; 4096]);
        while Instant::now() < end {
            stream
                .write_all(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                .expect("sent");
            let read = stream.read(&mut buffer).expect("a response");
            assert!(buffer[..read].starts_with(b"HTTP/1.1 200"));
            asked += 1;
        }
        asked
    };
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(ask)).collect();
    threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"))
        .sum()
}

#[test]
fn readiness_is_checked_once_a_second_however_many_ask() {
    let time = Duration::from_secs(2);
    let server = Server::on(Store::Sqlite);
    let log = server.file("store.db-wal");
    let watch = server.watch();
    let sizes = thread::spawn(move || {
        let end = Instant::now() + time;
        let mut largest = 0;
        while Instant::now() < end {
            largest = fs::metadata(&log).map_or(0, |log| log.len()).max(largest);
            thread::sleep(Duration::from_millis(5));
        }
        largest
    });
    let asked = flood_readyz(server.address(), time);
    let largest = sizes.join().expect("no panic");
    watch.end().print(&format!(
        "{asked} times /readyz, write-ahead log at most {} KB",
        largest / 1024
    ));
    assert!(asked > 1_000 && largest < 256 * 1024, "a probe writes 8 KB");
}

#[test]
fn readiness_on_postgresql_is_checked_once_a_second_however_many_ask() {
    let server = Server::on(Store::Postgres);
    let written = || postgres::number(&server.database(), "SELECT max(number) FROM last_writes");
    let before = written();
    let asked = flood_readyz(server.address(), Duration::from_secs(2));
    let probes = written() - before;
    println!("{asked} times /readyz on PostgreSQL: {probes} probes");
    assert!(asked > 1_000 && (1..=5).contains(&probes));
}

#[test]
fn while_keystone_is_out_of_reach_the_server_is_ready_and_says_degraded() {
    let settings = [
        ("IDENTITY_MODE", "keystone"),
        ("KEYSTONE_ADDRESS", "http://127.0.0.1:9/v3"),
    ];
    let server = Server::with(Store::Sqlite, &settings, "");
    let ready = || get(&server, "/readyz", None);
    assert_eq!(
        (ready().status, ready().body()),
        (200, "ok\n"),
        "Keystone was not asked yet"
    );
    assert_eq!(get(&server, &share(), Some("alice")).status, 503);
    println!(
        "Keystone is out of reach: /readyz {} {:?}",
        ready().status,
        ready().body()
    );
    assert_eq!(
        (ready().status, ready().body()),
        (200, "degraded: the identity service is out of reach\n")
    );
}

#[test]
fn callers_that_leave_cost_postgresql_no_connections() {
    let server = Server::on(Store::Postgres);
    let sessions = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()";
    let sessions = || postgres::number(&server.database(), sessions);
    assert_eq!(get(&server, &share(), Some("alice")).status, 200);
    let before = sessions();
    let watch = server.watch();
    let end = Instant::now() + Duration::from_secs(4);
    let mut left = 0;
    while Instant::now() < end {
        let stream = sent(
            server.address(),
            &wire::get(&share(), Some(&format!("garbage-{left}"))),
        );
        // In the midst of anything: looking for a connection, asking, being answered.
        thread::sleep(Duration::from_micros(200 + 100 * (left % 20)));
        wire::reset(&stream);
        drop(stream);
        left += 1;
        thread::sleep(Duration::from_millis(5));
    }
    let seen = watch.end();
    // The connections that this test makes are among them.
    let made = sessions() - before;
    seen.print(&format!(
        "{left} callers left PostgreSQL, {made} connections made"
    ));
    assert_eq!(seen.failed, 0);
    assert!(made <= 25, "the pool has 16, and they are used again");
}

#[test]
fn a_limit_of_file_sizes_refuses_writes_and_ends_no_server() {
    // In blocks of 512 bytes.
    let mut server = Server::with(Store::Sqlite, &[], "ulimit -f 1024;");
    let (body, path) = (format!(r#"{{"members": ["{BOB}"]}}"#), members(1));
    let one = format!("{path}/{BOB}");
    let mut refused = 0;
    let end = Instant::now() + Duration::from_secs(8);
    while refused == 0 && Instant::now() < end {
        for request in [
            wire::with_body("POST", &path, Some("alice"), &body),
            wire::with_body("DELETE", &one, Some("alice"), ""),
        ] {
            let status =
                wire::ask(server.address(), &request, LONG).map_or(0, |response| response.status);
            assert!(
                server.process.child.try_wait().expect("a child").is_none(),
                "it is killed"
            );
            refused += usize::from(status == 503);
        }
    }
    assert!(refused > 0, "it never came to the limit");
    thread::sleep(Duration::from_millis(500));
    let status = get(&server, &share(), Some("alice")).status;
    println!("at the limit of file sizes: 503, and the server goes on: {status}");
    assert_eq!(status, 200);
}
