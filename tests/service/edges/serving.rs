//! Connections: clients that send slowly, read nothing, send large bodies to be refused, or open as
//! many as they can.

use std::{
    collections::VecDeque,
    io::{self, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use super::{
    server::{ALICE, BOB, Server, Store, members},
    wire::{self, Response},
};

/// The head of a login, and the first byte of its body.
const SLOW: &str = "POST /v3/auth/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
                    Content-Length: 100\r\n\r\n{";

/// Connections that send this much and then nothing.
fn held(address: SocketAddr, count: usize, text: &str) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = wire::connect(address, Duration::from_secs(1)).ok()?;
        stream.write_all(text.as_bytes()).ok().map(|()| stream)
    };
    (0..count).filter_map(connect).collect()
}

#[test]
fn bodies_that_do_not_come_leave_room_for_others() {
    let server = Server::with(Store::Sqlite, &[], "ulimit -n 256;");
    let watch = server.watch();
    let streams = held(server.address(), 245, SLOW);
    thread::sleep(Duration::from_secs(4));
    drop(streams);
    let seen = watch.end();
    seen.print("245 bodies that do not come, at 256 descriptors");
    assert_eq!(seen.failed, 0, "others are served");
    assert!(
        seen.longest() < Duration::from_secs(2),
        "{:?}",
        seen.longest()
    );
}

#[test]
fn bodies_that_come_one_byte_at_a_time_take_no_more_memory_than_their_bytes() {
    let server = Server::on(Store::Sqlite);
    let before = server.usage().memory;
    let watch = server.watch();
    let mut streams = held(
        server.address(),
        40,
        &SLOW.replace("Length: 100", "Length: 16000"),
    );
    let start = Instant::now();
    for _ in 0..1_500 {
        for stream in &mut streams {
            stream.write_all(b" ").expect("sent");
        }
        thread::sleep(Duration::from_millis(1));
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "the machine is too slow for this test"
        );
    }
    let seen = watch.end();
    seen.print("40 bodies of 1,500 single bytes");
    let grown = seen.peak.memory.saturating_sub(before);
    println!("sent in {:.1?}; memory grew by {grown} MB", start.elapsed());
    drop(streams);
    assert!(grown < 40, "{grown} MB");
}

#[test]
fn connections_that_are_opened_again_and_again_leave_room_for_others() {
    let server = Server::with(Store::Sqlite, &[], "ulimit -n 256;");
    let watch = server.watch();
    let end = Instant::now() + Duration::from_secs(4);
    let attackers: Vec<_> = (0..4)
        .map(|_| {
            let address = server.address();
            thread::spawn(move || {
                let (mut streams, mut opened) = (vec![], 0_u32);
                while Instant::now() < end {
                    streams.extend(held(address, 1, SLOW));
                    opened += 1;
                    if streams.len() > 200 {
                        streams.clear();
                    }
                    thread::sleep(Duration::from_millis(2));
                }
                opened
            })
        })
        .collect();
    let opened: u32 = attackers
        .into_iter()
        .map(|attacker| attacker.join().expect("no panic"))
        .sum();
    let seen = watch.end();
    seen.print(&format!(
        "{opened} connections, up to 800 at a time, at 256 descriptors"
    ));
    assert_eq!(seen.failed, 0, "others are served");
    assert!(
        seen.longest() < Duration::from_secs(4),
        "{:?}",
        seen.longest()
    );
}

#[test]
fn a_server_out_of_descriptors_says_so_once_a_second_and_goes_on() {
    let server = Server::with(
        Store::Sqlite,
        &[("LIMITS_CONNECTIONS", "1000")],
        "ulimit -n 64;",
    );
    let watch = server.watch();
    let streams = held(server.address(), 200, SLOW);
    thread::sleep(Duration::from_secs(3));
    drop(streams);
    let seen = watch.end();
    let lines = server
        .log()
        .lines()
        .filter(|line| line.contains("cannot accept"))
        .count();
    seen.print(&format!(
        "200 connections at 64 descriptors, {lines} lines in the log"
    ));
    assert!((1..=6).contains(&lines), "{}", server.log());
    assert_eq!(seen.failed, 0, "others are served");
}

#[test]
fn large_bodies_that_are_not_finished_do_not_fill_the_memory() {
    let server = Server::on(Store::Sqlite);
    let before = server.usage().memory;
    let watch = server.watch();
    let text = SLOW.replace("Length: 100", "Length: 990000") + &" ".repeat(980_000);
    let streams = held(server.address(), 500, &text);
    thread::sleep(Duration::from_secs(1));
    let seen = watch.end();
    drop(streams);
    seen.print(&format!(
        "500 bodies of 980 KB that are not finished, from {before} MB"
    ));
    assert!(seen.peak.memory < before + 200, "{:?}", seen.peak);
    assert_eq!(seen.failed, 0, "others are served");
}

#[test]
fn slow_bodies_do_not_stretch_the_stop() {
    let server = Server::on(Store::Sqlite);
    let mut streams = held(server.address(), 3, SLOW);
    let trickle = thread::spawn(move || {
        // A byte every now and then, until the server has enough of it.
        while streams
            .iter_mut()
            .any(|stream| stream.write_all(b" ").is_ok())
        {
            thread::sleep(Duration::from_millis(500));
        }
    });
    thread::sleep(Duration::from_millis(200));
    let took = server.stop();
    println!("stop with 3 trickling bodies: {took:.1?}");
    trickle.join().expect("no panic");
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn responses_that_are_not_read_end() {
    let server = Server::with(Store::Sqlite, &[("LIMITS_RESPONSE_SECONDS", "1")], "");
    let before = server.usage().descriptors;
    let pipelined = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(20);
    let streams = held(server.address(), 100, &pipelined);
    thread::sleep(Duration::from_millis(500));
    let during = server.usage().descriptors;
    thread::sleep(Duration::from_secs(4));
    let after = server.usage().descriptors;
    println!(
        "100 connections that read nothing: {before} descriptors before, {during} during, {after} after 4 s"
    );
    drop(streams);
    assert!(
        during >= before + 100 && after < before + 10,
        "{before}, {during}, {after}"
    );
}

#[test]
fn an_address_opens_no_more_connections_than_it_may() {
    let server = Server::with(
        Store::Sqlite,
        &[("LIMITS_CONNECTIONS_PER_ADDRESS", "5")],
        "",
    );
    let streams = held(server.address(), 20, "");
    thread::sleep(Duration::from_millis(300));
    let request = wire::get("/livez", None);
    let served = streams
        .into_iter()
        .filter_map(|stream| answered(stream, &request).ok())
        .filter(|status| *status == 200)
        .count();
    println!("20 connections from an address that may have 5: {served} served");
    assert_eq!(served, 5);
}

fn answered(mut stream: TcpStream, request: &str) -> io::Result<u16> {
    stream.write_all(request.as_bytes())?;
    wire::read(&mut stream).map(|response| response.status)
}

/// As Python's http.client does: the whole request, and only then a look at the response.
fn sent_first(address: SocketAddr, head: &str, size: usize) -> io::Result<Response> {
    let mut stream = wire::connect(address, Duration::from_secs(10))?;
    write!(
        stream,
        "{head}Host: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n"
    )?;
    let block = vec![b' '; 64 * 1024];
    let mut left = size;
    while left > 0 {
        let part = left.min(block.len());
        stream.write_all(&block[..part])?;
        left -= part;
    }
    wire::read(&mut stream)
}

/// Those that were not told this status, or not that it is the last on the connection, of so many.
fn lost(address: SocketAddr, status: u16, head: &str, size: usize, times: usize) -> Vec<String> {
    let refused = (0..times).filter_map(|_| match sent_first(address, head, size) {
        Ok(response)
            if response.status == status && response.header("connection") == Some("close") =>
        {
            None
        }
        Ok(response) if response.status == status => {
            Some("answered without Connection: close".to_owned())
        }
        Ok(response) => Some(format!("{response:?}")),
        Err(error) => Some(format!("broken: {error}")),
    });
    refused
        .map(|lost| format!("{status}, {size} bytes: {lost}"))
        .collect()
}

/// A test's figure, and what it must be.
fn none_lost(attack: &str, lost: &[String]) {
    let broken = lost.iter().filter(|lost| lost.contains("broken: ")).count();
    println!(
        "{attack}: {broken} did not arrive, {} said nothing of the end",
        lost.len() - broken
    );
    assert!(lost.is_empty(), "{lost:#?}");
}

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn an_early_refusal_reaches_its_sender() {
    let server = Server::on(Store::Sqlite);
    let share = members(1);
    let post = |path: &str, headers: &str| format!("POST {path} HTTP/1.1\r\n{headers}");
    let refusals = [
        (401, post(&share, JSON)),
        (
            403,
            post(
                &share.replace(ALICE, BOB),
                &format!("X-Auth-Token: alice\r\n{JSON}"),
            ),
        ),
        (404, post("/nowhere", JSON)),
        (405, format!("PATCH {share} HTTP/1.1\r\n{JSON}")),
        (413, post("/v3/auth/tokens", JSON)),
        (415, post("/v3/auth/tokens", "Content-Type: text/plain\r\n")),
    ];
    let sizes = [(1_100_000, 12), (3_000_000, 12), (50_000_000, 2)];
    let all = sizes
        .iter()
        .flat_map(|(size, times)| refusals.iter().map(move |refusal| (refusal, *size, *times)));
    let lost: Vec<_> = all
        .flat_map(|((status, head), size, times)| {
            lost(server.address(), *status, head, size, times)
        })
        .collect();
    none_lost("156 refusals of bodies from 1.1 to 50 MB", &lost);
}

#[test]
fn what_is_sent_after_a_refusal_is_read_only_within_bounds() {
    let server = Server::on(Store::Sqlite);
    let head = "POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000000000\r\n\r\n";
    let sends = |block: usize, pause: Duration| {
        let address = server.address();
        thread::spawn(move || {
            let (start, block) = (Instant::now(), vec![b' '; block]);
            let mut stream = held(address, 1, head).pop().expect("a connection");
            let mut sent = 0;
            while start.elapsed() < Duration::from_secs(9) && stream.write_all(&block).is_ok() {
                sent += block.len();
                thread::sleep(pause);
            }
            (sent, start.elapsed())
        })
    };
    let (fast, slow) = (
        sends(1024 * 1024, Duration::ZERO),
        sends(1, Duration::from_millis(200)),
    );
    let (bytes, _) = fast.join().expect("no panic");
    let (_, took) = slow.join().expect("no panic");
    println!(
        "sent after a refusal: {} MB at most, and {took:.1?}",
        bytes / 1_000_000
    );
    assert!(
        bytes < 80_000_000 && took < Duration::from_secs(7),
        "{bytes} bytes, {took:?}"
    );
}

#[test]
fn a_client_that_is_throttled_learns_it_before_it_has_sent_its_body() {
    let server = Server::with(Store::Sqlite, &[("LIMITS_REQUESTS_PER_SECOND", "1")], "");
    let head = format!(
        "POST {} HTTP/1.1\r\nX-Auth-Token: alice\r\n{JSON}",
        members(1)
    );
    let request = wire::get(&members(1), Some("alice"));
    let lost: Vec<_> = (0..12)
        .flat_map(|_| {
            // Uses up what the project may ask for in a second.
            (0..3).for_each(|_| {
                drop(wire::ask(
                    server.address(),
                    &request,
                    Duration::from_secs(5),
                ))
            });
            lost(server.address(), 429, &head, 1_000_000, 1)
        })
        .collect();
    none_lost("12 refusals with 429 of bodies of 1 MB", &lost);
}

/// A connection from another address of this machine.
fn connect_from(address: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket
        .bind(&SocketAddr::from((address, 0)).into())
        .expect("bound");
    socket.connect(&to.into()).expect("connected");
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("set");
    stream
}

#[test]
fn who_sends_slowly_is_not_cut_off_while_another_address_opens_connections_without_end() {
    let server = Server::with(Store::Sqlite, &[], "ulimit -n 256;");
    let address = server.address();
    let end = Instant::now() + Duration::from_secs(5);
    let flood = thread::spawn(move || {
        let mut open = VecDeque::new();
        let mut opened = 0;
        while Instant::now() < end {
            open.extend(TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok());
            opened += 1;
            if open.len() > 600 {
                open.pop_front();
            }
            thread::sleep(Duration::from_millis(1));
        }
        opened
    });
    thread::sleep(Duration::from_millis(500));
    let mut statuses = vec![];
    while Instant::now() + Duration::from_millis(1_600) < end {
        let body = format!("{:<300}", r#"{"members": ["p01"]}"#);
        let request = wire::with_body("POST", &members(1), Some("alice"), &body);
        let mut stream = connect_from([127, 0, 0, 2], address);
        let (head, body) = request.split_at(request.len() - body.len());
        let sent = stream.write_all(head.as_bytes()).and_then(|()| {
            body.as_bytes().chunks(10).try_for_each(|some| {
                thread::sleep(Duration::from_millis(30));
                stream.write_all(some)
            })
        });
        statuses.push(
            sent.and_then(|()| wire::read(&mut stream))
                .map_or(0, |response| response.status),
        );
    }
    let opened = flood.join().expect("no panic");
    println!("{opened} idle connections of another address meanwhile: slow uploads {statuses:?}");
    assert!(
        statuses.len() >= 2 && !statuses.contains(&0),
        "{statuses:?}"
    );
}
