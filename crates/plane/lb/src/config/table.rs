//! Routing tables: what a request needs to find its way, immutable, made anew with each change.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use bytes::Bytes;
use http::HeaderValue;
use rustls::ServerConfig;
use wharf_base::Cidr;
use wharf_planeproto::balancer::{Action, Listener, Protocol, ProtocolVersion};

use super::{
    BalancerSettings, CompiledGroup, Registry, ResponseHeaders, idle_timeout_ms, ingress,
    is_network,
};
use crate::{
    access_log::{AccessLog, Kept},
    metrics::{BalancerCounters, FlowKind},
    netns::Origin,
    oidc::{LoginRule, keys::SessionKeys},
    rooms::Owner,
    rules::{CompiledRule, Redirect, Subject},
    sticky::CookieKey,
    target::GroupState,
    tls,
};

/// A target group as requests use it.
#[derive(Debug)]
pub struct Group {
    pub arn: String,
    pub config: Arc<CompiledGroup>,
    pub state: Arc<GroupState>,
    /// Seals the cookies that name a target of this group.
    pub cookies: CookieKey,
}

impl Group {
    pub fn tls(&self) -> bool {
        matches!(self.config.record.protocol, Protocol::Https | Protocol::Tls)
    }

    /// Whether its targets speak HTTP/2.
    pub fn http2(&self) -> bool {
        self.config.record.protocol_version != ProtocolVersion::Http1
    }
}

/// What is done with a request.
#[derive(Debug)]
pub enum Plan {
    Forward(Forward),
    Redirect(Redirect),
    Fixed {
        status: u16,
        content_type: HeaderValue,
        body: Bytes,
    },
}

/// What is done with a request, and what is to be known before.
#[derive(Debug)]
pub struct Route {
    /// Of its rule; 0 of the default one.
    pub priority: u32,
    pub login: Login,
    pub plan: Plan,
}

/// Whether a request has to say who sends it.
#[derive(Debug)]
pub enum Login {
    /// Everybody's requests pass.
    NotAsked,
    Asked(Arc<LoginRule>),
    /// Users are to be authenticated, and it cannot be done.
    Unusable,
}

#[derive(Debug)]
pub struct Forward {
    /// Groups that exist, with their weights.
    pub groups: Vec<(Arc<Group>, u32)>,
    pub stickiness_seconds: Option<u32>,
    /// Seals the cookie that names a group of this listener.
    pub cookies: CookieKey,
}

/// A listener with its rules in order.
#[derive(Debug)]
pub struct ListenerTable {
    pub port: u16,
    /// The same as text.
    pub port_text: String,
    pub settings: BalancerSettings,
    /// What becomes of the headers of all its responses.
    pub responses: ResponseHeaders,
    pub counters: Arc<BalancerCounters>,
    rules: Vec<(Arc<CompiledRule>, Route)>,
    default: Route,
    /// By which sessions are sealed; none where users cannot be authenticated.
    session_keys: Option<Arc<SessionKeys>>,
    /// For HTTPS; `None` there means that no certificate can be used.
    pub tls: Option<Arc<ServerConfig>>,
    pub is_tls: bool,
    /// `web-123.us-east-1.elb.localhost`, lower case
    pub dns_name: String,
    /// The load balancer's ARN.
    pub owner: Owner,
    /// Where its load balancer is in its VPC.
    pub home: Origin,
    /// From where its security groups let in, for addresses outside of its VPC.
    sources: Vec<Cidr>,
    /// The same for datagrams.
    datagram_sources: Vec<Cidr>,
    /// Of a network load balancer.
    pub flows: Option<Flows>,
    pub arn: String,
    /// Where entries of its requests go, if its load balancer keeps a log; of one of a network load balancer those of connections over TLS.
    pub logged: Option<Logged>,
    /// Where entries of its connections go.
    pub connections: Option<Arc<AccessLog>>,
}

#[derive(Debug)]
pub struct Logged {
    pub log: Arc<AccessLog>,
    /// ARNs, by the names that clients ask for.
    pub certificates: Option<tls::ByName<String>>,
}

/// What a listener of a network load balancer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flows {
    pub connections: bool,
    pub datagrams: bool,
    /// How long a connection may be silent.
    pub idle_timeout_ms: u32,
}

impl Flows {
    fn of(listener: &Listener) -> Option<Self> {
        let protocol = listener.protocol;
        is_network(protocol).then_some(Self {
            connections: protocol != Protocol::Udp,
            datagrams: matches!(protocol, Protocol::Udp | Protocol::TcpUdp),
            idle_timeout_ms: idle_timeout_ms(&listener.attributes).ok()?,
        })
    }
}

impl ListenerTable {
    pub fn route(&self, subject: &Subject<'_>) -> &Route {
        let mut rules = self.rules.iter();
        let matching = rules.position(|(rule, _)| rule.matches(subject));
        let evaluated = matching.map_or(self.rules.len(), |it| it + 1);
        if evaluated > 0 {
            self.counters.rule_evaluations.add(evaluated as u64);
        }
        matching.map_or(&self.default, |it| &self.rules[it].1)
    }

    /// What connections are to a network load balancer.
    pub fn kind_of_flows(&self) -> FlowKind {
        match self.is_tls {
            true => FlowKind::Tls,
            false => FlowKind::Tcp,
        }
    }

    /// Counts a connection that found no room.
    pub fn turned_away(&self) {
        let kind = self.flows.is_some().then(|| self.kind_of_flows());
        self.counters.connections(kind).rejected.one();
    }

    fn routes(&self) -> impl Iterator<Item = &Route> {
        let rules = self.rules.iter().map(|(_, route)| route);
        rules.chain([&self.default])
    }

    /// Whether any rule has users authenticated.
    pub fn logs_in(&self) -> bool {
        let mut routes = self.routes();
        self.session_keys.is_some() && routes.any(|it| matches!(it.login, Login::Asked(_)))
    }

    /// Whether users of a rule are to be authenticated, and cannot be.
    pub fn cannot_log_in(&self) -> bool {
        let mut routes = self.routes();
        routes.any(|it| matches!(it.login, Login::Unusable))
    }

    pub fn session_keys(&self) -> Option<&SessionKeys> {
        self.session_keys.as_deref()
    }

    /// How users are authenticated under this name.
    pub fn login(&self, id: &[u8; 16]) -> Option<&Arc<LoginRule>> {
        self.routes().find_map(|route| match &route.login {
            Login::Asked(rule) if rule.id == *id => Some(rule),
            _ => None,
        })
    }

    /// Whether its security groups let the peer in.
    pub fn admits(&self, peer: IpAddr) -> bool {
        self.sources.iter().any(|it| it.admits(peer))
    }

    /// Whether they let the peer's datagrams in.
    pub fn admits_datagrams(&self, peer: IpAddr) -> bool {
        self.datagram_sources.iter().any(|it| it.admits(peer))
    }

    /// Where the flows of a network load balancer go.
    pub fn group(&self) -> Option<&Arc<Group>> {
        match &self.default.plan {
            Plan::Forward(forward) => forward.groups.first().map(|it| &it.0),
            Plan::Redirect(_) | Plan::Fixed { .. } => None,
        }
    }

    /// `http` or `https`
    pub fn scheme(&self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }
}

/// The listeners behind one listening socket.
#[derive(Debug, Default)]
pub struct EndpointTable {
    pub listeners: Vec<Arc<ListenerTable>>,
    by_name: HashMap<String, usize>,
    /// The id of the VPC endpoint whose address it is.
    pub vpc_endpoint: Option<Arc<str>>,
}

impl EndpointTable {
    pub fn new(listeners: Vec<Arc<ListenerTable>>) -> Self {
        let names = listeners.iter().enumerate();
        let by_name = names.map(|(at, it)| (it.dns_name.clone(), at)).collect();
        Self {
            listeners,
            by_name,
            vpc_endpoint: None,
        }
    }

    /// At the address of a VPC endpoint.
    pub fn at(self, vpc_endpoint: Option<&str>) -> Self {
        Self {
            vpc_endpoint: vpc_endpoint.map(Arc::from),
            ..self
        }
    }

    /// The listener of a network load balancer, which shares its address with no other.
    pub fn flows(&self) -> Option<(&Arc<ListenerTable>, Flows)> {
        match &self.listeners[..] {
            [only] => Some((only, only.flows?)),
            _ => None,
        }
    }

    /// The listener for a Host (lower case, without port). With a single one Host does not matter.
    pub fn choose(&self, host: &str, tls: bool) -> Option<&Arc<ListenerTable>> {
        if let [only] = &self.listeners[..] {
            return (only.is_tls == tls).then_some(only);
        }
        let named = self.by_name.get(host).map(|at| &self.listeners[*at]);
        named.filter(|it| it.is_tls == tls).or_else(|| {
            let mut speaking = self.listeners.iter().filter(|it| it.is_tls == tls);
            speaking.next().filter(|_| speaking.next().is_none())
        })
    }

    /// The listener whose certificate a client gets, by the server name it asks for.
    pub fn choose_tls(&self, name: Option<&str>) -> Option<&Arc<ListenerTable>> {
        let named = name.and_then(|name| self.by_name.get(&name.to_ascii_lowercase()));
        match named {
            Some(at) => Some(&self.listeners[*at]),
            None => self.listeners.iter().find(|it| it.tls.is_some()),
        }
    }
}

/// Makes the table of a listener; `None` if its load balancer is not there. Its attributes were read when
/// it was taken over.
pub fn listener_table(
    registry: &Registry,
    groups: &BTreeMap<String, Arc<Group>>,
    (counters, logs): (Arc<BalancerCounters>, Kept),
    (listener, home): (&Listener, &Origin),
) -> Option<ListenerTable> {
    let balancer = registry.balancers.get(&listener.load_balancer)?;
    let cookies = CookieKey::derive("listener", &listener.arn);
    let secure = listener.protocol == Protocol::Https;
    let session_keys = SessionKeys::read(&listener.session_keys).filter(|_| secure);
    let session_keys = session_keys.map(Arc::new);
    let arn = &balancer.record.arn;
    let route = |priority, actions: &[Action]| Route {
        priority,
        login: login(actions, session_keys.as_ref(), arn),
        plan: plan(actions, groups, &cookies),
    };
    let mut rules: Vec<_> = registry
        .rules
        .values()
        .filter(|it| it.rule.listener == listener.arn)
        .map(|it| (Arc::clone(it), route(it.rule.priority, &it.rule.actions)))
        .collect();
    rules.sort_by_key(|(it, _)| it.rule.priority);
    let is_tls = matches!(listener.protocol, Protocol::Https | Protocol::Tls);
    let alpn = match listener.protocol {
        Protocol::Tls => tls::policy(listener.alpn_policy.as_deref()),
        _ => tls::of_http(balancer.settings.http2),
    };
    let groups_of = &balancer.record.security_groups;
    let flows = Flows::of(listener);
    // Network load balancers tell of nothing but TLS.
    let access = logs.access.filter(|_| is_tls || flows.is_none());
    let sources = |protocol| ingress::sources(registry, groups_of, protocol, listener.port);
    Some(ListenerTable {
        port: listener.port,
        port_text: listener.port.to_string(),
        settings: balancer.settings.clone(),
        responses: ResponseHeaders::read(&listener.attributes).ok()?,
        counters,
        rules,
        default: route(0, &listener.default_actions),
        session_keys: session_keys.clone(),
        tls: is_tls
            .then(|| tls::server_config(registry, listener, alpn))
            .flatten(),
        is_tls,
        dns_name: balancer.record.dns_name.to_ascii_lowercase(),
        owner: balancer.record.arn.as_str().into(),
        home: home.clone(),
        sources: sources(ingress::TCP),
        datagram_sources: sources(ingress::UDP),
        flows,
        arn: listener.arn.clone(),
        logged: access.map(|log| Logged {
            log,
            certificates: tls::arns(registry, listener),
        }),
        connections: logs.connections,
    })
}

/// What stands before the routing action.
fn login(actions: &[Action], keys: Option<&Arc<SessionKeys>>, balancer: &str) -> Login {
    let mut settings = actions.iter().filter_map(|action| match action {
        Action::AuthenticateOidc(settings) => Some(settings),
        _ => None,
    });
    match (settings.next(), keys) {
        (None, _) => Login::NotAsked,
        (Some(settings), Some(keys)) => match LoginRule::compile(settings, keys, balancer) {
            Some(rule) => Login::Asked(Arc::new(rule)),
            None => Login::Unusable,
        },
        (Some(_), None) => Login::Unusable,
    }
}

/// The routing action is the last one. Without any there is nobody to answer: 503.
fn plan(actions: &[Action], groups: &BTreeMap<String, Arc<Group>>, cookies: &CookieKey) -> Plan {
    let forward = |wanted: &[_], stickiness_seconds| {
        let known = |it: &wharf_planeproto::balancer::WeightedGroup| {
            Some((Arc::clone(groups.get(&it.group)?), it.weight))
        };
        Plan::Forward(Forward {
            groups: wanted.iter().filter_map(known).collect(),
            stickiness_seconds,
            cookies: cookies.clone(),
        })
    };
    match actions.last() {
        None | Some(Action::AuthenticateOidc(_)) => forward(&[], None),
        Some(Action::Forward {
            groups,
            stickiness_seconds,
        }) => forward(groups, *stickiness_seconds),
        Some(Action::Redirect {
            protocol,
            host,
            port,
            path,
            query,
            status,
        }) => Plan::Redirect(Redirect {
            protocol: protocol.clone(),
            host: host.clone(),
            port: port.clone(),
            path: path.clone(),
            query: query.clone(),
            status: *status,
        }),
        Some(Action::FixedResponse {
            status,
            content_type,
            body,
        }) => Plan::Fixed {
            status: *status,
            content_type: HeaderValue::from_str(content_type)
                .unwrap_or(HeaderValue::from_static("text/plain")),
            body: Bytes::copy_from_slice(body.as_bytes()),
        },
    }
}

/// ARNs of the groups that actions may forward to.
pub fn groups_of(actions: &[Action]) -> impl Iterator<Item = &str> {
    let forwards = actions.iter().filter_map(|action| match action {
        Action::Forward { groups, .. } => Some(groups),
        _ => None,
    });
    forwards.flatten().map(|it| it.group.as_str())
}
