//! What `serve --demo` prints, and that only this machine reaches it: its tokens are public.

use std::net::{SocketAddr, ToSocketAddrs};

use super::CliError;
use crate::{config::Hosts, serve::reachable};

/// Which hosts the demo serves at an address to listen on.
///
/// # Errors
/// [`CliError::Usage`] where others reach the address, and it was not said that they may.
pub(super) fn hosts(listen: &str, anywhere: bool) -> Result<Hosts, CliError> {
    match anywhere {
        true => Ok(Hosts::Any),
        false if is_loopback_only(listen) => Ok(Hosts::Loopback),
        false => Err(CliError::Usage(format!(
            "--demo would listen on {listen}, where others reach it, and its tokens are known to everybody: listen on \
             127.0.0.1, or say --demo-anywhere"
        ))),
    }
}

/// An invalid address is refused where it is bound.
fn is_loopback_only(listen: &str) -> bool {
    let loopback = |address: SocketAddr| address.ip().to_canonical().is_loopback();
    listen
        .to_socket_addrs()
        .map_or(true, |mut addresses| addresses.all(loopback))
}

/// What to try, to be pasted as it is into any shell, in any folder; and a warning where others can.
pub(super) fn story(listening: SocketAddr) -> String {
    let command = std::env::current_exe().unwrap_or_else(|_| "backup-share".into());
    let quoted = format!("'{}'", command.display().to_string().replace('\'', r"'\''"));
    let address = reachable(listening).to_string();
    let story = include_str!("demo.txt")
        .replace("{address}", &address)
        .replace("{command}", &quoted);
    if listening.ip().to_canonical().is_loopback() {
        story
    } else {
        story + &opened(listening)
    }
}

fn opened(listening: SocketAddr) -> String {
    format!(
        "Open to others: everybody who reaches {listening} can see and change all of this with the tokens and passwords \
         above.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{Hosts, hosts, story};

    #[test]
    fn the_demo_stays_at_home_unless_it_is_told_otherwise() {
        for home in [
            "127.0.0.1:8799",
            "localhost:0",
            "[::1]:0",
            "127.3.2.1:80",
            "no address",
        ] {
            assert!(matches!(hosts(home, false), Ok(Hosts::Loopback)), "{home}");
        }
        for elsewhere in [
            "0.0.0.0:8799",
            "[::]:0",
            "192.0.2.1:80",
            "[::ffff:192.0.2.1]:80",
        ] {
            let refused = hosts(elsewhere, false)
                .err()
                .map(|failure| failure.to_string())
                .unwrap_or_default();
            assert!(
                refused.contains(elsewhere) && refused.contains("--demo-anywhere"),
                "{refused}"
            );
            assert!(
                matches!(hosts(elsewhere, true), Ok(Hosts::Any)),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn the_story_names_an_address_that_works_and_who_else_can_use_it() {
        for (listening, told, open) in [
            ("127.0.0.1:1", "http://127.0.0.1:1/docs/", false),
            ("0.0.0.0:1", "http://127.0.0.1:1/docs/", true),
            ("[::]:1", "http://[::1]:1/docs/", true),
            ("192.0.2.1:1", "http://192.0.2.1:1/docs/", true),
        ] {
            let story = story(listening.parse().expect("an address"));
            assert!(story.contains(told), "{story}");
            assert_eq!(story.contains("Open to others"), open, "{listening}");
            assert!(open || !story.contains("0.0.0.0"), "{story}");
        }
    }
}
