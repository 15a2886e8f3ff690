//! The default VPC of an account and region: 172.31.0.0/16, a subnet in each zone, a default group.

use wharf_base::{Permit, ids};
use wharf_records::{Scope, Unknown, ecs::Tags, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Context, Fault};

use crate::{
    Ec2Service, fault,
    records::{Pointer, Rule, RulePeer, SecurityGroup, Subnet, Vpc},
    zone,
};

const POINTER: &str = "default-vpc";
const VPC_CIDR: &str = "172.31.0.0/16";
/// One for each zone.
const SUBNET_CIDRS: [&str; 3] = ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"];

impl Ec2Service {
    /// Makes the default VPC unless the account and region have, or had, one.
    pub async fn ensure_default_vpc(&self, permit: &Permit, cx: &Context) -> Result<(), Fault> {
        if self.find::<Pointer>(cx, POINTER).await?.is_some() {
            return Ok(());
        }
        let txn = creation(&Self::scope(cx), &cx.region);
        // Whoever lost the race finds the winner's.
        self.store.txn(permit, txn).await.map_err(fault::store)?;
        Ok(())
    }
}

fn creation(scope: &Scope, region: &str) -> Txn {
    let vpc = Vpc {
        id: ids::ec2_id("vpc"),
        cidr: VPC_CIDR.parse().expect("a constant range"),
        is_default: true,
        dhcp_options_id: ids::ec2_id("dopt"),
        association_id: ids::ec2_id("vpc-cidr-assoc"),
        tags: Tags::new(),
        unknown: Unknown::new(),
    };
    let group = default_group(&vpc.id);
    let pointer = Pointer {
        id: vpc.id.clone(),
        unknown: Unknown::new(),
    };
    let key = scope.key("pointer", POINTER);
    let mut txn = Txn::new()
        .when(Compare::absent(key.clone()))
        .put(key, encode(&pointer))
        .put(scope.key("vpc", &vpc.id), encode(&vpc))
        .put(scope.key("security-group", &group.id), encode(&group));
    for (letter, cidr) in zone::LETTERS.into_iter().zip(SUBNET_CIDRS) {
        let subnet = Subnet {
            id: ids::ec2_id("subnet"),
            vpc_id: vpc.id.clone(),
            cidr: cidr.parse().expect("a constant range"),
            zone: zone::name(region, letter),
            default_for_zone: true,
            map_public_ip: true,
            tags: Tags::new(),
            unknown: Unknown::new(),
        };
        txn = txn.put(scope.key("subnet", &subnet.id), encode(&subnet));
    }
    txn
}

/// The group every VPC has: its members reach each other, and all the world is reached from them.
fn default_group(vpc_id: &str) -> SecurityGroup {
    let id = ids::ec2_id("sg");
    let all = |peer| Rule {
        id: ids::ec2_id("sgr"),
        protocol: "-1".to_owned(),
        from_port: None,
        to_port: None,
        peer,
        description: None,
    };
    SecurityGroup {
        ingress: vec![all(RulePeer::Group(id.clone()))],
        egress: vec![all(RulePeer::Cidr(
            "0.0.0.0/0".parse().expect("a constant range"),
        ))],
        id,
        vpc_id: vpc_id.to_owned(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}
