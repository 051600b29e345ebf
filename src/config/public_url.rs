//! The setting `public_url`.

use http::Uri;

use super::ConfigError;

/// Refuses what no client could be sent to.
///
/// # Errors
/// [`ConfigError::Value`], which names the setting.
pub(super) fn check(public_url: &str) -> Result<(), ConfigError> {
    if public_url.is_empty() || is_good(public_url) {
        return Ok(());
    }
    let reason = format!(
        "{public_url:?} must be like https://backups.example.com, with nothing behind the host \
         and port"
    );
    Err(ConfigError::Value {
        origin: "public_url".into(),
        reason,
    })
}

fn is_good(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let web = uri
        .scheme_str()
        .is_some_and(|scheme| ["http", "https"].contains(&scheme));
    let host = uri.authority().is_some_and(|authority| {
        let sound = !authority.host().is_empty() && !authority.as_str().contains('@');
        sound
            && !["0.0.0.0", "[::]"].contains(&authority.host())
            && !authority.as_str().ends_with(':')
    });
    // The parser drops a fragment.
    web && host && uri.path() == "/" && uri.query().is_none() && !text.contains('#')
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_public_url_is_a_scheme_a_host_and_a_port() {
        for good in [
            "",
            "https://backups.example.com",
            "http://192.0.2.1:8799/",
            "https://[2001:db8::1]:443",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "backups.example.com",
            "ftp://backups.example.com",
            "https://",
            "https://user@backups.example.com",
            "https://backups.example.com/v3",
            "https://backups.example.com?a=b",
            "https://backups.example.com/#a",
            "https://backups.example.com:",
            "http://0.0.0.0:8799",
            "https://a b",
            "https://a\"b",
        ] {
            let refused = check(bad).expect_err(bad).to_string();
            assert!(refused.starts_with("public_url: "), "{refused}");
        }
    }
}
