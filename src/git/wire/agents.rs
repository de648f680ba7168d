//! ureq's agents: one for each way to connect. Each has its own pool of connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rustls::ClientConfig;
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, SocksConnector, TcpConnector};
use url::Url;

use super::absolute::AbsoluteForm;
use super::paced::Paced;
use super::permits::{CONNECTIONS_PER_HOST, lock};
use super::tls::Tls;
use super::trust::Trust;
use crate::git::configuration::Configuration;
use crate::git::pace::Limits;
use crate::git::{CONNECT, Error};

/// Some forges expect a user agent that begins with `git/`.
const USER_AGENT: &str = concat!("git/2.0 (oca ", env!("CARGO_PKG_VERSION"), ")");

/// How to connect.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Way {
    /// Plain http, which has no certificates.
    Plain,
    /// Plain http to a proxy, which passes the request on.
    PlainProxy,
    Secure(Trust),
}

/// The agents that this run has made.
pub(super) struct Agents {
    limits: Limits,
    made: Mutex<HashMap<Way, Agent>>,
}

impl Agents {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, made: Mutex::default() }
    }

    /// The agent for a url, perhaps through a proxy.
    pub(super) fn of(
        &self,
        configuration: &Configuration,
        url: &Url,
        proxy: Option<&str>,
    ) -> Result<Agent, Error> {
        // A proxy may be https even if the url is not.
        let is_secure = url.scheme() == "https" || proxy.is_some_and(|proxy| proxy.starts_with("https:"));
        self.get(if is_secure { Way::Secure(Trust::of(configuration, url)?) } else { Way::Plain })
    }

    /// The agent for a proxy that passes plain http on.
    pub(super) fn plain_proxy(&self) -> Result<Agent, Error> {
        self.get(Way::PlainProxy)
    }

    fn get(&self, way: Way) -> Result<Agent, Error> {
        let mut made = lock(&self.made);
        if let Some(agent) = made.get(&way) {
            return Ok(agent.clone());
        }
        let agent = self.make(&way)?;
        made.insert(way, agent.clone());
        Ok(agent)
    }

    fn make(&self, way: &Way) -> Result<Agent, Error> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(self.limits.stall))
            .timeout_per_write(Some(self.limits.stall))
            .timeout_send_request(Some(self.limits.window()))
            .timeout_send_body(Some(self.limits.longest_preface()))
            .timeout_recv_response(Some(self.limits.window()))
            .max_idle_connections(64)
            .max_idle_connections_per_host(CONNECTIONS_PER_HOST)
            .accept_encoding("identity")
            .input_buffer_size(64 * 1024)
            .user_agent(USER_AGENT)
            .build();
        // ureq's default connectors, and `Paced`.
        let connector =
            ().chain(SocksConnector::default())
                .chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(Paced);
        let resolver = DefaultResolver::default();
        Ok(match way {
            Way::Plain => Agent::with_parts(config, connector, resolver),
            Way::PlainProxy => Agent::with_parts(config, connector.chain(AbsoluteForm), resolver),
            Way::Secure(trust) => {
                let tls: Arc<ClientConfig> = trust.config()?;
                Agent::with_parts(config, connector.chain(Tls(tls)), resolver)
            }
        })
    }
}
