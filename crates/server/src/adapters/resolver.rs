//! Names of the world that users give to EC2: TXT records, by which owners of domains prove that they are, and the addresses that
//! names of elastic addresses lead to. Asked of the name servers of this machine, or of those that the operator names.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

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
use wharf_svc_ec2::{elastic::ForwardNames, endpoint_services::TextRecords};

/// What this machine knows without a name server.
const HOSTS: &str = "/etc/hosts";

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
pub struct Resolver {
    servers: NameServers,
    hosts: PathBuf,
    turns: Shares,
}

impl Resolver {
    pub fn new(servers: NameServers) -> Self {
        Self {
            servers,
            hosts: HOSTS.into(),
            turns: Shares::new(MOST_LOOKUPS.0, MOST_LOOKUPS.1),
        }
    }

    /// What the records of one kind say, none if there are none; `None` if no name server answers in time.
    async fn records<T>(
        &self,
        account: &str,
        name: &str,
        kind: RecordType,
        read: fn(&RData) -> Option<T>,
    ) -> Option<Vec<T>> {
        let found = timeout(WHOLE_PATIENCE, self.look_up(account, name, kind, read));
        found.await.ok()?
    }

    async fn look_up<T>(
        &self,
        account: &str,
        name: &str,
        kind: RecordType,
        read: fn(&RData) -> Option<T>,
    ) -> Option<Vec<T>> {
        let _turn = self.turns.take(account).await;
        // With its dot: no domain of this machine is searched.
        let name = Name::from_ascii(format!("{name}.")).ok()?;
        let resolver = asking(&(self.servers.0)())?;
        match resolver.lookup(name, kind).await {
            Ok(found) => {
                let said = found.answers().iter().filter_map(|it| read(&it.data));
                Some(said.take(MOST_RECORDS).collect())
            }
            Err(error) if says_none(&error) => Some(Vec::new()),
            Err(error) => {
                tracing::debug!(%error, %kind, "failed to look up a name");
                None
            }
        }
    }
}

#[async_trait]
impl TextRecords for Resolver {
    async fn find(&self, account: &str, name: &str) -> Option<Vec<String>> {
        self.records(account, name, RecordType::TXT, text).await
    }
}

#[async_trait]
impl ForwardNames for Resolver {
    /// The hosts file goes before the name servers, as it does for the machine's other programs.
    async fn addresses(&self, account: &str, name: &str) -> Vec<Ipv4Addr> {
        let known = known_here(&self.hosts, name).await;
        if !known.is_empty() {
            return known;
        }
        let found = self.records(account, name, RecordType::A, address).await;
        found.unwrap_or_default()
    }
}

/// A machine without such a file knows no name by itself.
async fn known_here(hosts: &Path, name: &str) -> Vec<Ipv4Addr> {
    let text = tokio::fs::read(hosts).await.unwrap_or_default();
    in_hosts(&String::from_utf8_lossy(&text), name)
}

/// The IPv4 addresses of a name by the text of a hosts file (hosts(5)): an address and its names on each line.
fn in_hosts(text: &str, name: &str) -> Vec<Ipv4Addr> {
    let addresses = text.lines().filter_map(|line| {
        let (line, _) = line.split_once('#').unwrap_or((line, ""));
        let mut words = line.split_whitespace();
        let address: Ipv4Addr = words.next()?.parse().ok()?;
        words
            .any(|it| it.eq_ignore_ascii_case(name))
            .then_some(address)
    });
    addresses.take(MOST_RECORDS).collect()
}

fn address(data: &RData) -> Option<Ipv4Addr> {
    match data {
        RData::A(it) => Some(it.0),
        _ => None,
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
fn asking(servers: &[SocketAddr]) -> Option<TokioResolver> {
    if servers.is_empty() {
        tracing::warn!("this machine has no name server: no records are found");
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
        rr::{
            Record,
            rdata::{A, TXT},
        },
    };
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server that knows one name, and says that there is no other; names below `broken.example` it fails to answer.
    async fn name_server(name: &'static str, data: Vec<RData>) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
                let mut message = Message::from_vec(&buffer[..length]).unwrap();
                let (asked, kind) = {
                    let query = &message.queries[0];
                    (query.name().clone(), query.query_type())
                };
                let known = Name::from_ascii(name).unwrap();
                let broken = Name::from_ascii("broken.example.").unwrap();
                message.metadata.message_type = MessageType::Response;
                if broken.zone_of(&asked) {
                    message.metadata.response_code = ResponseCode::ServFail;
                } else if asked == known {
                    let of_kind = data.iter().filter(|it| it.record_type() == kind);
                    let record = |it: &RData| Record::from_rdata(asked.clone(), 60, it.clone());
                    message.answers = of_kind.map(record).collect();
                } else {
                    message.metadata.response_code = ResponseCode::NXDomain;
                }
                let answer = message.to_vec().unwrap();
                socket.send_to(&answer, peer).await.unwrap();
            }
        });
        at
    }

    fn texts(parts: &[&str]) -> RData {
        let parts = parts.iter().map(|it| (*it).to_owned());
        RData::TXT(TXT::new(parts.collect()))
    }

    fn leads_to(address: [u8; 4]) -> RData {
        RData::A(A(address.into()))
    }

    /// Which knows no name without a name server.
    fn of_servers(servers: Vec<SocketAddr>) -> Resolver {
        Resolver {
            hosts: PathBuf::new(),
            ..Resolver::new(NameServers::new(move || servers.clone()))
        }
    }

    #[tokio::test]
    async fn records_are_found_where_they_are() {
        let server = name_server("_1.example.com.", vec![texts(&["vpce:", "2"])]).await;
        let found = of_servers(vec![server]);
        let find = async |it: &Resolver, name: &str| TextRecords::find(it, "1", name).await;
        let whole = vec!["vpce:2".to_owned()];
        assert_eq!(find(&found, "_1.example.com").await, Some(whole));
        assert_eq!(find(&found, "example.com").await, Some(Vec::new()));
        assert_eq!(find(&found, "a.broken.example").await, None);
        let nobody = of_servers(Vec::new());
        assert_eq!(find(&nobody, "_1.example.com").await, None);
    }

    #[tokio::test]
    async fn names_lead_where_the_same_name_servers_say() {
        let (one, two) = ([198, 19, 0, 7], [198, 19, 0, 8]);
        let data = vec![texts(&["x"]), leads_to(one), leads_to(two)];
        let server = name_server("mail.example.com.", data).await;
        let found = of_servers(vec![server]);
        let addresses = found.addresses("1", "mail.example.com").await;
        assert_eq!(addresses, [Ipv4Addr::from(one), Ipv4Addr::from(two)]);
        for none in ["example.com", "a.broken.example", "a..b"] {
            let addresses = found.addresses("1", none).await;
            assert!(addresses.is_empty(), "{none}: {addresses:?}");
        }
    }

    #[tokio::test]
    async fn the_hosts_file_goes_before_name_servers() {
        let folder = tempfile::tempdir().unwrap();
        let hosts = folder.path().join("hosts");
        std::fs::write(&hosts, "198.19.0.9 mail.example.com\n").unwrap();
        let server = name_server("mail.example.com.", vec![leads_to([198, 19, 0, 7])]).await;
        let found = Resolver {
            hosts,
            ..of_servers(vec![server])
        };
        let addresses = found.addresses("1", "mail.example.com").await;
        assert_eq!(addresses, [Ipv4Addr::new(198, 19, 0, 9)]);
    }

    #[test]
    fn lines_of_a_hosts_file() {
        let text = "127.0.0.1 localhost # a.example.com\n\
                    ::1 a.example.com\n\
                    # 10.0.0.1 a.example.com\n\
                    \t10.0.0.2\tb  A.Example.com c#x\n\
                    10.0.0.300 a.example.com\n\
                    10.0.0.4\n\
                    10.0.0.5 a.example.com";
        let check = |name: &str, expected: &[[u8; 4]]| {
            let expected: Vec<Ipv4Addr> = expected.iter().map(|it| (*it).into()).collect();
            assert_eq!(in_hosts(text, name), expected, "{name}");
        };
        check("a.example.com", &[[10, 0, 0, 2], [10, 0, 0, 5]]);
        check("c", &[[10, 0, 0, 2]]);
        check("localhost", &[[127, 0, 0, 1]]);
        check("example.com", &[]);
        let many = "10.0.0.1 a\n".repeat(MOST_RECORDS + 1);
        assert_eq!(in_hosts(&many, "a").len(), MOST_RECORDS);
    }
}
