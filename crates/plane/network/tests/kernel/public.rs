//! Addresses outside of a VPC: an interface's own, and those of NAT gateways.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::control::*;
use super::support::*;
use wharf_network::*;
use wharf_planeproto::network::{NatGateway, PublicAddress};
use wharf_planeproto::{Change, Kind, Resource};

const PUBLIC: Ipv4Addr = Ipv4Addr::new(198, 19, 0, 7);
const OTHER: Ipv4Addr = Ipv4Addr::new(198, 19, 0, 8);
const ALL_OUT: [(&str, &str); 1] = [(ANYBODY, "igw-1")];

fn with_public(last: u8, public: Option<(Ipv4Addr, bool)>) -> Resource {
    let mut interface = interface("vpc-a", last, &["sg-open"]);
    interface.public = public.map(|(address, routed)| PublicAddress { address, routed });
    Resource::Interface(interface)
}

fn nat_gateway(address: Ipv4Addr, routed: bool) -> Resource {
    Resource::NatGateway(NatGateway {
        id: "nat-1".to_owned(),
        vpc: "vpc-a".to_owned(),
        subnet_cidr: "172.31.48.0/20".to_owned(),
        public: PublicAddress { address, routed },
    })
}

/// The subnet of a NAT gateway, whose table is the main one.
fn public_subnet() -> Resource {
    Resource::Subnet(wharf_planeproto::network::Subnet {
        id: "subnet-nat".to_owned(),
        vpc: "vpc-a".to_owned(),
        cidr: "172.31.48.0/20".to_owned(),
        ipv6_cidr: None,
        route_table: None,
        network_acl: None,
    })
}

fn seen_from(task: &Attachment, to: Ipv4Addr) -> Option<Ipv4Addr> {
    ask_from(task.netns.as_deref(), (to, 7000), REFUSED).ok()
}

/// `vpc-a` with a gateway, and its interfaces 5 and 6 open to everybody.
async fn open_world(network: &Network) {
    open_up(network, "vpc-a", &[5, 6]).await;
    say(
        network,
        [routed_vpc(Some("igw-1")), route_table("rtb-main", &ALL_OUT)],
    )
    .await;
}

#[test]
fn an_interface_is_reached_by_its_public_address_and_speaks_as_it() {
    on_a_host(|host| async move {
        inside(&host.neighbour, || {
            ip("route add 198.19.0.0/16 via 192.0.2.1");
        });
        let (network, endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni("vpc-a", 6)).await.unwrap();
        let _outside = Server::start(Some(&host.neighbour), 7000);
        let _servers = [&one, &two].map(|task| Server::start(task.netns.as_deref(), 80));
        open_world(&network).await;
        assert!(ask((PUBLIC, 80), REFUSED).is_err(), "it is nobody's");
        assert_eq!(seen_from(&one, NEIGHBOUR), Some(EXTERNAL), "as the host");

        say(&network, [with_public(5, Some((PUBLIC, true)))]).await;
        assert!(ask((PUBLIC, 80), PATIENCE).is_ok(), "from the host");
        let from_outside = || ask_from(Some(&host.neighbour), (PUBLIC, 80), REFUSED);
        assert_eq!(from_outside().unwrap(), NEIGHBOUR, "with its own address");
        assert_eq!(seen_from(&one, NEIGHBOUR), Some(PUBLIC));
        assert_eq!(seen_from(&two, NEIGHBOUR), Some(EXTERNAL), "it has none");

        // Two interfaces of one VPC, by their public addresses.
        say(&network, [with_public(6, Some((OTHER, true)))]).await;
        let seen = ask_from(two.netns.as_deref(), (PUBLIC, 80), PATIENCE);
        assert_eq!(seen.unwrap(), OTHER);

        // Security groups decide about those who call it, by the addresses that they have outside.
        let only = group("sg-open", vec![tcp(80, "192.0.2.2/32")]);
        say(&network, [only]).await;
        assert!(from_outside().is_ok());
        assert!(ask((PUBLIC, 80), REFUSED).is_err(), "the host is not in it");

        // What is there outlives the process, but for what a boot takes away or a kill left behind.
        network.close().await.unwrap();
        drop(endpoints);
        let before = lists();
        let (network, endpoints) = host.start("ab12").await;
        assert_same_lists(&before, &lists());
        assert!(from_outside().is_ok());
        network.close().await.unwrap();
        drop(endpoints);
        let way = ip("route show 198.19.0.8");
        ip("route delete 198.19.0.8 proto 214");
        ip(&format!(
            "route add {}",
            way.replace("198.19.0.8", "198.19.0.9")
        ));
        let (network, _endpoints) = host.start("ab12").await;
        assert_eq!(ip("route show 198.19.0.9"), "");
        let told = [
            routed_vpc(Some("igw-1")),
            route_table("rtb-main", &ALL_OUT),
            group("sg-open", vec![all(ANYBODY)]),
            with_public(5, None),
            with_public(6, Some((PUBLIC, true))),
        ];
        let snapshot = NetworkUpdate::Snapshot(told.to_vec());
        network.apply(snapshot).await.unwrap();
        assert_eq!(seen_from(&two, NEIGHBOUR), Some(PUBLIC), "another's now");
        assert!(from_outside().is_ok());
        assert_eq!(seen_from(&one, NEIGHBOUR), Some(EXTERNAL));
        assert!(ask((OTHER, 80), REFUSED).is_err(), "given back");
        network.detach("two").await.unwrap();
        assert!(from_outside().is_err());
        assert!(!ip("route show").contains("198.19."));
    });
}

#[test]
fn an_address_that_cannot_be_led_stops_no_other() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let links = || -> BTreeSet<String> {
            let listed = ip("-o link show");
            let names = listed
                .lines()
                .filter_map(|line| line.split([':', '@']).nth(1));
            names.map(|name| name.trim().to_owned()).collect()
        };
        let _one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let before = links();
        let _far = network.attach("far", eni("vpc-b", 6)).await.unwrap();
        let own = links();
        let mut uplinks = own.difference(&before);
        let (Some(uplink), None) = (uplinks.next(), uplinks.next()) else {
            panic!("one uplink a VPC: {own:?}");
        };
        open_world(&network).await;
        open_up(&network, "vpc-b", &[6]).await;
        let (Resource::Vpc(mut other), Resource::RouteTable(mut routes)) =
            (vpc("vpc-b", 12), route_table("rtb-b", &ALL_OUT))
        else {
            unreachable!()
        };
        other.main_route_table = Some(routes.id.clone());
        other.gateway = Some("igw-1".to_owned());
        routes.vpc.clone_from(&other.id);
        say(
            &network,
            [Resource::Vpc(other), Resource::RouteTable(routes)],
        )
        .await;
        ip(&format!("link set {uplink} down"));
        let mut broken = interface("vpc-b", 6, &["sg-open"]);
        broken.public = Some(PublicAddress {
            address: PUBLIC,
            routed: false,
        });
        let mut sound = interface("vpc-a", 5, &["sg-open"]);
        sound.public = Some(PublicAddress {
            address: OTHER,
            routed: false,
        });
        let told = [broken, sound].map(|it| Change::Put(Resource::Interface(it)));
        let said = network.apply(NetworkUpdate::Changes(told.to_vec())).await;
        assert!(said.is_err(), "nothing is led through a link that is down");
        assert!(ip("route show").contains("198.19.0.8"), "the other one is");

        ip(&format!("link set {uplink} up"));
        say(&network, [with_public(5, Some((OTHER, false)))]).await;
        assert!(ip("route show").contains("198.19.0.7"), "tried again");
    });
}

#[test]
fn an_address_that_nobody_routes_means_something_on_the_host_alone() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let far = network.attach("far", eni("vpc-b", 6)).await.unwrap();
        let _outside = Server::start(Some(&host.neighbour), 7000);
        let _server = Server::start(one.netns.as_deref(), 80);
        open_world(&network).await;
        open_up(&network, "vpc-b", &[6]).await;
        say(&network, [with_public(5, Some((PUBLIC, false)))]).await;
        assert!(ask((PUBLIC, 80), PATIENCE).is_ok(), "from the host");
        let seen = ask_from(far.netns.as_deref(), (PUBLIC, 80), PATIENCE);
        assert!(seen.is_ok(), "from another VPC: {seen:?}");
        let closed = ask_from(far.netns.as_deref(), (eni_address(5), 80), REFUSED);
        assert!(
            closed.is_err(),
            "by its own address it is not reached from there"
        );
        assert_eq!(seen_from(&one, NEIGHBOUR), Some(EXTERNAL), "as the host");
    });
}

#[test]
fn the_host_keeps_its_own_addresses() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        network.attach("one", eni("vpc-a", 5)).await.unwrap();
        network.attach("two", eni("vpc-a", 6)).await.unwrap();
        let _neighbour = Server::start(Some(&host.neighbour), 7000);
        let _own = Server::start(None, 7001);
        open_world(&network).await;
        // The host's own address, and one of its network, which the world leads elsewhere.
        say(
            &network,
            [
                with_public(5, Some((EXTERNAL, true))),
                with_public(6, Some((NEIGHBOUR, false))),
            ],
        )
        .await;
        assert!(ask((EXTERNAL, 7001), PATIENCE).is_ok());
        assert!(ask((NEIGHBOUR, 7000), PATIENCE).is_ok());
        assert!(!ip("route show").contains("proto 214"));
    });
}

#[test]
fn what_leaves_by_a_nat_gateway_has_its_address() {
    on_a_host(|host| async move {
        inside(&host.neighbour, || {
            ip("route add 198.19.0.0/16 via 192.0.2.1");
            ip("addr add 192.0.2.3/24 dev ext0");
        });
        let (network, _endpoints) = host.start("ab12").await;
        let here = HostIdentity {
            instance_id: "i-here".to_owned(),
            underlay: None,
        };
        network.set_host(here).await.unwrap();
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let _outside = Server::start(Some(&host.neighbour), 7000);
        let _server = Server::start(one.netns.as_deref(), 80);
        open_world(&network).await;
        let on_it = on_host("i-here", interface("vpc-a", 5, &["sg-open"]));
        say(&network, [on_it, host_resource("i-here")]).await;
        let by_nat = [(ANYBODY, "nat-1"), ("192.0.2.3/32", "igw-1")];
        let private = [subnet(Some("rtb-own")), route_table("rtb-own", &by_nat)];
        say(&network, private).await;
        assert_eq!(seen_from(&one, NEIGHBOUR), None, "there is no gateway yet");

        say(&network, [public_subnet(), nat_gateway(PUBLIC, true)]).await;
        assert_eq!(seen_from(&one, NEIGHBOUR), Some(PUBLIC));
        let past_it = seen_from(&one, Ipv4Addr::new(192, 0, 2, 3));
        assert_eq!(past_it, Some(EXTERNAL), "a narrower route past it");
        let inwards = ask_from(Some(&host.neighbour), (PUBLIC, 80), REFUSED);
        assert!(inwards.is_err(), "nobody gets in by it");
        assert!(ask((PUBLIC, 80), REFUSED).is_err(), "not from the host");

        // Where the world leads it to another host, this one speaks for itself.
        let there = on_host("i-there", interface("vpc-a", 9, &["sg-open"]));
        say(&network, [host_resource("i-there"), there]).await;
        let as_whom = seen_from(&one, NEIGHBOUR).unwrap();
        assert!([PUBLIC, EXTERNAL].contains(&as_whom));
        unsay(&network, Kind::Interface, "eni-vpc-a-9").await;

        say(&network, [nat_gateway(OTHER, false)]).await;
        assert_eq!(seen_from(&one, NEIGHBOUR), Some(EXTERNAL), "not routed");
        say(&network, [route_table("rtb-main", &[])]).await;
        assert_eq!(seen_from(&one, NEIGHBOUR), None, "its own subnet is closed");
        say(&network, [route_table("rtb-main", &ALL_OUT)]).await;
        assert!(seen_from(&one, NEIGHBOUR).is_some());
        unsay(&network, Kind::NatGateway, "nat-1").await;
        assert_eq!(seen_from(&one, NEIGHBOUR), None, "it is gone");
        assert!(!ip("route show").contains("198.19."));
    });
}

fn host_resource(id: &str) -> Resource {
    super::control::host(id, None)
}
