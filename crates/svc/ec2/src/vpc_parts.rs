//! What is made together with a VPC: its default group, its main route table, its network ACL and
//! the number of its overlay.

use rand::Rng;
use wharf_base::{Cidr4, Cidr6, ids};
use wharf_records::{Scope, Unknown, ecs::Tags, encode};
use wharf_service::platform;
use wharf_store::{Compare, Txn};

use crate::{
    ipv6,
    network_acls::{open, open_to_ipv6},
    records::{
        Ipv6Association, NetworkAcl, RouteTable, Rule, RulePeer, SecurityGroup, VniClaim, Vpc,
    },
    table::SERVICE,
};

/// Overlay numbers are 24 bits; 0 stands for none.
const VNIS: std::ops::RangeInclusive<u32> = 1..=0x00ff_ffff;

/// A VPC with everything it is born with.
pub struct Parts {
    pub vpc: Vpc,
    pub group: SecurityGroup,
    pub table: RouteTable,
    pub acl: NetworkAcl,
}

impl Parts {
    pub fn mint(cidr: Cidr4, is_default: bool, dhcp_options: &str, tags: Tags) -> Self {
        let id = ids::ec2_id("vpc");
        let (group, table, acl) = (default_group(&id), main_table(&id), default_acl(&id));
        let vpc = Vpc {
            id,
            cidr,
            is_default,
            dhcp_options_id: dhcp_options.to_owned(),
            association_id: ids::ec2_id("vpc-cidr-assoc"),
            tags,
            more_cidrs: Vec::new(),
            vni: random_vni(),
            default_group: group.id.clone(),
            main_route_table: table.id.clone(),
            network_acl: acl.id.clone(),
            gateway: None,
            egress_only: None,
            dns_support: true,
            dns_hostnames: None,
            usage_metrics: false,
            ipv6: None,
            unknown: Unknown::new(),
        };
        Self {
            vpc,
            group,
            table,
            acl,
        }
    }

    /// With a range of IPv6 addresses; whatever is open to the world is open to those, too.
    pub fn give_ipv6(&mut self) {
        self.vpc.ipv6 = Some(ipv6_association(&self.vpc));
        open_to_ipv6(&mut self.acl.entries);
        allow_ipv6(&mut self.group);
    }

    /// Writes all of it; fails if the overlay's number is taken.
    pub fn put(&self, txn: Txn, scope: &Scope) -> Txn {
        claim_vni(txn, &self.vpc)
            .put(scope.key("vpc", &self.vpc.id), encode(&self.vpc))
            .put(
                scope.key("security-group", &self.group.id),
                encode(&self.group),
            )
            .put(
                scope.key("route-table", &self.table.id),
                encode(&self.table),
            )
            .put(scope.key("network-acl", &self.acl.id), encode(&self.acl))
    }
}

/// Random, so that a number does not soon come back after its VPC went.
pub fn random_vni() -> u32 {
    rand::rng().random_range(VNIS)
}

/// Overlay numbers are of no account and region: a host serves those of all.
pub fn vni_key(vni: u32) -> String {
    platform::scope(SERVICE).key("vni", &format!("{vni:08}"))
}

pub fn claim_vni(txn: Txn, vpc: &Vpc) -> Txn {
    let claim = VniClaim {
        vpc_id: vpc.id.clone(),
        unknown: Unknown::new(),
    };
    let key = vni_key(vpc.vni);
    txn.when(Compare::absent(key.clone()))
        .put(key, encode(&claim))
}

/// The group every VPC has: its members reach each other, and all the world is reached from them.
pub fn default_group(vpc_id: &str) -> SecurityGroup {
    let id = ids::ec2_id("sg");
    SecurityGroup {
        ingress: vec![allow_all(RulePeer::Group(id.clone()))],
        egress: vec![allow_all(RulePeer::Cidr(Cidr4::ALL))],
        id,
        vpc_id: vpc_id.to_owned(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}

/// The range that a VPC is given.
pub fn ipv6_association(vpc: &Vpc) -> Ipv6Association {
    Ipv6Association {
        id: ids::ec2_id("vpc-cidr-assoc"),
        cidr: ipv6::range_of(vpc),
    }
}

/// A group whose members may still begin what they like, as groups are made, may begin it over IPv6, too.
pub fn allow_ipv6(group: &mut SecurityGroup) {
    let is_as_made = match &group.egress[..] {
        [only] => only.protocol == "-1" && only.peer == RulePeer::Cidr(Cidr4::ALL),
        _ => false,
    };
    if is_as_made {
        group.egress.push(allow_all(RulePeer::Ipv6(all_of_ipv6())));
    }
}

/// `::/0`
fn all_of_ipv6() -> Cidr6 {
    "::/0".parse().expect("a constant range")
}

/// What a new group of the VPC lets out.
pub fn first_egress(vpc: &Vpc) -> Vec<Rule> {
    let ipv6 = vpc.ipv6.as_ref().map(|_| RulePeer::Ipv6(all_of_ipv6()));
    let peers = [Some(RulePeer::Cidr(Cidr4::ALL)), ipv6];
    peers.into_iter().flatten().map(allow_all).collect()
}

/// A rule for every protocol and port.
pub fn allow_all(peer: RulePeer) -> Rule {
    Rule {
        id: ids::ec2_id("sgr"),
        protocol: "-1".to_owned(),
        from_port: None,
        to_port: None,
        peer,
        description: None,
        tags: Tags::new(),
    }
}

pub fn main_table(vpc_id: &str) -> RouteTable {
    RouteTable {
        id: ids::ec2_id("rtb"),
        vpc_id: vpc_id.to_owned(),
        main_association: Some(ids::ec2_id("rtbassoc")),
        routes: Vec::new(),
        ipv6_routes: Vec::new(),
        list_routes: Vec::new(),
        token_id: None,
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}

pub fn default_acl(vpc_id: &str) -> NetworkAcl {
    NetworkAcl {
        id: ids::ec2_id("acl"),
        vpc_id: vpc_id.to_owned(),
        entries: open(),
        token_id: None,
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}
