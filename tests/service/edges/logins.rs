//! Logins, guessed passwords and garbage tokens: what they cost, whom they keep waiting, and what
//! of them reaches Keystone. Callers of many addresses are 127.x.y.z.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    server::{ALICE, Server, Store, share},
    wire::{self, Response},
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// The text of a login that ends its connection.
fn login(user: &str, password: &str) -> String {
    wire::with_body(
        "POST",
        "/v3/auth/tokens",
        None,
        &wire::login(user, password),
    )
}

/// One of many callers.
fn caller(number: usize) -> Ipv4Addr {
    let [.., high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 7, high, low)
}

/// Sends one request on each connection, and then reads what comes back; how long the last one
/// took.
fn at_once(connections: impl Iterator<Item = (TcpStream, String)>) -> (Vec<Response>, Duration) {
    let sent: Vec<_> = connections
        .map(|(mut stream, request)| {
            stream.write_all(request.as_bytes()).expect("sent");
            stream
        })
        .collect();
    let start = Instant::now();
    let responses = sent
        .into_iter()
        .map(|mut stream| wire::read(&mut stream).expect("a response"))
        .collect();
    (responses, start.elapsed())
}

fn count(responses: &[Response], status: u16) -> usize {
    responses
        .iter()
        .filter(|response| response.status == status)
        .count()
}

/// 600 logins of as many callers, left after 2 ms, and then one that stays.
fn abandoned_logins(store: Store, name: &str) {
    let server = Server::on(store);
    let before = server.usage();
    let watch = server.watch();
    for number in 0..600 {
        let mut stream =
            wire::connect_from(caller(number), server.address(), TIMEOUT).expect("a connection");
        stream
            .write_all(login(&format!("user-{number}"), "guess").as_bytes())
            .expect("sent");
        thread::sleep(Duration::from_millis(2));
        wire::reset(&stream);
    }
    let start = Instant::now();
    let stays = wire::ask(
        server.address(),
        &login("alice", "alice's password"),
        TIMEOUT,
    )
    .expect("a response");
    let waited = start.elapsed();
    let seen = watch.end();
    seen.print(&format!("600 abandoned logins, {name}"));
    println!(
        "  one that stays: {} after {waited:.1?}; before: {before:?}",
        stays.status
    );
    assert_eq!(stays.status, 201);
    assert!(
        seen.peak.memory <= before.memory + 80,
        "two passwords at a time take 19 MiB each"
    );
    assert!(
        seen.peak.threads <= before.threads + 10,
        "two passwords at a time take a thread each"
    );
    assert!(
        waited <= Duration::from_secs(2),
        "those that were left do not keep others waiting"
    );
    assert_eq!(seen.failed, 0);
}

#[test]
fn abandoned_logins_cost_no_more_than_two_at_a_time() {
    abandoned_logins(Store::Sqlite, "SQLite");
}

#[test]
fn abandoned_logins_cost_no_more_than_two_at_a_time_on_postgres() {
    abandoned_logins(Store::Postgres, "PostgreSQL");
}

#[test]
fn logins_that_one_address_keeps_leaving_do_not_keep_others_out() {
    let server = Server::on(Store::Sqlite);
    let address = server.address();
    let attack = thread::spawn(move || {
        let (start, mut open) = (Instant::now(), VecDeque::new());
        let mut number = 0;
        while start.elapsed() < Duration::from_secs(3) {
            number += 1;
            let mut stream = wire::connect_from(caller(0), address, TIMEOUT).expect("a connection");
            stream
                .write_all(login(&format!("user-{number}"), "guess").as_bytes())
                .expect("sent");
            open.push_back(stream);
            if open.len() > 80 {
                wire::reset(&open.pop_front().expect("many"));
            }
            thread::sleep(Duration::from_millis(3));
        }
        number
    });
    let mut waits = vec![];
    while !attack.is_finished() {
        let start = Instant::now();
        let response =
            wire::ask(address, &login("alice", "alice's password"), TIMEOUT).expect("a response");
        assert_eq!(response.status, 201);
        waits.push(start.elapsed());
        thread::sleep(Duration::from_millis(50));
    }
    let left = attack.join().expect("no panic");
    let longest = waits.iter().max().copied().unwrap_or_default();
    println!(
        "{left} logins left by one address in 3 s: {} good logins, longest {longest:.1?}",
        waits.len()
    );
    assert!(longest <= Duration::from_secs(2));
}

#[test]
fn completed_logins_leave_no_memory_behind() {
    let server = Server::on(Store::Sqlite);
    let before = server.usage();
    let request = login("alice", "alice's password");
    for _ in 0..8 {
        let together = (0..25).map(|_| {
            (
                wire::connect(server.address(), TIMEOUT).expect("a connection"),
                request.clone(),
            )
        });
        let (responses, _) = at_once(together);
        assert_eq!(count(&responses, 201), responses.len());
        assert_eq!(
            wire::ask(server.address(), &request, TIMEOUT)
                .expect("a response")
                .status,
            201
        );
    }
    let after = server.usage();
    println!(
        "208 logins: {} MB before, {} MB after, {} threads",
        before.memory, after.memory, after.threads
    );
    assert!(
        after.memory <= before.memory + 2 * 19 + 20,
        "as much as two passwords need"
    );
}

#[test]
fn guesses_beyond_the_quota_are_not_hashed_and_the_right_one_among_them_gets_no_token() {
    let server = Server::on(Store::Sqlite);
    let connections = (0..200).map(|number| {
        let password = if number == 150 {
            "alice's password"
        } else {
            "guess"
        };
        (
            wire::connect(server.address(), TIMEOUT).expect("a connection"),
            login("alice", password),
        )
    });
    let (responses, longest) = at_once(connections);
    let [hashed, throttled, right] = [401, 429, 201].map(|status| count(&responses, status));
    println!(
        "200 guesses at once: {hashed} hashed, {throttled} throttled, {right} got a token, in {longest:.1?}"
    );
    assert!(
        hashed <= 12 && right == 0,
        "ten a minute are tried for a user from an address"
    );
    assert_eq!(
        hashed + throttled,
        200,
        "an address does not fill the queue"
    );
}

#[test]
fn a_good_token_passes_in_the_midst_of_garbage_from_its_address() {
    let server = Server::with(
        Store::Sqlite,
        &[("LIMITS_UNAUTHENTICATED_PER_SECOND", "5")],
        "",
    );
    let (mut garbage, mut good) = (vec![], vec![]);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        let token = format!("garbage-{}", garbage.len());
        garbage.push(
            wire::ask(
                server.address(),
                &wire::get(&share(), Some(&token)),
                TIMEOUT,
            )
            .expect("a response"),
        );
        good.push(
            wire::ask(
                server.address(),
                &wire::get(&share(), Some("alice")),
                TIMEOUT,
            )
            .expect("a response"),
        );
        thread::sleep(Duration::from_millis(1000 / 12));
    }
    let (refused, throttled) = (count(&garbage, 401), count(&garbage, 429));
    println!(
        "garbage: {refused} × 401, {throttled} × 429; good: {} of {} × 200",
        count(&good, 200),
        good.len()
    );
    assert_eq!(count(&good, 200), good.len());
    assert!(throttled > 0);
}

#[test]
fn a_login_that_would_wait_too_long_is_told_to_retry_later() {
    let server = Server::on(Store::Sqlite);
    let watch = server.watch();
    let connections = (0..600).map(|number| {
        let stream =
            wire::connect_from(caller(number), server.address(), TIMEOUT).expect("a connection");
        (stream, login(&format!("user-{number}"), "guess"))
    });
    let (responses, longest) = at_once(connections);
    watch.end().print("600 logins at once");
    let busy: Vec<_> = responses
        .iter()
        .filter(|response| response.status == 503)
        .collect();
    println!(
        "  {} hashed, {} × 503, longest wait {longest:.1?}",
        count(&responses, 401),
        busy.len()
    );
    assert!(busy.len() >= 20, "the queue is bounded");
    assert!(
        busy.iter()
            .all(|busy| busy.header("retry-after").is_some() && busy.body().contains("Too busy"))
    );
    assert!(longest <= Duration::from_secs(4), "and so is the wait");
}

/// A Keystone that takes its time, knows alice, and counts what it is asked.
struct SlowKeystone {
    address: SocketAddr,
    asked: Arc<Asked>,
}

#[derive(Default)]
struct Asked {
    total: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

impl SlowKeystone {
    const ANSWER: Duration = Duration::from_millis(500);

    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (address, asked) = (
            listener.local_addr().expect("bound"),
            Arc::new(Asked::default()),
        );
        let counting = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let asked = Arc::clone(&counting);
                thread::spawn(move || while Self::respond(&stream, &asked).is_some() {});
            }
        });
        Self { address, asked }
    }

    /// A server that asks it, and has heard of alice.
    fn server(&self, settings: &[(&str, &str)]) -> Server {
        let address = format!("http://{}/v3", self.address);
        let keystone = [
            ("IDENTITY_MODE", "keystone"),
            ("KEYSTONE_ADDRESS", address.as_str()),
        ];
        let server = Server::with(Store::Sqlite, &[&keystone, settings].concat(), "");
        assert_eq!(
            wire::ask(
                server.address(),
                &wire::get(&share(), Some("alice")),
                TIMEOUT
            )
            .expect("known")
            .status,
            200
        );
        server
    }

    fn respond(stream: &TcpStream, asked: &Asked) -> Option<()> {
        let head: Vec<_> = BufReader::new(stream)
            .lines()
            .map_while(Result::ok)
            .take_while(|l| !l.is_empty())
            .collect();
        let subject = head
            .iter()
            .find_map(|line| line.strip_prefix("x-subject-token: "))?;
        asked.total.fetch_add(1, Ordering::SeqCst);
        let under_way = asked.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        asked.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        let (status, body) = if subject.starts_with("alice") {
            let project = format!(r#"{{"id":"{ALICE}","name":"alice"}}"#);
            let times = r#""issued_at":"2026-01-01T00:00:00.000000Z","expires_at":"2999-01-01T00:00:00.000000Z""#;
            let user = r#""user":{"name":"alice"},"roles":[{"name":"member"}]"#;
            (
                "200 OK",
                format!(r#"{{"token":{{{user},"project":{project},{times}}}}}"#),
            )
        } else {
            thread::sleep(Self::ANSWER);
            ("404 Not Found", "{}".to_owned())
        };
        asked.under_way.fetch_sub(1, Ordering::SeqCst);
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = stream;
        stream.write_all(response.as_bytes()).ok()
    }
}

/// Requests with as many tokens that were never issued.
fn garbage_at_once(server: &Server, tokens: usize) -> (Vec<Response>, Duration) {
    at_once((0..tokens).map(|number| {
        let stream = wire::connect(server.address(), TIMEOUT).expect("a connection");
        (
            stream,
            wire::get(&share(), Some(&format!("garbage-{number}"))),
        )
    }))
}

#[test]
fn a_flood_of_garbage_tokens_reaches_keystone_a_few_at_a_time() {
    let keystone = SlowKeystone::start();
    let server = keystone.server(&[]);
    let before = server.usage();
    let watch = server.watch();
    let (responses, longest) = garbage_at_once(&server, 800);
    let seen = watch.end();
    let most = keystone.asked.most_under_way.load(Ordering::SeqCst);
    seen.print("800 garbage tokens, Keystone");
    let [refused, unavailable] = [401, 503].map(|status| count(&responses, status));
    println!(
        "  {most} questions at a time; {refused} × 401, {unavailable} × 503, longest wait {longest:.1?}"
    );
    assert!(most <= 32, "{most} questions at a time");
    assert!(
        seen.peak.descriptors <= before.descriptors + 800 + 50,
        "a connection for each caller, and few beside"
    );
    assert!(
        longest <= Duration::from_secs(5) && seen.failed == 0,
        "known callers go on"
    );
}

#[test]
fn an_address_asks_keystone_as_often_as_its_rate_allows_and_known_callers_from_there_go_on() {
    let keystone = SlowKeystone::start();
    let server = keystone.server(&[("LIMITS_UNAUTHENTICATED_PER_SECOND", "5")]);
    let watch = server.watch();
    let (responses, longest) = garbage_at_once(&server, 200);
    let seen = watch.end();
    // One of them was about alice.
    let asked = keystone.asked.total.load(Ordering::SeqCst) - 1;
    seen.print("200 garbage tokens at 5 a second, Keystone");
    println!(
        "  {asked} asked about, {} × 429, in {longest:.1?}",
        count(&responses, 429)
    );
    assert!(asked <= 15, "5 a second, while they were sent");
    assert_eq!(seen.failed, 0);
}

#[test]
fn garbage_tokens_of_one_address_do_not_keep_new_tokens_of_others_out() {
    let keystone = SlowKeystone::start();
    let server = keystone.server(&[]);
    let address = server.address();
    let attack = thread::spawn(move || {
        let (start, mut responses) = (Instant::now(), vec![]);
        for wave in 0.. {
            if start.elapsed() >= Duration::from_secs(3) {
                break;
            }
            responses.extend(
                at_once((0..330).map(|number| {
                    let stream =
                        wire::connect_from(caller(0), address, TIMEOUT).expect("a connection");
                    (
                        stream,
                        wire::get(&share(), Some(&format!("garbage-{wave}-{number}"))),
                    )
                }))
                .0,
            );
        }
        responses
    });
    let (mut new, mut longest) = (vec![], Duration::ZERO);
    while !attack.is_finished() {
        let mut stream = wire::connect_from(caller(1), address, TIMEOUT).expect("a connection");
        let start = Instant::now();
        stream
            .write_all(wire::get(&share(), Some(&format!("alice-{}", new.len()))).as_bytes())
            .expect("sent");
        new.push(wire::read(&mut stream).expect("a response"));
        longest = longest.max(start.elapsed());
        thread::sleep(Duration::from_millis(50));
    }
    let garbage = attack.join().expect("no panic");
    let [refused, throttled] = [401, 429].map(|status| count(&garbage, status));
    println!(
        "garbage of one address: {refused} × 401, {throttled} × 429 of {}",
        garbage.len()
    );
    println!(
        "  new tokens of another: {} of {} × 200, longest wait {longest:.1?}",
        count(&new, 200),
        new.len()
    );
    assert_eq!(count(&new, 200), new.len());
    assert!(throttled > 0);
}
