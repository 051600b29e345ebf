//! PostgreSQL's programs, run as the user that they accept.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, chown},
    process::Command,
};

use tempfile::TempDir;

/// The variable in which `scripts/test` says where the programs of its version are.
const PROGRAMS: &str = "POSTGRES";
/// Where Debian puts programs, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The user that PostgreSQL runs as where this runs as root, who it refuses to be.
pub(super) fn postgres_user() -> Option<u32> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().expect("id");
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    let me: u32 = id(&["-u"]).expect("a number");
    (me == 0).then(|| id(&["-u", "postgres"]).expect("a user postgres: apt-get install postgresql"))
}

/// A folder for PostgreSQL, which does not run as root.
pub(super) fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(user) = postgres_user() {
        chown(folder.path(), Some(user), None).expect("given away");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("opened");
    }
    folder
}

/// Where the programs are: of Debian's newest version, unless the environment names another.
fn programs() -> String {
    let newest = || {
        let versions = fs::read_dir(DEBIAN).expect("PostgreSQL: apt-get install postgresql");
        let version = |entry: std::io::Result<fs::DirEntry>| {
            entry.ok()?.file_name().to_str()?.parse::<u32>().ok()
        };
        let newest = versions
            .filter_map(version)
            .max()
            .expect("PostgreSQL: apt-get install postgresql");
        format!("{DEBIAN}/{newest}/bin")
    };
    std::env::var(PROGRAMS).unwrap_or_else(|_| newest())
}

pub(super) fn program(name: &str) -> Command {
    let path = format!("{}/{name}", programs());
    let mut command = match postgres_user() {
        Some(_) => {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=postgres",
                "--regid=postgres",
                "--init-groups",
                &path,
            ]);
            command
        }
        None => Command::new(path),
    };
    // A folder that anybody may be in.
    command.current_dir("/");
    command
}
