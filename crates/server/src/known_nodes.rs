//! Nodes of earlier versions, at a start: one that joined before its token bound anything gets a record
//! of what it has registered, so that it goes on as it was and can claim no more; and all get the
//! rights of this version.

use wharf_api_iam::{Iam, types::ListUsersRequest};
use wharf_base::Clock;
use wharf_hosts::PlaneHosts;
use wharf_records::{
    Unknown, decode, encode,
    node::{Grant, Node, OWN_USER, USER_PATH},
};
use wharf_store::{Compare, Store, Txn};
use wharf_svc_ecs::EcsService;
use wharf_svc_iam::IamService;
use wharf_wire::{Call, Fault, fault::Chain};

use crate::node_identity::{NodeRole, ensure_user};

pub struct KnownNodes<'a> {
    pub store: &'a Store,
    pub iam: &'a IamService,
    pub ecs: &'a EcsService,
    pub clock: &'a dyn Clock,
}

impl KnownNodes<'_> {
    /// Writes down the nodes that have no record.
    pub async fn write_down(&self, call: &Call) -> Result<(), Fault> {
        for (name, arn) in self.users(call).await? {
            let key = Node::key(&call.account, &call.region, &name);
            if name == OWN_USER {
                continue;
            }
            if let Some(entry) = self.store.get(&key).await.map_err(failed)? {
                let node: Node = decode(&entry.value).map_err(failed)?;
                self.ensure_rights(call, &name, &node.grant).await?;
                continue;
            }
            let place = (call.account.as_str(), call.region.as_str());
            let Some((mut grant, instance)) = self.ecs.registered_as(place, &arn).await else {
                // It never came, or was deregistered: it is allowed the least.
                continue;
            };
            let host = PlaneHosts::find(self.store, place.0, place.1, &instance).await;
            if let Some(host) = host.map_err(failed)? {
                grant.underlay = host.underlay;
                grant.balancers = host.balancers;
            }
            self.ensure_rights(call, &name, &grant).await?;
            let node = Node {
                user: name,
                grant,
                joined_at: self.clock.now(),
                credentials: None,
                trusts: Vec::new(),
                unknown: Unknown::new(),
            };
            let txn = Txn::new()
                .when(Compare::absent(&key))
                .put(&key, encode(&node));
            self.store.txn(&call.permit, txn).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn ensure_rights(&self, call: &Call, name: &str, grant: &Grant) -> Result<(), Fault> {
        ensure_user(self.iam, call, name, NodeRole::of(grant)).await
    }

    /// Names and ARNs of the users behind nodes.
    async fn users(&self, call: &Call) -> Result<Vec<(String, String)>, Fault> {
        let (mut users, mut marker) = (Vec::new(), None);
        loop {
            let input = ListUsersRequest {
                path_prefix: Some(USER_PATH.to_owned()),
                marker: marker.take(),
                ..Default::default()
            };
            let page = self.iam.list_users(call, input).await?;
            for user in page.users.unwrap_or_default() {
                users.extend(user.user_name.zip(user.arn));
            }
            match page.marker {
                Some(next) if page.is_truncated == Some(true) => marker = Some(next),
                _ => return Ok(users),
            }
        }
    }
}

fn failed(cause: impl std::error::Error) -> Fault {
    let text = Chain(&cause).to_string();
    Fault::sender("InternalFailure", 500, text)
}
