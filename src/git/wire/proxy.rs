//! Chooses the proxy of a request by the rules of git and curl.

use std::net::IpAddr;

use url::Url;

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

/// The url of the proxy, if url and proxy are plain http: then the proxy passes the request on, without a tunnel.
pub(super) fn passing_on(url: &Url, proxy: &str) -> Option<Url> {
    let proxy = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    let proxy = Url::parse(&proxy).ok().filter(|proxy| proxy.scheme() == "http")?;
    (url.scheme() == "http").then_some(proxy)
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
