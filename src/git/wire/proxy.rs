//! Chooses the proxy of a request by the rules of git and curl.

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

/// Whether a list such as `localhost,.example.com` contains a host or a domain above it.
fn is_exempt(host: &str, list: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    list.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty()).any(|item| {
        let domain = item.trim_start_matches('.').to_ascii_lowercase();
        let above = || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
        item == "*" || host == domain || above()
    })
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
}
