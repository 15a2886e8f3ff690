//! The settings of a node's network: plain values, read from no environment.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use tokio::sync::mpsc;
use wharf_base::InstallationId;

use crate::addresses::Plan;
use crate::error::NetworkError;
use crate::model::Subnet;
use crate::resolver::ResolverSockets;

#[derive(Debug, Clone)]
pub struct NetworkConfig {
    /// Carried by every name on the host.
    pub installation: InstallationId,
    /// Records and namespaces; made if missing, for root alone.
    pub state_dir: PathBuf,
    /// What all installations on a host agree about; on a file system that a reboot empties.
    pub shared_dir: PathBuf,
    /// The private range of bridge tasks, a /16 to /25; a free /22 is chosen if `None`.
    pub bridge_subnet: Option<Subnet>,
    /// Host ports for mappings that name none; the kernel's ephemeral range as with AWS.
    pub host_port_range: RangeInclusive<u16>,
    /// Opened on 169.254.170.2 in every scope: metadata and credentials, the AWS endpoint.
    pub endpoint_ports: Vec<u16>,
    /// Opened on 169.254.169.254 in every VPC: what EC2 instances ask about themselves.
    pub instance_metadata_port: Option<u16>,
    /// UDP port of the tunnels, the same on all hosts of a cluster.
    pub tunnel_port: u16,
    /// Ranges of VPCs in which programs of this host reach tasks by their addresses.
    pub reach: Vec<Subnet>,
    /// Addresses that this host must not lose to a task, the control plane's for one.
    pub reserved: Vec<Ipv4Addr>,
    /// Takes the sockets of the name service as they are made; without it there are none.
    pub resolvers: Option<mpsc::Sender<ResolverSockets>>,
}

/// The range of default VPCs. Any other is its operator's to name: what lies behind the host's
/// default gateway cannot be seen from here.
const DEFAULT_REACH: Subnet = Subnet::constant(Ipv4Addr::new(172, 31, 0, 0), 16);

/// Not IANA's 4789, which may be in use by others on the host, nor one of those that the kernel
/// gives to clients. Several installations on a host may share it: packets are told apart by the
/// numbers of their networks.
const TUNNEL_PORT: u16 = 14789;

impl NetworkConfig {
    pub fn new(installation: InstallationId, state_dir: impl Into<PathBuf>) -> Self {
        Self {
            installation,
            state_dir: state_dir.into(),
            shared_dir: PathBuf::from("/run/wharf"),
            bridge_subnet: None,
            host_port_range: 32768..=60999,
            endpoint_ports: vec![80, 4566],
            instance_metadata_port: None,
            tunnel_port: TUNNEL_PORT,
            reach: vec![DEFAULT_REACH],
            reserved: Vec::new(),
            resolvers: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        let bad = |text: String| Err(NetworkError::BadConfig(text));
        if self.host_port_range.is_empty() || *self.host_port_range.start() == 0 {
            return bad(format!("host port range {:?}", self.host_port_range));
        }
        if self.tunnel_port == 0 {
            return bad("tunnel port 0".to_owned());
        }
        match self.bridge_subnet {
            Some(range) if Plan::new(range).is_none() => {
                bad(format!("bridge subnet {range} is not a /16 to /25"))
            }
            _ => Ok(()),
        }
    }
}
