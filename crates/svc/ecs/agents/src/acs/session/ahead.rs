//! What the host is to fetch ahead, and what its agent says of that.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;
use wharf_base::{Backoff, Timestamp, ids};
use wharf_svc_ecs_model::ahead::{Order, Progress};

use super::Session;
use crate::{
    acs::{
        credentials::{RoleType, role},
        message::{self, FetchedImages, ImageOrder, frame},
        payload::{self, Extras},
    },
    ahead::{self, Next},
    own_node::AHEAD_CAPABILITY,
    roles::RoleError,
    state::ChangeError,
};

/// Longest reason taken over, as of reports of tasks.
const MAX_REASON: usize = 1024;

/// Before the next try to make an order.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the agent was told on this connection.
#[derive(Debug, Default)]
pub(super) struct SentAhead {
    /// What the orders were made of that it has.
    told: Option<Vec<Order>>,
    /// By deployment, as they were made, for as long as they are wanted: each has keys of its own.
    made: BTreeMap<String, (Order, ImageOrder)>,
    /// Those that could not be made, by deployment, and when that is tried again.
    later: BTreeMap<String, Later>,
}

#[derive(Debug)]
struct Later {
    at: Instant,
    pause: Backoff,
}

impl Later {
    fn new() -> Self {
        Self {
            at: Instant::now(),
            pause: Backoff::new(PAUSE, LONGEST_PAUSE, 2.0),
        }
    }
}

impl Session<'_> {
    /// Tells the agent what it is to fetch, if that is not what it was told last. A connection begins with a word about
    /// it, for what was said on earlier ones is void.
    pub(super) async fn sync_ahead(&mut self) -> Result<(), ChangeError> {
        if !self.says(AHEAD_CAPABILITY) {
            return Ok(());
        }
        let now = self.agents.state.now();
        let orders = self.agents.state.ahead.orders(&self.ticket.host, now);
        let sent = &mut self.ahead;
        sent.made.retain(|_, (order, _)| orders.contains(order));
        let is_wanted = |deployment: &String| orders.iter().any(|it| it.deployment == *deployment);
        sent.later.retain(|deployment, _| is_wanted(deployment));
        for order in &orders {
            let deployment = &order.deployment;
            let later = self.ahead.later.get(deployment);
            let is_early = later.is_some_and(|later| Instant::now() < later.at);
            if self.ahead.made.contains_key(deployment) || is_early {
                continue;
            }
            if self.make_order(order, now).await? {
                self.ahead.later.remove(deployment);
            } else {
                let later = self.ahead.later.entry(deployment.clone());
                let later = later.or_insert_with(Later::new);
                later.at = Instant::now() + later.pause.wait();
            }
        }
        let sent = &mut self.ahead;
        let now_told: Vec<Order> = sent.made.values().map(|(order, _)| order.clone()).collect();
        if sent.told.as_ref() != Some(&now_told) {
            sent.told = Some(now_told);
            let message = message::FetchImages {
                message_id: ids::uuid(),
                cluster_arn: self.cluster_arn.clone(),
                container_instance_arn: self.ticket.instance.clone(),
                orders: sent.made.values().map(|(_, made)| made.clone()).collect(),
            };
            self.outbox.push(frame("FetchImagesMessage", &message));
        }
        Ok(())
    }

    /// False: it could not be made now.
    async fn make_order(&mut self, order: &Order, now: Timestamp) -> Result<bool, ChangeError> {
        let Some(next) = ahead::next_of(self.agents, &self.ticket.host, order).await? else {
            // What is wanted was seen before what it is for, or what it was for is gone.
            return Ok(false);
        };
        let keys = match self.keys_of_next(&next).await {
            Ok(keys) => keys,
            Err(RoleError::Unusable(role)) => {
                let why = crate::task::stop::role_text(&role);
                self.tell_ahead(order, Progress::Failed(why));
                return Ok(false);
            }
            Err(error) => {
                let error = wharf_wire::fault::Chain(&error).to_string();
                let service = &order.service;
                tracing::warn!(service, error, "no keys to fetch images ahead; will retry");
                return Ok(false);
            }
        };
        let extras = Extras {
            server: self.ticket.server.clone(),
            of_another_make: self.ticket.of_another_make,
            execution_role_credentials: keys.clone(),
            ..Extras::default()
        };
        let made = ImageOrder {
            deployment: order.deployment.clone(),
            service_arn: next.service,
            launch_type: next.task.launch.as_str().to_owned(),
            within: order.until.since(now).as_secs(),
            containers: payload::images(&next.task, &next.definition, &next.pins, &extras),
            execution_role_credentials: keys,
        };
        let made = (order.clone(), made);
        self.ahead.made.insert(order.deployment.clone(), made);
        Ok(true)
    }

    /// Keys of the execution role that the next task has, under an id of their own: no container knows it.
    async fn keys_of_next(&self, next: &Next) -> Result<Option<message::Credentials>, RoleError> {
        let Some(role) = role(&next.task, &next.definition, RoleType::Execution) else {
            return Ok(None);
        };
        let (arn, id) = (&next.task.arn, &next.task.id);
        let keys = self.agents.credentials.assume(arn, &role, id).await?;
        Ok(Some(message::Credentials {
            credentials_id: ids::uuid(),
            role_arn: role,
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key,
            session_token: keys.session_token,
            expiration: keys.expiration.iso8601_seconds(),
        }))
    }

    pub(super) fn fetched(&self, told: FetchedImages) {
        for state in told.states {
            let Some((order, _)) = self.ahead.made.get(&state.deployment) else {
                continue;
            };
            let progress = match state.status.as_str() {
                "FETCHED" => Progress::There,
                "FAILED" => Progress::Failed(state.reason.chars().take(MAX_REASON).collect()),
                _ => continue,
            };
            self.tell_ahead(order, progress);
        }
    }

    fn tell_ahead(&self, order: &Order, progress: Progress) {
        let ahead = &self.agents.state.ahead;
        ahead.tell(&self.ticket.host, order, progress);
    }
}
