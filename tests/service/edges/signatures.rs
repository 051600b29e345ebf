//! Requests with signatures: overheard ones that are sent again, bodies that no operation reads, a
//! key that signs without end; and what a page of another host, or a neighbour, gets from the demo.

use std::{
    fs,
    io::{BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use testkit::{process::ServerProcess, signer::Unsigned};

use super::{
    server::{ALICE, BOB, Server, Store, members, program},
    wire::{self, Response},
};

const SECOND: Duration = Duration::from_secs(1);
/// Longer than a repeat is taken to be the client's own.
const LATER: Duration = Duration::from_millis(2_100);
const HOST: &str = "127.0.0.1";

/// A server where somebody of alice's project has the access key AK, and somebody of bob's BK.
fn server() -> Server {
    let server = Server::on(Store::Sqlite);
    let keys = server.file("keys.yaml");
    let user = |project: &str, key: &str| {
        let keys = format!("access_keys: [{{access: {key}, secret: SK}}]");
        format!("{{name: has {key}, project_id: '{project}', roles: [member], {keys}}}")
    };
    let users = [user(ALICE, "AK"), user(BOB, "BK")].join(", ");
    fs::write(&keys, format!("users: [{users}]\n")).expect("written");
    let database = format!("sqlite:{}", server.file("store.db").display());
    let mut load = Command::new(program());
    let loaded = load
        .args(["catalog", "load"])
        .arg(keys)
        .args(["--database", &database])
        .output()
        .expect("the command");
    assert!(loaded.status.success(), "{loaded:?}");
    server
}

/// The present, as signatures have it.
fn date(ahead: i64) -> String {
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The head of a request that is signed with `host`, as every build accepts it.
fn head(method: &str, path: &str, date: &str, body: &str, access: &str) -> String {
    let headers = [("host", HOST), ("x-sdk-date", date)];
    let authorization = Unsigned {
        method,
        path,
        query: "",
        headers: &headers,
        date,
        body,
    }
    .authorization(access, "SK");
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Sdk-Date: {date}\r\nContent-Type: application/json\r\n\
         Authorization: {authorization}\r\n"
    )
}

fn signed(method: &str, path: &str, body: &str, access: &str) -> String {
    let head = head(method, path, &date(0), body, access);
    format!(
        "{head}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn ask(server: &Server, request: &str) -> Response {
    wire::ask(server.address(), request, Duration::from_secs(10)).expect("a response")
}

fn add(server: &Server, project: &str) -> Response {
    let body = format!(r#"{{"members":["{project}"]}}"#);
    ask(
        server,
        &wire::with_body("POST", &members(1), Some("alice"), &body),
    )
}

#[test]
fn a_delete_that_was_overheard_does_not_remove_a_share_made_since() {
    let server = server();
    assert_eq!(add(&server, "p01").status, 200);
    let delete = signed("DELETE", &format!("{}/p01", members(1)), "", "AK");
    assert_eq!(ask(&server, &delete).status, 204);
    assert_eq!(add(&server, "p01").status, 200, "shared again");
    thread::sleep(LATER);
    let again = ask(&server, &delete);
    let shown = ask(
        &server,
        &wire::get(&format!("{}/p01", members(1)), Some("alice")),
    );
    println!(
        "a signed DELETE, {LATER:?} later: {}; the share: {}",
        again.status, shown.status
    );
    assert_eq!((again.status, shown.status), (401, 200));
    assert!(
        again.body().contains("The signature was used before"),
        "{again:?}"
    );
}

#[test]
fn a_put_that_was_overheard_does_not_accept_again_what_was_rejected_since() {
    let server = server();
    assert_eq!(add(&server, BOB).status, 200);
    let record = format!("{}/{BOB}", members(1).replace(ALICE, BOB));
    let accept = r#"{"status":"accepted","vault_id":"b0000000-0000-4000-8000-000000000001"}"#;
    let accept = signed("PUT", &record, accept, "BK");
    assert_eq!(ask(&server, &accept).status, 200);
    let reject = wire::with_body("PUT", &record, Some("bob"), r#"{"status":"rejected"}"#);
    assert_eq!(ask(&server, &reject).status, 200);
    thread::sleep(LATER);
    let again = ask(&server, &accept);
    let shown = ask(&server, &wire::get(&record, Some("bob")));
    let rejected = shown.body().contains(r#""status":"rejected""#);
    println!(
        "a signed PUT, {LATER:?} later: {}; still rejected: {rejected}",
        again.status
    );
    assert_eq!((again.status, rejected), (401, true));
}

#[test]
fn add_delete_and_add_within_a_second_are_all_meant() {
    let server = server();
    let (add, delete) = (
        signed("POST", &members(1), r#"{"members":["p01"]}"#, "AK"),
        signed("DELETE", &format!("{}/p01", members(1)), "", "AK"),
    );
    let statuses = [&add, &delete, &add, &delete].map(|request| ask(&server, request).status);
    println!("add, delete, add, delete with the same signatures: {statuses:?}");
    assert_eq!(statuses, [200, 204, 200, 204]);
}

/// What was answered to a head alone, whose body does not come.
fn answered(address: SocketAddr, head: &str) -> Option<u16> {
    let mut stream = wire::connect(address, 3 * SECOND).expect("it listens");
    stream
        .write_all(format!("{head}Content-Length: 1000000\r\n\r\n").as_bytes())
        .expect("sent");
    let mut status = [0; 12];
    stream.read_exact(&mut status).ok()?;
    String::from_utf8_lossy(&status[9..]).parse().ok()
}

#[test]
fn a_body_is_not_waited_for_before_the_route_the_key_and_the_date_are_good() {
    let server = server();
    let start = Instant::now();
    for (case, head, status) in [
        (
            "a page that has no callers",
            head("GET", "/livez", &date(0), "", "AK"),
            200,
        ),
        (
            "no such page",
            head("POST", "/nope", &date(0), "", "AK"),
            404,
        ),
        (
            "no such key",
            head("POST", &members(1), &date(0), "", "XX"),
            401,
        ),
        (
            "an old date",
            head("POST", &members(1), &date(-1_000), "", "AK"),
            401,
        ),
        (
            "no signature",
            format!(
                "POST {} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer x\r\n",
                members(1)
            ),
            401,
        ),
    ] {
        assert_eq!(answered(server.address(), &head), Some(status), "{case}");
    }
    println!(
        "five refusals of requests whose bodies never come: {:.1?}",
        start.elapsed()
    );
}

#[test]
fn bodies_that_no_operation_reads_take_no_memory() {
    let server = server();
    let before = server.usage().memory;
    let watch = server.watch();
    let head = head("GET", "/livez", &date(0), "", "AK");
    let mut sent = 0;
    let held: Vec<TcpStream> = (0..60)
        .map(|_| {
            let mut stream = wire::connect(server.address(), SECOND).expect("it listens");
            let _ = stream.write_all(format!("{head}Content-Length: 1000000\r\n\r\n").as_bytes());
            let body = [b'x'; 65_536];
            sent += (0..14)
                .map_while(|_| stream.write(&body).ok())
                .sum::<usize>();
            stream
        })
        .collect();
    thread::sleep(SECOND / 2);
    drop(held);
    let seen = watch.end();
    seen.print("60 bodies of 1 MB that no operation reads");
    let grown = seen.peak.memory.saturating_sub(before);
    println!("{} KB were sent, memory grew by {grown} MB", sent / 1024);
    assert!(grown < 25, "{grown} MB");
}

#[test]
fn a_claim_that_covers_a_header_again_and_again_takes_no_memory() {
    let server = server();
    let before = server.usage().memory;
    let watch = server.watch();
    let (path, names, value) = (members(1), "a;".repeat(6_000), "x".repeat(40_000));
    let authorization = format!(
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders={names}x-sdk-date, Signature={}",
        "0".repeat(64)
    );
    let date = date(0);
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nX-Sdk-Date: {date}\r\nA: {value}\r\n\
         Authorization: {authorization}\r\n\r\n"
    );
    let status = wire::ask(server.address(), &request, 30 * SECOND)
        .expect("a response")
        .status;
    let seen = watch.end();
    seen.print("a head of 52 KB that covers 40 KB 6,000 times");
    let grown = seen.peak.memory.saturating_sub(before);
    println!("answered with {status}, memory grew by {grown} MB");
    assert_eq!(status, 401);
    assert!(grown < 25, "{grown} MB");
}

/// Requests one behind the other on one connection; how many got each status.
fn pipelined(address: SocketAddr, requests: Vec<String>) -> [usize; 2] {
    let stream = wire::connect(address, 10 * SECOND).expect("it listens");
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    let count = requests.len();
    let writer = thread::spawn(move || {
        let mut stream = stream;
        requests
            .chunks(50)
            .try_for_each(|chunk| stream.write_all(chunk.concat().as_bytes()))
    });
    let (mut admitted, mut throttled) = (0, 0);
    for _ in 0..count {
        match one(&mut reader) {
            429 => throttled += 1,
            400 => admitted += 1,
            other => panic!("{other}"),
        }
    }
    writer.join().expect("no panic").expect("sent");
    [admitted, throttled]
}

/// The status of one response with a body of a known length.
fn one(reader: &mut impl std::io::BufRead) -> u16 {
    let (mut status, mut length, mut line) = (0, 0, String::new());
    while reader.read_line(&mut line).expect("a line") > 2 {
        if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
            status = rest[..3].parse().expect("a status");
        } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        line.clear();
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).expect("a body");
    status
}

#[test]
fn a_key_that_signs_without_end_is_throttled_alone() {
    let server = server();
    let date = date(0);
    // Refused by a rule, once its signature was let in: a project is not shared with itself.
    let body = |number: usize| format!(r#"{{"members":["{ALICE}"],"n":{number}}}"#);
    let request = |number| {
        let body = body(number);
        format!(
            "{}Content-Length: {}\r\n\r\n{body}",
            head("POST", &members(1), &date, &body, "AK"),
            body.len()
        )
    };
    let batches: Vec<Vec<String>> = (0..4)
        .map(|batch| {
            (0..1_500)
                .map(|number| request(batch * 1_500 + number))
                .collect()
        })
        .collect();
    let before = server.usage().memory;
    let watch = server.watch();
    let start = Instant::now();
    let threads: Vec<_> = batches
        .into_iter()
        .map(|batch| {
            let address = server.address();
            thread::spawn(move || pipelined(address, batch))
        })
        .collect();
    let counts: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"))
        .collect();
    let took = start.elapsed();
    let seen = watch.end();
    seen.print("6,000 signed writes of one key at once");
    let (admitted, throttled) = (
        counts.iter().map(|c| c[0]).sum::<usize>(),
        counts.iter().map(|c| c[1]).sum::<usize>(),
    );
    let grown = seen.peak.memory.saturating_sub(before);
    println!(
        "{admitted} admitted and {throttled} throttled in {took:.1?}; memory grew by {grown} MB"
    );
    let most = 1_000 * (took.as_secs() as usize + 2);
    assert!(
        admitted <= most,
        "{admitted} in {took:?}, a thousand a second is the most"
    );
    assert_eq!(seen.failed, 0, "a caller with a token is not concerned");
    assert!(seen.longest() < 5 * SECOND, "{:?}", seen.longest());
}

#[test]
fn a_page_of_another_host_reads_nothing_of_the_demo() {
    let mut demo = Command::new(program());
    demo.args(["serve", "--demo", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::null());
    let demo = ServerProcess::spawn(demo);
    let address = demo.address;
    let ask = |host: &str| {
        let request = format!(
            "GET /docs/swagger-initializer.js HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        );
        wire::ask(address, &request, 5 * SECOND).expect("a response")
    };
    let (home, elsewhere) = (ask(&address.to_string()), ask("attacker.example"));
    println!(
        "the demo's tokens, to this machine: {}, to attacker.example: {}",
        home.status, elsewhere.status
    );
    assert!(home.body().contains("demo-owner"), "{home:?}");
    assert_eq!(elsewhere.status, 400);
    assert!(!elsewhere.text.contains("demo-owner"), "{elsewhere:?}");
}

#[test]
fn the_demo_is_not_opened_to_the_network_by_an_address_alone() {
    let mut demo = Command::new(program());
    let demo = demo
        .args(["serve", "--demo", "--listen", "0.0.0.0:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut demo = demo.spawn().expect("the command");
    let deadline = Instant::now() + 3 * SECOND;
    let ended = loop {
        match demo.try_wait().expect("a process") {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
            ended => break ended,
        }
    };
    let _ = demo.kill();
    let mut said = String::new();
    demo.stderr
        .take()
        .expect("its log")
        .read_to_string(&mut said)
        .expect("text");
    let _ = demo.wait();
    println!("serve --demo --listen 0.0.0.0:0 ends with {ended:?}");
    assert_eq!(ended.and_then(|ended| ended.code()), Some(2), "{said}");
    assert!(said.contains("--demo-anywhere"), "{said}");
}
