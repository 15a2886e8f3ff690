//! Further private addresses of interfaces.

use std::net::Ipv4Addr;

use super::control::*;
use super::support::*;
use wharf_network::*;
use wharf_planeproto::Resource;
use wharf_planeproto::network::{PublicAddress, SecondaryAddress};

const PUBLIC: Ipv4Addr = Ipv4Addr::new(198, 19, 0, 7);

fn with_secondary(last: u8, further: &[(u8, Option<Ipv4Addr>)]) -> Resource {
    let mut interface = interface("vpc-a", last, &["sg-open"]);
    let all = further.iter().map(|(at, public)| SecondaryAddress {
        address: eni_address(*at),
        public: public.map(|address| PublicAddress {
            address,
            routed: true,
        }),
    });
    interface.secondary = all.collect();
    Resource::Interface(interface)
}

fn addresses(task: &Attachment) -> String {
    inside(netns(task), || ip("-o addr show eth0"))
}

/// A connection from one of its own addresses.
fn calls_from(task: &Attachment, from: Ipv4Addr, to: Ipv4Addr) -> bool {
    let script = format!(
        "import socket; s = socket.create_connection((\"{to}\", 80), 1, (\"{from}\", 0)); \
         s.send(b\"?\"); assert s.recv(64) == b\"{from}\""
    );
    inside(netns(task), || {
        let command = std::process::Command::new("python3")
            .args(["-c", &script])
            .output();
        command.unwrap().status.success()
    })
}

#[test]
fn an_interface_answers_on_them_and_speaks_from_them_and_from_no_other() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni("vpc-a", 6)).await.unwrap();
        let _servers = [&one, &two].map(|task| Server::start(task.netns.as_deref(), 80));
        open_up(&network, "vpc-a", &[5, 6]).await;
        let further = (eni_address(7), 80);
        let from_two = || ask_from(two.netns.as_deref(), further, REFUSED);
        assert!(from_two().is_err(), "it is nobody's");

        say(&network, [with_secondary(5, &[(7, None), (8, None)])]).await;
        assert!(
            addresses(&one).contains("172.31.20.7/32"),
            "{}",
            addresses(&one)
        );
        assert_eq!(from_two().unwrap(), eni_address(6));
        assert!(ask(further, PATIENCE).is_ok(), "from the host");
        let seen = ask_from(one.netns.as_deref(), (eni_address(6), 80), PATIENCE);
        assert_eq!(seen.unwrap(), eni_address(5), "it speaks as before");
        assert!(calls_from(&one, eni_address(8), eni_address(6)));
        // One that it gave itself is none.
        inside(netns(&one), || ip("addr add 172.31.20.9/32 dev eth0"));
        assert!(!calls_from(&one, eni_address(9), eni_address(6)));

        // Its groups are asked for each of them.
        say(&network, [group("sg-open", vec![tcp(81, ANYBODY)])]).await;
        assert!(from_two().is_err());
        say(&network, [group("sg-open", vec![all(ANYBODY)])]).await;
        assert!(from_two().is_ok());

        // Another has it now, whoever was told of first.
        say(&network, [with_secondary(6, &[(7, None)])]).await;
        say(&network, [with_secondary(5, &[(8, None)])]).await;
        assert!(!addresses(&one).contains("172.31.20.7/32"));
        assert!(addresses(&two).contains("172.31.20.7/32"));
        let seen = ask_from(one.netns.as_deref(), further, PATIENCE);
        assert_eq!(seen.unwrap(), eni_address(5));

        // All of it outlives the process, and goes with the attachment.
        network.close().await.unwrap();
        drop(endpoints);
        let before = lists();
        let (network, _endpoints) = host.start("ab12").await;
        assert_same_lists(&before, &lists());
        assert!(ask_from(one.netns.as_deref(), further, PATIENCE).is_ok());
        network.detach("two").await.unwrap();
        assert!(ask_from(one.netns.as_deref(), further, REFUSED).is_err());
        let told = open_resources("vpc-a", &[5, 6]);
        network.apply(NetworkUpdate::Snapshot(told)).await.unwrap();
        assert!(!addresses(&one).contains("172.31.20.8/32"));
    });
}

#[test]
fn one_that_was_in_use_is_given_by_the_next_word() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        network.attach("two", eni("vpc-a", 6)).await.unwrap();
        // The control plane has given the address of the one on, which is not taken down yet.
        let mut told = open_resources("vpc-a", &[]);
        told.push(with_secondary(5, &[(6, None), (7, None)]));
        let again = || NetworkUpdate::Snapshot(told.clone());
        let refused = network.apply(again()).await.unwrap_err();
        assert!(
            matches!(refused, NetworkError::AddressInUse { .. }),
            "{refused}"
        );
        assert!(!addresses(&one).contains("172.31.20.6/32"));
        assert!(
            addresses(&one).contains("172.31.20.7/32"),
            "it waits for no other"
        );
        network.detach("two").await.unwrap();
        network.apply(again()).await.unwrap();
        assert!(addresses(&one).contains("172.31.20.6/32"));
    });
}

#[test]
fn one_has_a_public_address_of_its_own() {
    on_a_host(|host| async move {
        inside(&host.neighbour, || {
            ip("route add 198.19.0.0/16 via 192.0.2.1");
        });
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let _server = Server::start(one.netns.as_deref(), 80);
        open_up(&network, "vpc-a", &[5]).await;
        let table = route_table("rtb-main", &[(ANYBODY, "igw-1")]);
        say(&network, [routed_vpc(Some("igw-1")), table]).await;
        let from_outside = || ask_from(Some(&host.neighbour), (PUBLIC, 80), REFUSED);
        assert!(from_outside().is_err());
        say(&network, [with_secondary(5, &[(7, Some(PUBLIC))])]).await;
        assert_eq!(from_outside().unwrap(), NEIGHBOUR);
        let _outside = Server::start(Some(&host.neighbour), 80);
        let seen = ask_from(one.netns.as_deref(), (NEIGHBOUR, 80), PATIENCE);
        assert_eq!(seen.unwrap(), EXTERNAL, "its first address has none");
        say(&network, [with_secondary(5, &[])]).await;
        assert!(from_outside().is_err());
        assert!(!ip("route show").contains("198.19."));
    });
}
