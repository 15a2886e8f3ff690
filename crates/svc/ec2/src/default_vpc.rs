//! The default VPC of an account and region: 172.31.0.0/16, a subnet in each zone, a gateway to the
//! internet and the route to it.

use wharf_base::{Cidr4, Permit, ids};
use wharf_records::{Scope, Unknown, ecs::Tags, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Context, Fault};

use crate::{
    Ec2Service, migrate,
    records::{
        DhcpOptions, InternetGateway, Pointer, ResourceName, Route, RouteTarget, Subnet, Vpc,
    },
    vpc_parts::Parts,
    zone,
};

pub const POINTER: &str = "default-vpc";
const VPC_CIDR: &str = "172.31.0.0/16";
/// One for each zone.
const SUBNET_CIDRS: [&str; 3] = ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"];

impl Ec2Service {
    /// Makes the default VPC unless the account and region have, or had, one; brings records of
    /// older versions up to this one's.
    pub async fn ensure_default_vpc(&self, permit: &Permit, cx: &Context) -> Result<(), Fault> {
        transact!(self.table, permit, |tx| {
            if let Some(pointer) = self.find::<Pointer>(cx, POINTER).await? {
                return self.migrate(permit, cx, pointer).await;
            }
            let options = DhcpOptions {
                id: ids::ec2_id("dopt"),
                given: None,
                tags: Tags::new(),
                unknown: Unknown::new(),
            };
            let scope = Self::scope(cx);
            let made = default_vpc(&scope, &cx.region, &options.id);
            let pointer = scope.key("pointer", POINTER);
            let txn = made
                .txn
                .when(Compare::absent(pointer))
                .put(scope.key("dhcp-options", &options.id), encode(&options));
            // Who lost the race finds the winner's.
            tx.join(txn);
        });
        Ok(())
    }
}

/// A default VPC and the transaction that writes it and points to it.
pub struct DefaultVpc {
    pub vpc: Vpc,
    pub txn: Txn,
}

pub fn default_vpc(scope: &Scope, region: &str, dhcp_options: &str) -> DefaultVpc {
    let mut parts = Parts::mint(constant(VPC_CIDR), true, dhcp_options, Tags::new());
    let gateway = internet_gateway(&parts.vpc.id);
    parts.vpc.gateway = Some(gateway.id.clone());
    parts.table.routes = vec![route_out(&gateway.id)];
    let pointer = Pointer {
        mended: migrate::CURRENT,
        ..Pointer::to(&parts.vpc.id)
    };
    let mut txn = parts
        .put(Txn::new(), scope)
        .put(scope.key("pointer", POINTER), encode(&pointer))
        .put(scope.key("internet-gateway", &gateway.id), encode(&gateway));
    for (letter, cidr) in zone::LETTERS.into_iter().zip(SUBNET_CIDRS) {
        let subnet = Subnet {
            id: ids::ec2_id("subnet"),
            vpc_id: parts.vpc.id.clone(),
            cidr: constant(cidr),
            zone: zone::name(region, letter),
            default_for_zone: true,
            map_public_ip: true,
            tags: Tags::new(),
            route_table: None,
            acl_association: ids::ec2_id("aclassoc"),
            network_acl: None,
            ipv6: None,
            assign_ipv6: false,
            resource_names: ResourceName::default(),
            reservations: Vec::new(),
            unknown: Unknown::new(),
        };
        txn = txn.put(scope.key("subnet", &subnet.id), encode(&subnet));
    }
    DefaultVpc {
        vpc: parts.vpc,
        txn,
    }
}

pub fn internet_gateway(vpc_id: &str) -> InternetGateway {
    InternetGateway {
        id: ids::ec2_id("igw"),
        vpc_id: Some(vpc_id.to_owned()),
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}

/// The route of everything that has no nearer one.
pub fn route_out(gateway: &str) -> Route {
    Route {
        destination: Cidr4::ALL,
        target: RouteTarget::InternetGateway(gateway.to_owned()),
    }
}

/// Where the default subnet of a zone lies.
pub fn subnet_cidr(letter: char) -> Option<Cidr4> {
    let place = zone::LETTERS.iter().position(|known| *known == letter)?;
    Some(constant(SUBNET_CIDRS[place]))
}

fn constant(cidr: &str) -> Cidr4 {
    cidr.parse().expect("a constant range")
}
