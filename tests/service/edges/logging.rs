//! What may be waited for without end: a stderr that is not read, a named pipe in place of a file,
//! a pattern with many stars, a number of seconds beyond all bounds.

use std::{
    fs,
    io::{PipeReader, Read, Write, pipe},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    server::{BOB, Server, Store, members, program, share},
    wire,
};

const LONG: Duration = Duration::from_secs(3);

/// A server whose audit goes to a stderr that is not read.
fn unheard() -> (Server, PipeReader) {
    let (stderr, writer) = pipe().expect("a pipe");
    // As few places for lines as there are.
    (
        Server::with_stderr(
            Store::Sqlite,
            &[("AUDIT", "stderr")],
            "ulimit -n 1024;",
            writer.into(),
        ),
        stderr,
    )
}

/// The status of a request, 0 where none came.
fn status(server: &Server, request: &str, deadline: Duration) -> u16 {
    wire::ask(server.address(), request, deadline).map_or(0, |response| response.status)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status()
        .expect("kill");
    assert!(sent.success());
}

/// How a process ended, where it did in time.
fn ended(child: &mut Child, within: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        match child.try_wait().expect("a process") {
            None if start.elapsed() < within => thread::sleep(Duration::from_millis(5)),
            ended => return ended,
        }
    }
}

/// Sends the same bad request again and again on one connection, until no response comes for a
/// while; how many came.
fn flood(server: &Server, most: usize) -> usize {
    let request = wire::get(&members(1), Some("garbage")).replace("Connection: close\r\n", "");
    let mut stream =
        wire::connect(server.address(), Duration::from_millis(700)).expect("a connection");
    let mut writing = stream.try_clone().expect("the same connection");
    thread::spawn(move || (0..most).try_for_each(|_| writing.write_all(request.as_bytes())));
    let (mut text, mut buffer) = (vec![], [0; 64 * 1024]);
    let refused = |text: &[u8]| {
        String::from_utf8_lossy(text)
            .matches("HTTP/1.1 401")
            .count()
    };
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        text.extend_from_slice(&buffer[..read]);
        if text.len() / 200 > most && refused(&text) == most {
            break;
        }
    }
    refused(&text)
}

/// The log of a server that is terminated.
fn rest(server: Server, mut stderr: PipeReader) -> String {
    let reading = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).expect("text");
        text
    });
    server.stop();
    reading.join().expect("no panic")
}

#[test]
fn a_stderr_that_is_not_read_holds_nothing_up_and_every_audit_line_is_there_when_it_is_read() {
    let (server, stderr) = unheard();
    let watch = server.watch();
    let refused = flood(&server, 1_000);
    let (livez, show) = (
        status(&server, &wire::get("/livez", None), LONG),
        status(&server, &wire::get(&share(), Some("alice")), LONG),
    );
    let seen = watch.end();
    seen.print(&format!(
        "{refused} of 1,000 bad requests with an audit on a stderr that is not read"
    ));
    assert_eq!((refused, livez, show), (1_000, 200, 200));
    assert!(seen.failed == 0 && seen.longest() < LONG, "{seen:?}");
    let text = rest(server, stderr);
    let lines = |status: &str| {
        text.lines()
            .filter(|line| line.contains(&format!("\"status\":{status}")))
            .count()
    };
    println!(
        "audit lines read afterwards: {} refused, {} done",
        lines("401"),
        lines("200")
    );
    assert_eq!((lines("401"), lines("200")), (1_000, seen.waits.len() + 1));
}

#[test]
fn sigterm_is_obeyed_while_stderr_is_not_read() {
    let (mut server, _stderr) = unheard();
    flood(&server, 1_000);
    let start = Instant::now();
    signal(&server.process.child, "TERM");
    let ended = ended(&mut server.process.child, Duration::from_secs(8));
    println!(
        "SIGTERM with a full stderr: {ended:?} after {:.1?}",
        start.elapsed()
    );
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
}

#[test]
fn a_change_whose_audit_line_cannot_be_written_is_refused_in_time_and_not_done() {
    let (server, stderr) = unheard();
    let refused = flood(&server, 6_000);
    let add = wire::with_body(
        "POST",
        &members(1),
        Some("alice"),
        &format!(r#"{{"members":["{BOB}"]}}"#),
    );
    let start = Instant::now();
    let busy = status(&server, &add, Duration::from_secs(8));
    println!(
        "{refused} audit lines wait; a change: {busy} after {:.1?}",
        start.elapsed()
    );
    assert_eq!(busy, 503);
    let livez = status(&server, &wire::get("/livez", None), LONG);
    assert_eq!(livez, 200);
    let reading = thread::spawn(move || rest(server, stderr));
    let text = reading.join().expect("no panic");
    let done = text
        .lines()
        .filter(|line| line.contains("cbr:member:create") && line.contains("\"done\""))
        .count();
    assert_eq!(done, 0, "a change that was refused");
}

#[test]
fn a_policy_that_becomes_a_named_pipe_is_refused_and_sigterm_is_obeyed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (policy, config) = (
        folder.path().join("policy.json"),
        folder.path().join("config.toml"),
    );
    fs::write(
        &policy,
        r#"{"Version": "1.1", "Statement": [{"Effect": "Allow", "Action": ["cbr:*"]}]}"#,
    )
    .expect("written");
    fs::write(&config, format!("[roles]\nmember = '{}'", policy.display())).expect("written");
    let mut server = Server::with(
        Store::Sqlite,
        &[("CONFIG", config.to_str().expect("text"))],
        "",
    );
    fs::remove_file(&policy).expect("removed");
    mkfifo(&policy);
    signal(&server.process.child, "HUP");
    thread::sleep(Duration::from_millis(300));
    let show = status(&server, &wire::get(&share(), Some("alice")), LONG);
    let start = Instant::now();
    signal(&server.process.child, "TERM");
    let ended = ended(&mut server.process.child, Duration::from_secs(6));
    println!(
        "SIGHUP with a pipe as policy: show {show}, SIGTERM {ended:?} after {:.1?}",
        start.elapsed()
    );
    assert!(
        show == 200 && ended.is_some_and(|status| status.success()),
        "{show} {ended:?}"
    );
    assert!(
        server
            .log()
            .contains("policy.json: it is not a regular file"),
        "{}",
        server.log()
    );
}

#[test]
fn a_start_that_waits_for_its_data_obeys_sigterm() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    mkfifo(&pipe);
    let mut serve = Command::new(program());
    serve.args(["serve", "--listen", "127.0.0.1:0", "--database"]);
    serve
        .arg(format!(
            "sqlite:{}",
            folder.path().join("store.db").display()
        ))
        .arg("--data")
        .arg(&pipe);
    let mut child = serve
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    thread::sleep(Duration::from_secs(1));
    let start = Instant::now();
    signal(&child, "TERM");
    let ended = ended(&mut child, Duration::from_secs(6));
    println!(
        "data from a pipe that is not written to: SIGTERM {ended:?} after {:.1?}",
        start.elapsed()
    );
    let _ = child.kill();
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
}

#[test]
fn named_pipes_as_settings_and_as_audit_are_refused_at_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    mkfifo(&pipe);
    let pipe = pipe.to_str().expect("text");
    for (name, must) in [
        ("CONFIG", "it is not a regular file"),
        ("AUDIT", "it is a pipe, not a file"),
    ] {
        let said = refused(folder.path(), name, pipe);
        assert!(said.contains(must), "{name}: {said}");
    }
}

#[test]
fn a_pattern_of_many_stars_costs_a_request_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    fs::write(
        &config,
        "[roles]\nmember = ['**************:*b*b*z', 'cbr:member:*']",
    )
    .expect("written");
    let server = Server::with(
        Store::Sqlite,
        &[("CONFIG", config.to_str().expect("text"))],
        "",
    );
    let mut waits: Vec<_> = (0..10)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(
                status(&server, &wire::get(&share(), Some("alice")), LONG),
                200,
                "a show within 3 s"
            );
            start.elapsed()
        })
        .collect();
    waits.sort_unstable();
    println!(
        "a show under a policy of 14 stars: p50 {:.1?}, longest {:.1?}",
        waits[5], waits[9]
    );
    assert!(waits[5] < Duration::from_millis(200), "{waits:?}");
}

#[test]
fn numbers_beyond_their_bounds_keep_a_server_from_starting() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, number, must) in [
        (
            "LIMITS_HEADER_SECONDS",
            "9223372036854775807",
            "a whole number from 1 to 3600",
        ),
        (
            "LIMITS_BODY_BYTES",
            "0",
            "a whole number from 1 to 67108864",
        ),
    ] {
        let said = refused(folder.path(), name, number);
        println!("{said}");
        assert!(
            said.contains(&format!("BACKUP_SHARE_{name}: "))
                && said.contains(&format!("{number}: {must}")),
            "{said}"
        );
    }
}

fn mkfifo(path: &Path) {
    assert!(
        Command::new("mkfifo")
            .arg(path)
            .status()
            .expect("mkfifo")
            .success()
    );
}

/// What a server says that must not start with a setting.
fn refused(folder: &Path, name: &str, value: &str) -> String {
    let database = format!("sqlite:{}", folder.join("store.db").display());
    let mut command = Command::new(program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", &database]);
    command
        .env(format!("BACKUP_SHARE_{name}"), value)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the command");
    let status = ended(&mut child, LONG);
    let _ = child.kill();
    let mut said = String::new();
    child
        .stderr
        .take()
        .expect("its stderr")
        .read_to_string(&mut said)
        .expect("text");
    child.wait().expect("ended");
    assert!(
        status.is_some_and(|status| !status.success()),
        "{name} = {value}: it starts, or waits: {said}"
    );
    said
}
