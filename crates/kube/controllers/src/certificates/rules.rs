//! What each signer signs, in upstream's words where it does not.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use serde_json::Value;
use wharf_kube_auth::{
    issuing::Purpose,
    signing_request::SigningRequest,
    user::{MASTERS, NODE_PREFIX, NODES},
};
use wharf_kube_client::Object as _;

use super::Order;

const SIGNATURE: &str = "digital signature";
const ENCIPHERMENT: &str = "key encipherment";
const CLIENT: &str = "client auth";
const SERVER: &str = "server auth";
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
const SHORTEST: Duration = Duration::from_secs(600);

/// The signers of the cluster itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    ApiClient,
    NodeClient,
    NodeServer,
}

impl Signer {
    /// Which one a request is for.
    pub fn of(object: &Value) -> Option<Self> {
        match object.text("/spec/signerName") {
            "kubernetes.io/kube-apiserver-client" => Some(Self::ApiClient),
            "kubernetes.io/kube-apiserver-client-kubelet" => Some(Self::NodeClient),
            "kubernetes.io/kubelet-serving" => Some(Self::NodeServer),
            _ => None,
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::ApiClient | Self::NodeClient => Purpose::Client,
            Self::NodeServer => Purpose::Server,
        }
    }
}

/// What the API server is called, which nobody else gets a certificate for.
#[derive(Debug, Clone, Default)]
pub struct ServerNames {
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
    /// As a client of others.
    users: BTreeSet<String>,
}

impl ServerNames {
    /// Names and addresses it serves at, and users it is.
    pub fn new(
        names: impl IntoIterator<Item = String>,
        users: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut found = Self {
            users: users.into_iter().collect(),
            ..Self::default()
        };
        for name in names {
            match name.parse::<IpAddr>() {
                Ok(address) => found.addresses.insert(address.to_canonical()),
                Err(_) => found.names.insert(plain(&name)),
            };
        }
        found
    }

    fn has_name(&self, name: &str) -> bool {
        let name = plain(name);
        let address = name.parse::<IpAddr>().ok();
        self.names.contains(&name) || address.is_some_and(|it| self.has_address(it))
    }

    fn has_address(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address.to_canonical())
    }
}

/// Names of hosts are the same in capitals and with a dot behind.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Why a request is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("invalid usage for client certificate: {0}")]
    Usage(String),
    #[error("missing required usage for client certificate: {CLIENT}")]
    NoClient,
    #[error("usages did not match [{}]", .0.join(" "))]
    Usages(Vec<&'static str>),
    #[error("subject organization is not system:nodes")]
    NotOfNodes,
    #[error("subject common name does not begin with system:node:")]
    NotOfANode,
    #[error("DNS or IP subjectAltName is required")]
    NoName,
    #[error("{0} subjectAltNames are not allowed")]
    Name(&'static str),
    #[error("subject has more than one common name")]
    CommonNames,
    #[error("subject organization {MASTERS} is not allowed")]
    Masters,
    #[error("subject common name is the API server's")]
    ServersUser,
    #[error("wildcard subjectAltNames are not allowed")]
    Wildcard,
    #[error("subjectAltNames of the API server are not allowed")]
    ServersName,
}

/// Why a request is not signed; `None` for one that is.
pub fn refusal(
    signer: Signer,
    object: &Value,
    request: &SigningRequest,
    server: &ServerNames,
) -> Option<Refusal> {
    let usages: BTreeSet<&str> = usages(object).collect();
    let refused = match signer {
        Signer::ApiClient => client(&usages),
        Signer::NodeClient => node_client(request, &usages),
        Signer::NodeServer => node_server(request, &usages),
    };
    refused.err().or_else(|| never(request, server).err())
}

fn usages(object: &Value) -> impl Iterator<Item = &str> {
    let all = object.list("/spec/usages").iter();
    all.filter_map(Value::as_str)
}

fn client(usages: &BTreeSet<&str>) -> Result<(), Refusal> {
    let known = [SIGNATURE, ENCIPHERMENT, CLIENT];
    if let Some(other) = usages.iter().find(|it| !known.contains(it)) {
        return Err(Refusal::Usage((*other).to_owned()));
    }
    match usages.contains(CLIENT) {
        true => Ok(()),
        false => Err(Refusal::NoClient),
    }
}

fn node_client(request: &SigningRequest, usages: &BTreeSet<&str>) -> Result<(), Refusal> {
    of_nodes(request)?;
    for (is_there, what) in [
        (!request.dns_names.is_empty(), "DNS"),
        (!request.emails.is_empty(), "Email"),
        (!request.addresses.is_empty(), "IP"),
        (!request.uris.is_empty(), "URI"),
    ] {
        if is_there {
            return Err(Refusal::Name(what));
        }
    }
    of_a_node(request)?;
    exactly(usages, CLIENT)
}

fn node_server(request: &SigningRequest, usages: &BTreeSet<&str>) -> Result<(), Refusal> {
    of_nodes(request)?;
    if request.dns_names.is_empty() && request.addresses.is_empty() {
        return Err(Refusal::NoName);
    }
    for (is_there, what) in [
        (!request.emails.is_empty(), "Email"),
        (!request.uris.is_empty(), "URI"),
    ] {
        if is_there {
            return Err(Refusal::Name(what));
        }
    }
    exactly(usages, SERVER)?;
    of_a_node(request)
}

fn of_nodes(request: &SigningRequest) -> Result<(), Refusal> {
    match request.organizations.as_slice() {
        [one] if one == NODES => Ok(()),
        _ => Err(Refusal::NotOfNodes),
    }
}

fn of_a_node(request: &SigningRequest) -> Result<(), Refusal> {
    match request.common_name().starts_with(NODE_PREFIX) {
        true => Ok(()),
        false => Err(Refusal::NotOfANode),
    }
}

/// Keys that are no RSA encipher nothing.
fn exactly(usages: &BTreeSet<&str>, own: &'static str) -> Result<(), Refusal> {
    let mut all = BTreeSet::from([SIGNATURE, own]);
    if *usages == all {
        return Ok(());
    }
    all.insert(ENCIPHERMENT);
    if *usages == all {
        return Ok(());
    }
    Err(Refusal::Usages(all.into_iter().collect()))
}

/// What is signed for nobody, whoever approved it.
fn never(request: &SigningRequest, server: &ServerNames) -> Result<(), Refusal> {
    if request.common_names.len() > 1 {
        return Err(Refusal::CommonNames);
    }
    if request.organizations.iter().any(|it| it == MASTERS) {
        return Err(Refusal::Masters);
    }
    if server.users.contains(request.common_name()) {
        return Err(Refusal::ServersUser);
    }
    if request.dns_names.iter().any(|it| it.contains('*')) {
        return Err(Refusal::Wildcard);
    }
    let is_server = request.dns_names.iter().any(|it| server.has_name(it))
        || request.addresses.iter().any(|it| server.has_address(*it));
    match is_server {
        true => Err(Refusal::ServersName),
        false => Ok(()),
    }
}

/// The certificate for a request that was not refused.
pub fn order(signer: Signer, object: &Value, request: SigningRequest) -> Order {
    let has = |usage: &str| usages(object).any(|it| it == usage);
    let asked = object.integer("/spec/expirationSeconds");
    let asked = asked.and_then(|it| u64::try_from(it).ok());
    let life = asked.map_or(LONGEST, Duration::from_secs);
    Order {
        purpose: signer.purpose(),
        digital_signature: has(SIGNATURE),
        key_encipherment: has(ENCIPHERMENT),
        life: life.clamp(SHORTEST, LONGEST),
        request,
    }
}

#[cfg(test)]
pub mod tests;
