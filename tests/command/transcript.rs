//! Transcripts of the command, for snapshots: command lines, what they wrote and how they ended,
//! without what differs between runs.

use std::fmt::Write;

use crate::process::Ran;

/// Several runs, one after the other.
#[derive(Default)]
pub struct Transcript {
    text: String,
    redacted: Vec<(String, &'static str)>,
}

impl Transcript {
    /// Shows a name in place of a text, such as a folder or an address.
    pub fn redact(mut self, text: &str, name: &'static str) -> Self {
        self.redacted.push((text.to_owned(), name));
        self
    }

    /// A run on a file with this text.
    pub fn add_with(&mut self, file: &str, line: &str, ran: &Ran) {
        for part in file.lines() {
            writeln!(self.text, "| {part}").expect("written");
        }
        self.add(line, ran);
    }

    /// A run, and the line that people would type for it.
    pub fn add(&mut self, line: &str, ran: &Ran) {
        let code = ran.code.expect("a code");
        let written = format!("$ {line}\n{}{}[{code}]\n\n", ran.out, ran.err);
        self.text.push_str(&self.shown(&written));
    }

    fn shown(&self, written: &str) -> String {
        let mut shown = written.to_owned();
        for (text, name) in &self.redacted {
            shown = shown.replace(text, name);
        }
        without_request_ids(&shown)
    }

    pub fn text(&self) -> &str {
        self.text.trim_end()
    }
}

/// `request id ID` in place of each id.
fn without_request_ids(text: &str) -> String {
    let mut parts = text.split("request id ");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
        write!(shown, "request id ID{rest}").expect("written");
    }
    shown
}
