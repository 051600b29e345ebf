//! Targets that take nothing: a pipe that is not read, a full disk, a file that was moved away.

use std::{
    fs::{self, File},
    io::{PipeReader, Read, pipe},
    os::{fd::OwnedFd, unix::fs::symlink},
    process::Command,
    time::{Duration, Instant},
};

use super::{sink::LineSink, writer::LineWriter};

const AT_ONCE: Duration = Duration::from_millis(20);

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// A pipe that is not read yet.
fn unread() -> (PipeReader, LineWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    let sink = LineSink::of(File::from(OwnedFd::from(writer)));
    (reader, LineWriter::start(sink).expect("a thread"))
}

/// What comes out of a pipe until its writer is gone.
fn read(mut reader: PipeReader) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    text
}

async fn add(lines: &LineWriter, line: &str) {
    lines
        .reserve(AT_ONCE)
        .await
        .expect("a slot")
        .fill(line.as_bytes());
}

#[tokio::test]
async fn lines_of_the_log_are_dropped_and_counted_and_those_with_a_slot_are_all_written() {
    let (reader, lines) = unread();
    let long = "l".repeat(1_000) + "\n";
    for _ in 0..5_000 {
        lines.offer(long.as_bytes());
    }
    let dropped = lines.dropped();
    // 1,047 lines are in the queue. The thread has as many at most, when it took them just before
    // there was no more room, and the pipe has 65.
    assert!(
        (2_800..=3_953).contains(&dropped),
        "{dropped} of 5,000 dropped"
    );
    for number in 0..100 {
        add(&lines, &format!("{number}\n")).await;
    }
    assert_eq!(
        lines.flush(Instant::now() + AT_ONCE),
        100,
        "lines with a slot that wait"
    );
    drop(lines);
    let text = read(reader);
    let written: Vec<_> = text
        .lines()
        .filter(|line| line.len() < 1_000)
        .map(str::to_owned)
        .collect();
    assert_eq!(
        written,
        (0..100)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
    );
    assert_eq!(text.lines().count() as u64, 5_000 - dropped + 100);
}

#[tokio::test]
async fn slots_run_out_where_lines_are_not_read_and_come_back_when_they_are() {
    let (reader, lines) = unread();
    let line = "x".repeat(99) + "\n";
    let mut filled = 0;
    while let Some(slot) = lines.reserve(AT_ONCE).await {
        slot.fill(line.as_bytes());
        filled += 1;
    }
    // What the pipe holds may have been written before the rest was there.
    assert!((4_096..18_500).contains(&filled), "{filled}");
    let reading = std::thread::spawn(|| read(reader));
    assert!(
        lines.reserve(Duration::from_secs(10)).await.is_some(),
        "a slot again"
    );
    drop(lines);
    assert_eq!(reading.join().expect("no panic").lines().count(), filled);
}

#[tokio::test]
async fn a_slot_without_a_line_is_free_for_another() {
    let (_reader, lines) = unread();
    for _ in 0..10_000 {
        drop(lines.reserve(AT_ONCE).await.expect("a slot"));
    }
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_opened_again_and_each_line_is_in_one_of_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let (now, before) = (folder.path().join("audit"), folder.path().join("audit.1"));
    let lines = LineWriter::file(&now).expect("a file");
    add(&lines, "1\n").await;
    assert_eq!(lines.flush(soon()), 0);
    fs::rename(&now, &before).expect("moved");
    add(&lines, "2\n").await;
    lines.reopen(Duration::from_secs(10)).await.expect("opened");
    add(&lines, "3\n").await;
    assert_eq!(lines.flush(soon()), 0);
    assert_eq!(fs::read_to_string(before).expect("a file"), "1\n2\n");
    assert_eq!(fs::read_to_string(now).expect("a file"), "3\n");
}

#[tokio::test]
async fn lines_wait_while_the_disk_is_full_and_go_to_another_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit");
    symlink("/dev/full", &path).expect("a link");
    let lines = LineWriter::file(&path).expect("a file");
    add(&lines, "1\n").await;
    assert_eq!(lines.flush(Instant::now() + Duration::from_millis(100)), 1);
    fs::remove_file(&path).expect("removed");
    lines.reopen(Duration::from_secs(10)).await.expect("opened");
    assert_eq!(lines.flush(soon()), 0);
    assert_eq!(fs::read_to_string(path).expect("a file"), "1\n");
}

#[test]
fn a_pipe_is_refused_in_place_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo")
            .success()
    );
    let refused = LineWriter::file(&pipe).err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some("it is a pipe, not a file"));
}
