//! The API of the forge of a remote. The room `forge` knows what to ask there.

use std::time::Instant;

use url::Url;

use super::address::Address;
use super::wire::{ApiRequest, NoAnswer, TokenScheme};
use super::{Git, Network};
use crate::repo::RemoteUrl;

/// Hosts for ssh through port 443, and the hosts of the forges to which they belong.
const SSH_HOSTS: [(&str, &str); 3] = [
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
];

/// The forge of a remote, as far as the url of the remote says it.
#[derive(Clone)]
pub(crate) struct Api<'a> {
    network: &'a Network,
    /// The url of the remote for http. It may have a user and a password, so it is not shown.
    remote: Url,
}

impl Git {
    /// The forge of a remote with an expanded url. `None` if the url leads to none, or if oca is offline.
    pub(crate) fn api(&self, url: &RemoteUrl) -> Option<Api<'_>> {
        if self.offline {
            return None;
        }
        let network = self.network().ok()?;
        let real = RemoteUrl::parse(&network.configuration.instead_of(url.as_str())).ok()?;
        Some(Api { network, remote: web_url(Address::parse(&real).ok()?)? })
    }
}

impl Api<'_> {
    /// The url of the remote on the web.
    pub(crate) fn remote(&self) -> &Url {
        &self.remote
    }

    /// Whether the same credentials are sent for both.
    pub(crate) fn is_same_user(&self, other: &Self) -> bool {
        self.network.client.is_same_key(&self.remote, &other.remote)
    }

    /// Whether there is a credential for it that it did not refuse.
    pub(crate) fn has_token(&self, scheme: TokenScheme) -> bool {
        self.network.client.has_credential(&self.remote, scheme)
    }

    /// Sends a question, with POST if it has a body. Returns the body of the answer.
    pub(crate) fn ask(
        &self,
        url: &Url,
        json: Option<&str>,
        scheme: TokenScheme,
        until: Instant,
    ) -> Result<Vec<u8>, NoAnswer> {
        self.network.client.ask_api(&ApiRequest { remote: &self.remote, url, json, scheme, until })
    }
}

/// The url of a remote for http. A forge with ssh has its pages at the same host.
fn web_url(address: Address) -> Option<Url> {
    match address {
        Address::Http(url) => Some(url),
        Address::Ssh(ssh) => {
            let host = ssh.host();
            let host = SSH_HOSTS.iter().find(|(of_ssh, _)| *of_ssh == host).map_or(&*host, |(_, host)| host);
            // A name without a dot is often only an alias in the configuration of ssh.
            let mut url = Url::parse(&format!("https://{host}/")).ok().filter(|_| host.contains('.'))?;
            url.set_path(&ssh.path);
            Some(url)
        }
        Address::Daemon(_) | Address::Path(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forge_of_a_remote_is_at_its_host() {
        let shown = |word: &str| {
            let url = RemoteUrl::parse(word).expect("a url");
            let web = web_url(Address::parse(&url).expect("an address"));
            web.map_or("none".to_owned(), |url| url.to_string())
        };
        for (word, web) in [
            ("https://git.example.com:8443/acme/web.git", "https://git.example.com:8443/acme/web.git"),
            ("git@github.com:OCA/web.git", "https://github.com/OCA/web.git"),
            ("ssh://git@ssh.github.com:443/OCA/web.git", "https://github.com/OCA/web.git"),
            ("ssh://git@Git.Example.com:2222/acme/web.git", "https://git.example.com/acme/web.git"),
            ("work:acme/web.git", "none"),
            ("git://git.example.com/web.git", "none"),
            ("/srv/web.git", "none"),
        ] {
            assert_eq!(shown(word), web, "{word}");
        }
    }
}
