//! The service over a real store, and those who call it.

use std::ops::Deref;

use wharf_api_ec2::{Ec2, types::*};
use wharf_base::{Permit, Timestamp};
use wharf_planeproto::Resource;
use wharf_store::{Chaos, Range, Store, StoreOptions};
use wharf_svc_ec2::plane;
use wharf_svc_iam::Mode;
use wharf_wire::{Call, Caller, Context, Fault};

/// The testkit's world, with what these tests make in it.
pub struct World(wharf_testkit::World);

impl Deref for World {
    type Target = wharf_testkit::World;

    fn deref(&self) -> &wharf_testkit::World {
        &self.0
    }
}

pub fn world() -> World {
    World(wharf_testkit::World::new())
}

/// The same in memory, whose store has what goes wrong there.
pub fn world_of(chaos: Chaos) -> World {
    let store = Store::in_memory(StoreOptions {
        chaos: Some(chaos),
        ..StoreOptions::default()
    });
    World(wharf_testkit::World::over(store, Mode::Enforce))
}

fn call_as(caller: Caller) -> Call {
    let mut cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
    cx.caller = caller;
    Call::by_controller(cx, Permit::for_controller("test"))
}

pub fn user() -> Call {
    call_as(Caller::root("000000000000"))
}

/// The user, at that time.
pub fn user_at(now: Timestamp) -> Call {
    let mut cx = Context::internal("000000000000", "us-east-1", "test", now);
    cx.caller = Caller::root("000000000000");
    Call::by_controller(cx, Permit::for_controller("test"))
}

/// A user of another account.
pub fn of_account(account: &str) -> Call {
    let mut cx = Context::internal(account, "us-east-1", "test", Timestamp(0));
    cx.caller = Caller::root(account);
    Call::by_controller(cx, Permit::for_controller("test"))
}

pub fn service() -> Call {
    call_as(Caller::service("000000000000", "ecs.amazonaws.com"))
}

/// What hosts are told, of all records.
pub async fn told(world: &World) -> Vec<Resource> {
    let reply = world.store.all(Range::prefix(plane::prefix())).await;
    let entries = reply.unwrap().entries;
    let resource = |entry| plane::resource(entry, &world.keyring);
    entries.iter().filter_map(resource).collect()
}

pub fn filter(name: &str, value: &str) -> Filter {
    Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    }
}

/// The text of a refusal.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.unwrap_err().to_string()
}

impl World {
    pub async fn group(&self, name: &str) -> String {
        let input = CreateSecurityGroupRequest {
            group_name: Some(name.to_owned()),
            description: Some("a test".to_owned()),
            ..Default::default()
        };
        let made = self.ec2.create_security_group(&user(), input).await;
        made.unwrap().group_id.unwrap()
    }

    pub async fn shown_group(&self, id: &str) -> SecurityGroup {
        let input = DescribeSecurityGroupsRequest {
            group_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let shown = self.ec2.describe_security_groups(&user(), input).await;
        shown.unwrap().security_groups.unwrap().remove(0)
    }

    pub async fn allow(
        &self,
        group: &str,
        permission: IpPermission,
    ) -> Result<Vec<SecurityGroupRule>, Fault> {
        let input = AuthorizeSecurityGroupIngressRequest {
            group_id: Some(group.to_owned()),
            ip_permissions: Some(vec![permission]),
            ..Default::default()
        };
        let user = user();
        let made = self.ec2.authorize_security_group_ingress(&user, input);
        Ok(made.await?.security_group_rules.unwrap())
    }

    pub async fn vpc(&self, cidr: &str) -> String {
        let input = CreateVpcRequest {
            cidr_block: Some(cidr.to_owned()),
            ..Default::default()
        };
        let made = self.ec2.create_vpc(&user(), input).await;
        made.unwrap().vpc.unwrap().vpc_id.unwrap()
    }

    pub async fn subnet(&self, vpc: &str, cidr: &str) -> Result<Subnet, Fault> {
        let input = CreateSubnetRequest {
            vpc_id: Some(vpc.to_owned()),
            cidr_block: Some(cidr.to_owned()),
            ..Default::default()
        };
        let made = self.ec2.create_subnet(&user(), input).await?;
        Ok(made.subnet.unwrap())
    }
}

/// TCP from a range.
pub fn tcp(port: i32, range: &str) -> IpPermission {
    IpPermission {
        ip_protocol: Some("tcp".to_owned()),
        from_port: Some(port),
        to_port: Some(port),
        ip_ranges: Some(vec![IpRange {
            cidr_ip: Some(range.to_owned()),
            description: None,
        }]),
        ..Default::default()
    }
}

/// TCP from a group's members.
pub fn tcp_from(port: i32, group: &str) -> IpPermission {
    IpPermission {
        ip_ranges: None,
        user_id_group_pairs: Some(vec![UserIdGroupPair {
            group_id: Some(group.to_owned()),
            ..Default::default()
        }]),
        ..tcp(port, "")
    }
}
