//! `client-gen lower FILE`: the lowering by itself, for any OpenAPI 3.1 document. Making a client
//! is left to `build.rs` files, which call the library.

use std::{
    error::Error as StdError,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use client_gen::Lowered;

const USAGE: &str = "\
Lowers an OpenAPI 3.1 document to 3.0.3.

Usage: client-gen lower FILE [--json] [--notes]

The result goes to stdout, in YAML; in JSON with --json, or where the name of FILE ends in .json.
With --notes, what was left out goes to stderr, one JSON pointer with its reason a line.
";

/// What was asked for, by the name of the file.
struct Lower {
    file: PathBuf,
    json: bool,
    notes: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments
        .iter()
        .any(|argument| argument == "--help" || argument == "-h")
    {
        return ended(print(USAGE).map_err(|fault| one_line(&fault)));
    }
    let Some(asked) = understood(&arguments) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    ended(lower(&asked))
}

fn ended(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("client-gen: {reason}");
            ExitCode::from(2)
        }
    }
}

fn understood(arguments: &[String]) -> Option<Lower> {
    let (command, rest) = arguments.split_first()?;
    let (mut file, mut json, mut notes) = (None, false, false);
    for argument in rest {
        match argument.as_str() {
            "--json" => json = true,
            "--notes" => notes = true,
            option if option.starts_with('-') => return None,
            path if file.is_none() => file = Some(PathBuf::from(path)),
            _ => return None,
        }
    }
    let file = file.filter(|_| command == "lower")?;
    Some(Lower {
        json: json || is_json(&file),
        file,
        notes,
    })
}

fn is_json(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn lower(asked: &Lower) -> Result<(), String> {
    let document = client_gen::load(&asked.file).map_err(|fault| one_line(&fault))?;
    // The fault of a document that could be read names the place in it, but not the file.
    let in_file =
        |fault: client_gen::Error| format!("{}: {}", asked.file.display(), one_line(&fault));
    let Lowered { document, notes } = client_gen::lower(&document).map_err(in_file)?;
    let text = match asked.json {
        true => serde_json::to_string_pretty(&document)
            .map(|text| text + "\n")
            .map_err(|fault| one_line(&fault))?,
        false => serde_saphyr::to_string(&document).map_err(|fault| one_line(&fault))?,
    };
    print(&text).map_err(|fault| one_line(&fault))?;
    for note in notes.iter().filter(|_| asked.notes) {
        eprintln!("#{}: {}", note.pointer, note.reason);
    }
    Ok(())
}

/// Who reads only the beginning, as `head` does, has read enough.
fn print(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// An error and all that caused it, in one line.
fn one_line(fault: &dyn StdError) -> String {
    let causes = std::iter::successors(fault.source(), |&cause| cause.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    format!("{fault}{causes}").replace('\n', " ")
}
