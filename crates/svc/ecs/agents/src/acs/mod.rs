//! The control plane's side of the agent protocol's websockets (spec ecs-agent §2 and §4).
//!
//! The gateway verifies the signature of the upgrade request, asks [`Endpoint`] what IAM has to
//! allow and whether the instance may connect, answers 101 or the refusal, and hands the upgraded
//! connection over. From there on a session is level-triggered: with every change on its host it
//! compares what the agent was told with what should run there and sends the difference, so nothing
//! is lost when a connection, an agent or a server dies.

mod closing;
pub mod credentials;
#[doc(hidden)]
pub mod fuzz;
pub mod hub;
pub mod message;
pub mod payload;
pub mod server_address;
pub mod session;
pub mod tcs;

use std::{collections::BTreeMap, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};
use wharf_records::{
    Record,
    ecs::{Instance, InstanceStatus},
};
use wharf_wire::{Check, Context};

use server_address::ServerAddress;

use crate::{
    Agents, binding,
    names::{self, Place},
    own_node,
    state::ChangeError,
};

/// What DiscoverPollEndpoint appends to the server's address; agents add `/ws`.
pub const ACS_PATH: &str = "/acs";
pub const TCS_PATH: &str = "/tcs";

/// Largest message of an agent: metrics of ten tasks come in frames of up to 1 MiB.
const MAX_MESSAGE: usize = 1 << 20;

/// Which of the two channels a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Acs,
    Tcs,
}

/// An agent's connection that may be upgraded.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub(crate) channel: Channel,
    pub(crate) place: Place,
    /// Key and ARN of the container instance.
    pub(crate) key: String,
    pub(crate) instance: String,
    pub(crate) host: String,
    pub(crate) query: BTreeMap<String, String>,
    /// The server, as the agent reached it.
    pub(crate) server: ServerAddress,
    /// The agent is none of wharf's.
    pub(crate) of_another_make: bool,
}

/// Why a connection is refused, as agents read it: the answer's body, with a status that is not 101.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: &'static str,
    pub message: String,
    pub status: u16,
}

impl Refusal {
    fn of(kind: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status,
        }
    }

    /// IAM or the node's binding forbids it.
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::of("AccessDeniedException", 403, message)
    }

    /// `{"type":"InvalidClusterException","message":{"message":"…"}}`
    pub fn body(&self) -> String {
        let body = serde_json::json!({"type": self.kind, "message": {"message": self.message}});
        body.to_string()
    }
}

/// The websocket endpoints, for the gateway.
#[derive(Clone)]
pub struct Endpoint {
    agents: Arc<Agents>,
}

impl Endpoint {
    pub fn new(agents: Arc<Agents>) -> Self {
        Self { agents }
    }

    /// What IAM has to allow: `ecs:Poll` or `ecs:StartTelemetrySession` on the instance.
    pub fn checks(
        &self,
        channel: Channel,
        cx: &Context,
        query: &BTreeMap<String, String>,
    ) -> Vec<Check> {
        let action = match channel {
            Channel::Acs => "ecs:Poll",
            Channel::Tcs => "ecs:StartTelemetrySession",
        };
        let place = Place::of(cx);
        let cluster = names::cluster_name(cluster_of(channel, query)).unwrap_or_default();
        vec![
            Check::new(action, instance_arn(&place, instance_of(channel, query)))
                .with("ecs:cluster", place.cluster(&cluster)),
        ]
    }

    /// Whether the instance named in `query` may connect; before the upgrade is answered.
    pub async fn admit(
        &self,
        channel: Channel,
        cx: &Context,
        query: BTreeMap<String, String>,
    ) -> Result<Ticket, Refusal> {
        let place = Place::of(cx);
        let cluster = names::cluster_name(cluster_of(channel, &query))
            .map_err(|fault| Refusal::of("InvalidClusterException", 400, fault.message))?;
        self.agents.state.up_to_date().await;
        let known = self
            .agents
            .state
            .view
            .read(&place, |region| region.clusters.contains_key(&cluster));
        if !known {
            return Err(Refusal::of(
                "InvalidClusterException",
                400,
                "Cluster not found.",
            ));
        }
        let arn = instance_of(channel, &query);
        let invalid = |text: &str| Refusal::of("InvalidInstanceException", 400, text);
        let id = names::member_id("container-instance", &cluster, arn)
            .map_err(|fault| invalid(&fault.message))?;
        let found = self
            .agents
            .state
            .view
            .read(&place, |region| region.instance(&cluster, &id).cloned());
        let found = found.ok_or_else(|| invalid("The container instance is not registered."))?;
        if !binding::may_speak_for(&cx.caller, &found) {
            return Err(Refusal::access_denied(
                "This node may not speak for the container instance.",
            ));
        }
        if found.status == InstanceStatus::Inactive {
            return Err(Refusal::of(
                "InactiveInstanceException",
                400,
                "The container instance is INACTIVE.",
            ));
        }
        let of_another_make = !own_node::is_own_node(&found);
        let home = &self.agents.config.endpoint;
        // Our nodes need no address of those who asked: they know theirs.
        let reached = if of_another_make { &cx.endpoint } else { home };
        Ok(Ticket {
            server: ServerAddress::new(reached, home),
            of_another_make,
            channel,
            key: place
                .scope()
                .key(Instance::KIND, &format!("{cluster}:{id}")),
            place,
            instance: found.arn.clone(),
            host: found.host.clone(),
            query,
        })
    }

    /// Serves an upgraded connection until it ends.
    pub async fn serve<S>(&self, ticket: Ticket, io: S) -> Result<(), ChangeError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut limits = WebSocketConfig::default();
        limits.max_message_size = Some(MAX_MESSAGE);
        limits.max_frame_size = Some(MAX_MESSAGE);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(limits)).await;
        match ticket.channel {
            Channel::Acs => session::serve(self.agents.clone(), ticket, socket).await,
            Channel::Tcs => tcs::serve(self.agents.clone(), ticket, socket).await,
        }
    }
}

/// The two channels spell their parameters differently.
fn cluster_of(channel: Channel, query: &BTreeMap<String, String>) -> Option<&str> {
    let name = match channel {
        Channel::Acs => "clusterArn",
        Channel::Tcs => "cluster",
    };
    query.get(name).map(String::as_str)
}

/// The instance that will be acted on, whatever region or account the caller wrote.
fn instance_arn(place: &Place, given: &str) -> String {
    match names::long_arn(given) {
        Some((_, cluster, id)) => place.instance(cluster, id),
        None => given.to_owned(),
    }
}

fn instance_of(channel: Channel, query: &BTreeMap<String, String>) -> &str {
    let name = match channel {
        Channel::Acs => "containerInstanceArn",
        Channel::Tcs => "containerInstance",
    };
    query.get(name).map_or("", String::as_str)
}
