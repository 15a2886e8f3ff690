//! Addresses and times.

use std::{net::IpAddr, time::Duration};

use crate::monitoring;

/// What agents are told, and how long they are waited for. Times are the published defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where agents find ACS, TCS and ECR, e.g. `http://127.0.0.1:4566`. Used where a call does not
    /// say under which name its caller reached us.
    pub endpoint: String,
    /// Where port 443 is served too, if anywhere: agents of another make come by no other from beyond
    /// this machine.
    pub at_443: Option<IpAddr>,
    /// agentConnected turns false this long after the last connection ended.
    pub disconnect_grace: Duration,
    /// The tasks of a node are given up this long after the last connection ended.
    pub node_lost_timeout: Duration,
    /// The same for a host whose agent is none of wharf's. Such an agent pauses for up to two minutes
    /// between tries and is away while somebody upgrades it; its containers run on meanwhile.
    pub other_agent_lost_timeout: Duration,
    /// How much longer that takes for a node that has not come back since this server started: the
    /// longest pause of an agent between two tries, and some.
    pub reconnect_grace: Duration,
    /// An agent is pinged so often: a host that lost its power or its network closes no connection.
    pub ping: Duration,
    /// The connection of an agent that answered nothing for so long has ended.
    pub silence: Duration,
    /// Between two heartbeats to an agent.
    pub heartbeat: Duration,
    /// A message that was not acknowledged is sent again after this long.
    pub resend: Duration,
    /// Seconds between the samples of tasks that are measured closely.
    pub high_resolution: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            endpoint: "http://127.0.0.1:4566".to_owned(),
            at_443: None,
            disconnect_grace: Duration::from_secs(10),
            node_lost_timeout: Duration::from_secs(20),
            other_agent_lost_timeout: Duration::from_secs(600),
            reconnect_grace: Duration::from_secs(150),
            ping: Duration::from_secs(2),
            silence: Duration::from_secs(6),
            heartbeat: Duration::from_secs(30),
            resend: Duration::from_secs(30),
            high_resolution: monitoring::HIGH,
        }
    }
}
