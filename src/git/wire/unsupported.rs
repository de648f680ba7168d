//! git's settings for http that `oca` does not follow. They are named if they are set, so that nobody relies on them.

use std::env;

use url::Url;

use crate::git::Error;
use crate::git::configuration::Configuration;

/// The key, its name as in git's manual, its variable, and the values that mean nothing or what `oca` does anyway.
const SETTINGS: [(&str, &str, &str, &[&str]); 12] = [
    ("cookiefile", "http.cookieFile", "", &[]),
    ("curloptresolve", "http.curloptResolve", "", &[]),
    ("delegation", "http.delegation", "", &["none"]),
    ("emptyauth", "http.emptyAuth", "", &["false", "auto"]),
    ("proactiveauth", "http.proactiveAuth", "", &["none"]),
    ("proxyauthmethod", "http.proxyAuthMethod", "GIT_HTTP_PROXY_AUTHMETHOD", &["anyauth", "basic"]),
    (
        "proxysslcertpasswordprotected",
        "http.proxySSLCertPasswordProtected",
        "GIT_PROXY_SSL_CERT_PASSWORD_PROTECTED",
        &["false"],
    ),
    (
        "sslcertpasswordprotected",
        "http.sslCertPasswordProtected",
        "GIT_SSL_CERT_PASSWORD_PROTECTED",
        &["false"],
    ),
    ("sslcerttype", "http.sslCertType", "GIT_SSL_CERT_TYPE", &["pem"]),
    ("sslcipherlist", "http.sslCipherList", "GIT_SSL_CIPHER_LIST", &[]),
    ("sslkeytype", "http.sslKeyType", "GIT_SSL_KEY_TYPE", &["pem"]),
    // oca speaks TLS 1.2 and 1.3 only.
    ("sslversion", "http.sslVersion", "GIT_SSL_VERSION", &["tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2"]),
];

/// A warning for each setting that is set for a url, concerns it, and is not followed.
pub(super) fn warnings(configuration: &Configuration, url: &Url, has_proxy: bool) -> Vec<String> {
    let is_set = |value: &str, harmless: &[&str]| {
        !value.is_empty() && !harmless.contains(&value.to_ascii_lowercase().as_str())
    };
    let is_secure = url.scheme() == "https";
    let of = |&(key, name, variable, harmless): &(&str, &str, &str, &[&str])| {
        let concerns =
            if key.starts_with("proxy") { has_proxy } else { is_secure || !key.starts_with("ssl") };
        if !concerns {
            return None;
        }
        let from_variable = env::var(variable).ok().filter(|_| !variable.is_empty());
        if from_variable.is_some_and(|value| is_set(&value, harmless)) {
            return Some(variable.to_owned());
        }
        let value = configuration.http(url, key);
        value.is_some_and(|value| is_set(value, harmless)).then(|| format!("git's `{name}`"))
    };
    let named = SETTINGS.iter().filter_map(of);
    named
        .map(|setting| {
            let setting = if setting.starts_with("git's") { setting } else { format!("`{setting}`") };
            format!("oca does not follow {setting}")
        })
        .collect()
}

/// Refuses a setting without which a server would be trusted too much.
pub(super) fn refuse(configuration: &Configuration, url: &Url) -> Result<(), Error> {
    let is_pinned = configuration.http(url, "pinnedpubkey").is_some_and(|value| !value.is_empty());
    if is_pinned && url.scheme() == "https" {
        return Err(Error::Unsupported { setting: "http.pinnedPubkey" });
    }
    Ok(())
}
