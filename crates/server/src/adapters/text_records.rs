//! TXT records of the world, by which owners of domains prove to EC2 that they are: asked of the name servers of this machine, or
//! of those that the operator names.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};
use tokio::time::timeout;
use wharf_service::Shares;
use wharf_svc_ec2::endpoint_services::TextRecords;

/// Names asked for at once, of all accounts and of one, whose name servers may never answer; others wait.
const MOST_LOOKUPS: (usize, usize) = (16, 4);
/// One name server's time, and how often all are tried.
const PATIENCE: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;
/// With the wait for a turn.
const WHOLE_PATIENCE: Duration = Duration::from_secs(10);
/// Records of one name that are looked at; an answer is at most 64 KiB.
const MOST_RECORDS: usize = 256;

/// Where the name servers are, whenever it is asked.
#[derive(Clone)]
pub struct NameServers(Arc<dyn Fn() -> Vec<SocketAddr> + Send + Sync>);

impl NameServers {
    pub fn new(servers: impl Fn() -> Vec<SocketAddr> + Send + Sync + 'static) -> Self {
        Self(Arc::new(servers))
    }

    /// Nobody is asked.
    pub fn none() -> Self {
        Self::new(Vec::new)
    }
}

impl fmt::Debug for NameServers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries((self.0)()).finish()
    }
}

/// Every question is asked anew: whoever has just made a record wants it seen.
pub struct Resolved {
    servers: NameServers,
    turns: Shares,
}

impl Resolved {
    pub fn new(servers: NameServers) -> Self {
        Self {
            servers,
            turns: Shares::new(MOST_LOOKUPS.0, MOST_LOOKUPS.1),
        }
    }

    async fn look_up(&self, account: &str, name: &str) -> Option<Vec<String>> {
        let _turn = self.turns.take(account).await;
        let name = Name::from_ascii(format!("{name}.")).ok()?;
        let resolver = resolver(&(self.servers.0)())?;
        match resolver.lookup(name, RecordType::TXT).await {
            Ok(found) => {
                let texts = found.answers().iter().filter_map(|it| text(&it.data));
                Some(texts.take(MOST_RECORDS).collect())
            }
            Err(error) if says_none(&error) => Some(Vec::new()),
            Err(error) => {
                tracing::debug!(%error, "failed to look up TXT records");
                None
            }
        }
    }
}

#[async_trait]
impl TextRecords for Resolved {
    async fn find(&self, account: &str, name: &str) -> Option<Vec<String>> {
        let found = timeout(WHOLE_PATIENCE, self.look_up(account, name));
        found.await.ok()?
    }
}

/// The strings of a record as one (RFC 7208, 3.3); what is no text is nobody's proof.
fn text(data: &RData) -> Option<String> {
    let RData::TXT(it) = data else {
        return None;
    };
    let bytes = it.txt_data.iter().flat_map(|part| part.iter().copied());
    String::from_utf8(bytes.collect()).ok()
}

/// Whether that is the answer that there is no such record.
fn says_none(error: &NetError) -> bool {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => matches!(
            none.response_code,
            ResponseCode::NoError | ResponseCode::NXDomain
        ),
        _ => false,
    }
}

/// `None` without a name server.
fn resolver(servers: &[SocketAddr]) -> Option<TokioResolver> {
    if servers.is_empty() {
        tracing::warn!("this machine has no name server: no TXT records are found");
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
    options.timeout = PATIENCE;
    options.attempts = ATTEMPTS;
    match builder.build() {
        Ok(resolver) => Some(resolver),
        Err(error) => {
            tracing::error!(%error, "failed to ask name servers");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::{
        op::{Message, MessageType},
        rr::{Record, rdata::TXT},
    };
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server with one record, which says that it has no other; names below `broken.example` it fails to answer.
    async fn name_server(name: &'static str, texts: &'static [&'static str]) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
                let mut message = Message::from_vec(&buffer[..length]).unwrap();
                let asked = message.queries[0].name().clone();
                let known = Name::from_ascii(name).unwrap();
                let broken = Name::from_ascii("broken.example.").unwrap();
                message.metadata.message_type = MessageType::Response;
                if broken.zone_of(&asked) {
                    message.metadata.response_code = ResponseCode::ServFail;
                } else if asked == known {
                    let text = texts.iter().map(|it| (*it).to_owned()).collect();
                    let record = Record::from_rdata(asked, 60, RData::TXT(TXT::new(text)));
                    message.answers = vec![record];
                } else {
                    message.metadata.response_code = ResponseCode::NXDomain;
                }
                let answer = message.to_vec().unwrap();
                socket.send_to(&answer, peer).await.unwrap();
            }
        });
        at
    }

    #[tokio::test]
    async fn records_are_found_where_they_are() {
        let server = name_server("_1.example.com.", &["vpce:", "2"]).await;
        let found = Resolved::new(NameServers::new(move || vec![server]));
        let whole = vec!["vpce:2".to_owned()];
        assert_eq!(found.find("1", "_1.example.com").await, Some(whole));
        assert_eq!(found.find("1", "example.com").await, Some(Vec::new()));
        assert_eq!(found.find("1", "a.broken.example").await, None);
        let nobody = Resolved::new(NameServers::none());
        assert_eq!(nobody.find("1", "_1.example.com").await, None);
    }
}
