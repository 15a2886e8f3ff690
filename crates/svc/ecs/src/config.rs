//! What the server hands in.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::sync::broadcast;
use wharf_api_ec2::Ec2;
use wharf_api_elbv2::Elbv2;
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_wire::async_trait;

use crate::names::Place;

/// Settings of the service. Times are the published defaults.
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
    /// The account of the installation's own nodes, which serve every account. Without it every host
    /// serves its own account alone.
    pub home_account: Option<String>,
    /// Whether another server may hold the reconcilers' shards.
    pub takeover: Takeover,
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
            home_account: None,
            takeover: Takeover::Replace,
        }
    }
}

/// What the service works with.
pub struct Parts {
    pub store: Store,
    pub keyring: Arc<Keyring>,
    /// Network interfaces, subnets and security groups.
    pub ec2: Arc<dyn Ec2>,
    /// Target groups; without it services cannot name any.
    pub elbv2: Option<Arc<dyn Elbv2>>,
    /// ARNs of target groups whose targets or health changed.
    pub target_changes: Option<broadcast::Receiver<String>>,
    pub credentials: Arc<dyn TaskCredentials>,
    pub clock: Arc<dyn Clock>,
    pub config: Config,
}

/// A clone hears of target changes from the moment it is made.
impl Clone for Parts {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            keyring: self.keyring.clone(),
            ec2: self.ec2.clone(),
            elbv2: self.elbv2.clone(),
            target_changes: self
                .target_changes
                .as_ref()
                .map(broadcast::Receiver::resubscribe),
            credentials: self.credentials.clone(),
            clock: self.clock.clone(),
            config: self.config.clone(),
        }
    }
}

impl Parts {
    pub fn new(
        store: Store,
        keyring: Arc<Keyring>,
        ec2: Arc<dyn Ec2>,
        credentials: Arc<dyn TaskCredentials>,
    ) -> Self {
        Self {
            store,
            keyring,
            ec2,
            elbv2: None,
            target_changes: None,
            credentials,
            clock: Arc::new(SystemClock),
            config: Config::default(),
        }
    }
}

/// Temporary keys of a role.
#[derive(Clone, PartialEq, Eq)]
pub struct RoleKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expiration: Timestamp,
}

/// Secrets are never printed.
impl std::fmt::Debug for RoleKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RoleKeys")
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// Why a role gives no keys.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// There is no such role, or it does not trust ECS tasks.
    #[error("the role {0} cannot be assumed for tasks")]
    Unusable(String),
    #[error("the role's keys cannot be made now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Assumes roles for tasks, on behalf of `ecs-tasks.amazonaws.com`.
#[async_trait]
pub trait TaskCredentials: Send + Sync + 'static {
    /// Whether the role exists and trusts tasks of that account and region, without making keys.
    async fn usable(&self, place: &Place, role_arn: &str) -> Result<(), RoleError>;
    /// Keys for one task; the session is named after the task's id.
    async fn assume(
        &self,
        task_arn: &str,
        role_arn: &str,
        task_id: &str,
    ) -> Result<RoleKeys, RoleError>;
}
