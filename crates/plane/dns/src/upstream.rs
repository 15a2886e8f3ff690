//! The rest of the world's names: the host's name servers, with a bounded cache.
//!
//! The host's list is looked at every few seconds; when it is another one, the cache begins anew.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hickory_proto::op::{Query, ResponseCode};
use hickory_proto::rr::Record;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use parking_lot::Mutex;
use tokio::time::timeout;

use crate::query::Saying;

/// Answers kept: of all networks of the host together. One has at most 64 KiB.
const CACHED: u64 = 1024;
/// Nobody's answer is kept longer (seconds; one says up to 136 years).
const LONGEST_KEPT: Duration = Duration::from_secs(3600);
const LONGEST_KEPT_ABSENT: Duration = Duration::from_secs(300);
/// One name server's time, and how often all are tried.
const PATIENCE: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;
/// Askers give up after five seconds.
const WHOLE_PATIENCE: Duration = Duration::from_millis(4500);
/// Questions under way at one name server; those of all scopes come together here.
const UNDER_WAY: usize = 2048;
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where the host's name servers are.
pub(crate) type NameServers = Box<dyn Fn() -> Vec<SocketAddr> + Send + Sync>;

pub(crate) struct Upstream {
    name_servers: NameServers,
    state: Mutex<Option<State>>,
}

struct State {
    looked: Instant,
    servers: Vec<SocketAddr>,
    /// `None` without a name server.
    resolver: Option<TokioResolver>,
}

impl Upstream {
    pub(crate) fn new(name_servers: NameServers) -> Self {
        Self {
            name_servers,
            state: Mutex::default(),
        }
    }

    /// What the host's name servers say; SERVFAIL at once if there are none.
    pub(crate) async fn ask(&self, query: &Query) -> Saying {
        let failed = || Saying::nothing(ResponseCode::ServFail);
        let Some(resolver) = self.resolver(Instant::now()) else {
            return failed();
        };
        let asked = resolver.lookup(query.name().clone(), query.query_type());
        match timeout(WHOLE_PATIENCE, asked).await {
            Ok(Ok(found)) => Saying {
                answers: found.answers().to_vec(),
                ..Saying::default()
            },
            Ok(Err(error)) => negative(error).unwrap_or_else(failed),
            Err(_) => failed(),
        }
    }

    fn resolver(&self, now: Instant) -> Option<TokioResolver> {
        let mut state = self.state.lock();
        let fresh = |state: &State| now.saturating_duration_since(state.looked) < LOOK_EVERY;
        if !state.as_ref().is_some_and(fresh) {
            let servers = (self.name_servers)();
            match state.as_mut().filter(|state| state.servers == servers) {
                Some(same) => same.looked = now,
                None => {
                    *state = Some(State {
                        looked: now,
                        resolver: resolver(&servers),
                        servers,
                    });
                }
            }
        }
        state.as_ref()?.resolver.clone()
    }
}

fn resolver(servers: &[SocketAddr]) -> Option<TokioResolver> {
    if servers.is_empty() {
        tracing::warn!("this host has no name server: tasks find the names of their networks only");
        return None;
    }
    let servers = servers.iter().map(|server| {
        let mut config = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut config.connections {
            connection.port = server.port();
        }
        config
    });
    let config = ResolverConfig::from_name_servers(servers.collect());
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = CACHED;
    options.positive_max_ttl = Some(LONGEST_KEPT);
    options.negative_max_ttl = Some(LONGEST_KEPT_ABSENT);
    options.timeout = PATIENCE;
    options.attempts = ATTEMPTS;
    options.max_active_requests = UNDER_WAY;
    match builder.build() {
        Ok(resolver) => Some(resolver),
        Err(error) => {
            tracing::error!(%error, "failed to query the host's name servers");
            None
        }
    }
}

/// What a name server said that is no answer; `None` if it said nothing of use.
fn negative(error: NetError) -> Option<Saying> {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            let soa = none.soa.map(|soa| Record::into_record_of_rdata(*soa));
            Some(Saying {
                code: none.response_code,
                authorities: soa.into_iter().collect(),
                ..Saying::default()
            })
        }
        NetError::Dns(DnsError::ResponseCode(code)) => Some(Saying::nothing(code)),
        error => {
            tracing::debug!(%error, "the host's name servers did not answer");
            None
        }
    }
}
