//! Chooses the proxy of a request by the rules of git and curl.

use std::net::IpAddr;

use hyper::Uri;
use url::Url;

use crate::git::Error;
use crate::git::auth::{self, Credential};
use crate::git::configuration::Configuration;

/// The proxy for a url: git's `http.proxy` (an empty value means no proxy), or else the variable for the scheme of the
/// url. `None` for a host in `no_proxy`.
pub(super) fn choose(
    url: &Url,
    configuration: &Configuration,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let either = |name: &str| {
        let found = variable(name).or_else(|| variable(&name.to_ascii_uppercase()));
        found.filter(|value| !value.is_empty())
    };
    if either("no_proxy").is_some_and(|list| is_exempt(url.host_str().unwrap_or_default(), &list)) {
        return None;
    }
    if let Some(proxy) = configuration.http(url, "proxy") {
        return Some(proxy.to_owned()).filter(|proxy| !proxy.is_empty());
    }
    let own = match url.scheme() {
        "https" => either("https_proxy"),
        // A server that runs as CGI gets a client's `Proxy:` header as `HTTP_PROXY`. So only the lower case counts, as
        // in curl.
        _ => variable("http_proxy").filter(|value| !value.is_empty()),
    };
    own.or_else(|| either("all_proxy"))
}

/// In bytes: the longest user or password that SOCKS 5 can send. Source: RFC 1929.
const LONGEST_OF_SOCKS: usize = 255;

/// A proxy, as a url names it.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) struct Proxy {
    pub(super) scheme: Scheme,
    /// Host and port.
    pub(super) address: Uri,
    pub(super) credential: Option<Credential>,
}

/// How a proxy is asked. SOCKS can leave it to the proxy to look up the address of the server.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Scheme {
    Http,
    Https,
    Socks4 { local_dns: bool },
    Socks5 { local_dns: bool },
}

impl Proxy {
    /// Reads a url such as `http://user:password@proxy.example.com:3128`. As in curl, the scheme may be missing, and the
    /// default port is 1080, or 443 for https.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&whole).map_err(|_| Error::Proxy)?;
        let (scheme, port) = match url.scheme() {
            "http" => (Scheme::Http, 1080),
            "https" => (Scheme::Https, 443),
            "socks4" => (Scheme::Socks4 { local_dns: true }, 1080),
            "socks4a" => (Scheme::Socks4 { local_dns: false }, 1080),
            "socks" | "socks5" => (Scheme::Socks5 { local_dns: true }, 1080),
            "socks5h" => (Scheme::Socks5 { local_dns: false }, 1080),
            _ => return Err(Error::Proxy),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Error::Proxy)?;
        let port = explicit_port(&whole, &url).unwrap_or(port);
        let over = if scheme == Scheme::Https { "https" } else { "http" };
        let address = format!("{over}://{host}:{port}/").parse().map_err(|_| Error::Proxy)?;
        let credential = auth::userinfo(&url).or_else(|| auth::lone_user(&url));
        let is_long = |known: &Credential| known.user.len().max(known.password.len()) > LONGEST_OF_SOCKS;
        if matches!(scheme, Scheme::Socks5 { .. }) && credential.as_ref().is_some_and(is_long) {
            return Err(Error::Proxy);
        }
        Ok(Self { scheme, address, credential })
    }

    /// Whether it passes on a request for a url, without a tunnel: both are plain http.
    pub(super) fn passes_on(&self, url: &Url) -> bool {
        self.scheme == Scheme::Http && url.scheme() == "http"
    }
}

/// The port that a url names. `Url::port` leaves out the default port of the scheme, such as 80.
fn explicit_port(text: &str, url: &Url) -> Option<u16> {
    let authority = text.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { url.port_or_known_default().or_else(|| url.port()) } else { None }
}

/// Whether a list such as `localhost,.example.com,10.0.0.0/8` contains a host or a domain or network of it.
fn is_exempt(host: &str, list: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    list.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty()).any(|item| {
        if item == "*" {
            return true;
        }
        if let Some(address) = address {
            return is_in_network(address, item);
        }
        let domain = item.trim_matches('.').to_ascii_lowercase();
        let above = || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
        host == domain || above()
    })
}

/// Whether an address is this one, or in this network, such as `10.0.0.0/8`.
fn is_in_network(address: IpAddr, network: &str) -> bool {
    let (base, bits) = network.split_once('/').map_or((network, None), |(base, bits)| (base, Some(bits)));
    let Ok(base) = base.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
    let (one, other, length) = match (address, base) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            (u128::from(address.to_bits()) << 96, u128::from(base.to_bits()) << 96, 32)
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => (address.to_bits(), base.to_bits(), 128),
        _ => return false,
    };
    match bits.map_or(Some(length), |bits| bits.parse().ok()) {
        Some(0) => true,
        Some(bits) if bits <= length => (one ^ other) >> (128 - bits) == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        choose(&Url::parse(url).expect("a url"), &Configuration::default(), &lookup)
    }

    #[test]
    fn a_proxy_is_read_as_in_curl() {
        let read = |text: &str| {
            let proxy = Proxy::parse(text).ok()?;
            Some((proxy.scheme, proxy.address.to_string(), proxy.credential.map(|known| known.user)))
        };
        let socks5 = |local_dns| Scheme::Socks5 { local_dns };
        for (text, scheme, address, user) in [
            ("proxy:3128", Scheme::Http, "http://proxy:3128/", None),
            ("http://me:s@proxy", Scheme::Http, "http://proxy:1080/", Some("me")),
            ("http://proxy:80/x", Scheme::Http, "http://proxy:80/", None),
            ("https://[::1]", Scheme::Https, "https://[::1]:443/", None),
            ("socks5://me@h:1", socks5(true), "http://h:1/", Some("me")),
            ("socks5h://h", socks5(false), "http://h:1080/", None),
            ("socks4a://h", Scheme::Socks4 { local_dns: false }, "http://h:1080/", None),
        ] {
            let expected = (scheme, address.to_owned(), user.map(str::to_owned));
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in ["ftp://proxy", "http://", "http://:80", "http://a b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn each_scheme_has_its_variable() {
        let variables = [("HTTPS_PROXY", "http://s"), ("http_proxy", "http://p"), ("ALL_PROXY", "http://a")];
        assert_eq!(proxy("https://host/x", &variables).as_deref(), Some("http://s"));
        assert_eq!(proxy("http://host/x", &variables).as_deref(), Some("http://p"));
        assert_eq!(proxy("http://host/x", &variables[2..]).as_deref(), Some("http://a"));
        assert_eq!(proxy("http://host/x", &[("HTTP_PROXY", "http://cgi")]), None);
    }

    #[test]
    fn some_hosts_are_reached_directly() {
        for list in ["*", "host", "x, .example.com", "EXAMPLE.com", "a.example.com"] {
            let variables = [("https_proxy", "http://s"), ("NO_PROXY", list)];
            let url = if list == "host" { "https://host/x" } else { "https://a.example.com/x" };
            assert_eq!(proxy(url, &variables), None, "{list}");
        }
        let variables = [("https_proxy", "http://s"), ("no_proxy", "ample.com")];
        assert!(proxy("https://a.example.com/x", &variables).is_some());
    }

    #[test]
    fn networks_are_reached_directly() {
        let is_direct = |host: &str, list| {
            let variables = [("https_proxy", "http://s"), ("no_proxy", list)];
            proxy(&format!("https://{host}/x"), &variables).is_none()
        };
        for list in ["127.0.0.0/8", "127.0.0.1", "127.0.0.1/32", "0.0.0.0/0", "::1,127.0.0.0/30"] {
            assert!(is_direct("127.0.0.1", list), "{list}");
        }
        for list in ["127.0.0.0/33", "127.0.0.2", "128.0.0.0/8", "::/0", "127.0.0.0/x", "0.0.1", "/8"] {
            assert!(!is_direct("127.0.0.1", list), "{list}");
        }
        assert!(is_direct("[fd00::1]", "fd00::/8") && is_direct("[::1]", "[::1]"));
        assert!(!is_direct("[fe00::1]", "fd00::/8") && !is_direct("host", "0.0.0.0/0"));
    }
}
