//! What names a prefix list: security groups and route tables of the same account and region.

use wharf_records::encode;
use wharf_store::Txn;
use wharf_wire::{Context, Fault};

use super::{Listed, MAX_USERS, fault};
use crate::{
    Ec2Service,
    ops::routes,
    permission,
    records::{Direction, RouteTable, RulePeer, SecurityGroup},
    table::Stored,
};

/// All that names one list.
pub struct Users {
    groups: Vec<Stored<SecurityGroup>>,
    tables: Vec<Stored<RouteTable>>,
}

pub async fn of(service: &Ec2Service, cx: &Context, list: &str) -> Result<Users, Fault> {
    let scope = Ec2Service::scope(cx);
    let groups = service.table.all::<SecurityGroup>(&scope, "").await?;
    let names_it = |group: &SecurityGroup| {
        group
            .all_rules()
            .any(|(_, rule)| matches!(&rule.peer, RulePeer::PrefixList(it) if it.id == list))
    };
    let groups = groups.into_iter().map(|(_, stored)| stored);
    let groups = groups.filter(|it| names_it(&it.record)).collect();
    let tables = service.table.all::<RouteTable>(&scope, "").await?;
    let leads_there =
        |table: &RouteTable| table.list_routes.iter().any(|route| route.list.id == list);
    let tables = tables.into_iter().map(|(_, stored)| stored);
    let tables = tables.filter(|it| leads_there(&it.record)).collect();
    Ok(Users { groups, tables })
}

impl Users {
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.tables.is_empty()
    }

    /// Their ids.
    pub fn ids(&self) -> Vec<String> {
        let groups = self.groups.iter().map(|it| it.record.id.clone());
        let tables = self.tables.iter().map(|it| it.record.id.clone());
        groups.chain(tables).collect()
    }

    /// Gives all of them the list as it is now, if they have room for it.
    pub fn rewrite(&self, mut txn: Txn, listed: &Listed) -> Result<Txn, Fault> {
        for stored in &self.groups {
            let mut group = stored.record.clone();
            for rule in group.ingress.iter_mut().chain(&mut group.egress) {
                if let RulePeer::PrefixList(known) = &mut rule.peer
                    && known.id == listed.id
                {
                    known.clone_from(listed);
                }
            }
            for direction in [Direction::Ingress, Direction::Egress] {
                permission::check_room(group.rules(direction))?;
            }
            txn = txn
                .when(stored.unchanged())
                .put(&stored.key, encode(&group));
        }
        for stored in &self.tables {
            let mut table = stored.record.clone();
            for route in &mut table.list_routes {
                if route.list.id == listed.id {
                    route.list.clone_from(listed);
                }
            }
            routes::check_room(&table)?;
            txn = txn
                .when(stored.unchanged())
                .put(&stored.key, encode(&table));
        }
        Ok(txn)
    }
}

/// Whether one more may name the list: all that does is rewritten in one transaction.
pub async fn check_room(service: &Ec2Service, cx: &Context, list: &str) -> Result<(), Fault> {
    let users = of(service, cx, list).await?;
    match users.ids().len() >= MAX_USERS {
        true => Err(fault::too_many_users(list, MAX_USERS)),
        false => Ok(()),
    }
}
