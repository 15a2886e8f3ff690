//! What the host is to fetch ahead, and what its agent says of that.

use std::collections::BTreeMap;

use wharf_base::{Timestamp, ids};
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

/// What the agent was told on this connection.
#[derive(Debug, Default)]
pub(super) struct SentAhead {
    /// `None`: nothing yet, or not all that it should be.
    orders: Option<Vec<Order>>,
    /// As they were made, for as long as they are wanted: each has keys of its own.
    made: BTreeMap<String, (Order, ImageOrder)>,
}

impl Session<'_> {
    /// Tells the agent what it is to fetch, if that is not what it was told last.
    pub(super) async fn sync_ahead(&mut self) -> Result<(), ChangeError> {
        let now = self.agents.state.now();
        let orders = self.agents.state.ahead.orders(&self.ticket.host, now);
        if self.ahead.orders.as_ref() == Some(&orders) || !self.says(AHEAD_CAPABILITY) {
            return Ok(());
        }
        let is_wanted = |order: &Order| orders.contains(order);
        self.ahead.made.retain(|_, (order, _)| is_wanted(order));
        let mut whole = true;
        for order in &orders {
            if !self.ahead.made.contains_key(&order.deployment) {
                whole &= self.make_order(order, now).await?;
            }
        }
        let before = self.ahead.orders.replace(orders);
        if !whole {
            // The next tick tries again.
            self.ahead.orders = None;
        }
        // A connection begins with a word about what is wanted no more.
        let told = self.ahead.made.values().map(|(_, made)| made.clone());
        let orders: Vec<ImageOrder> = told.collect();
        if whole || before.is_some() || !orders.is_empty() {
            let message = message::FetchImages {
                message_id: ids::uuid(),
                cluster_arn: self.cluster_arn.clone(),
                container_instance_arn: self.ticket.instance.clone(),
                orders,
            };
            self.outbox.push(frame("FetchImagesMessage", &message));
        }
        Ok(())
    }

    /// False: there were no keys for it now.
    async fn make_order(&mut self, order: &Order, now: Timestamp) -> Result<bool, ChangeError> {
        let Some(next) = ahead::next_of(self.agents, &self.ticket.host, order).await? else {
            return Ok(true);
        };
        let keys = match self.keys_of_next(&next).await {
            Ok(keys) => keys,
            Err(RoleError::Unusable(role)) => {
                let why = crate::task::stop::role_text(&role);
                self.tell_ahead(order, Progress::Failed(why));
                return Ok(true);
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
