//! What leaves a VPC: route tables decide, and name servers are nobody's matter.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};

use super::control::*;
use super::support::*;
use wharf_network::*;
use wharf_planeproto::Kind;

const ALL_OUT: [(&str, &str); 1] = [(ANYBODY, "igw-1")];
/// Another address of the neighbour.
const SECOND: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 3);

/// Only this test's host has these name servers.
fn set_name_servers(host: &Host, text: &str) {
    let file = host.dir.path().join("resolv.conf");
    let mounted = file.exists();
    std::fs::write(&file, text).unwrap();
    if !mounted {
        let flags = nix::mount::MsFlags::MS_BIND;
        let place = std::fs::canonicalize("/etc/resolv.conf").unwrap();
        nix::mount::mount(Some(&file), &place, None::<&str>, flags, None::<&str>).unwrap();
    }
}

fn gets_out(task: &Attachment, port: u16) -> bool {
    gets_to(task, NEIGHBOUR, port)
}

fn gets_to(task: &Attachment, to: Ipv4Addr, port: u16) -> bool {
    ask_from(task.netns.as_deref(), (to, port), REFUSED).is_ok()
}

#[test]
fn a_subnet_without_a_gateway_keeps_to_its_vpc() {
    on_a_host(|host| async move {
        let (network, mut endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni("vpc-a", 6)).await.unwrap();
        let _outside = Server::start(Some(&host.neighbour), 7000);
        let _server = Server::start(one.netns.as_deref(), 80);
        let _metadata = Server::on(endpoints.try_recv().unwrap().listener);
        open_up(&network, "vpc-a", &[5, 6]).await;
        assert!(
            gets_out(&one, 7000),
            "a control plane that tells of no routes"
        );

        say(
            &network,
            [
                routed_vpc(None),
                subnet(None),
                route_table("rtb-main", &ALL_OUT),
            ],
        )
        .await;
        assert!(!gets_out(&one, 7000), "the gateway is not attached");
        assert!(ask((eni_address(5), 80), PATIENCE).is_ok(), "from the host");
        assert!(gets_to(&two, eni_address(5), 80), "within the VPC");
        let endpoint = Ipv4Addr::new(169, 254, 170, 2);
        assert!(gets_to(&one, endpoint, 80), "wharf's own endpoint");
        let own = ask((EXTERNAL, 1), REFUSED).unwrap_err();
        assert_eq!(own.raw_os_error(), Some(111), "nobody listens there");
        let own = ask_from(one.netns.as_deref(), (EXTERNAL, 1), REFUSED).unwrap_err();
        assert_eq!(
            own.kind(),
            std::io::ErrorKind::TimedOut,
            "the host itself is outside"
        );

        say(&network, [routed_vpc(Some("igw-1"))]).await;
        assert!(gets_out(&one, 7000) && gets_out(&two, 7000));
        say(
            &network,
            [subnet(Some("rtb-own")), route_table("rtb-own", &[])],
        )
        .await;
        assert!(!gets_out(&one, 7000), "the table of its own has no route");
        say(
            &network,
            [route_table("rtb-own", &[("192.0.2.2/32", "igw-1")])],
        )
        .await;
        inside(&host.neighbour, || ip("addr add 192.0.2.3/24 dev ext0"));
        assert!(
            gets_out(&one, 7000) && !gets_to(&one, SECOND, 7000),
            "one address"
        );
        let but_one = [(ANYBODY, "igw-1"), ("192.0.2.2/32", "igw-gone")];
        say(&network, [route_table("rtb-own", &but_one)]).await;
        assert!(
            !gets_out(&one, 7000) && gets_to(&one, SECOND, 7000),
            "all but one"
        );
        unsay(&network, Kind::RouteTable, "rtb-own").await;
        assert!(!gets_to(&one, SECOND, 7000), "a table that is gone");
        unsay(&network, Kind::Subnet, "subnet-1").await;
        assert!(gets_out(&one, 7000), "by the main table");
    });
}

#[test]
fn a_route_that_goes_cuts_what_lives_by_it() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let task = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        open_up(&network, "vpc-a", &[5]).await;
        say(
            &network,
            [routed_vpc(Some("igw-1")), route_table("rtb-main", &ALL_OUT)],
        )
        .await;
        let listener = inside(&host.neighbour, || {
            TcpListener::bind("0.0.0.0:7000").unwrap()
        });
        let mut client = inside(netns(&task), || {
            TcpStream::connect((NEIGHBOUR, 7000)).unwrap()
        });
        let (mut server, _) = listener.accept().unwrap();
        let mut byte = [0];
        server.write_all(b"a").unwrap();
        client.read_exact(&mut byte).unwrap();

        say(&network, [route_table("rtb-main", &[])]).await;
        client.set_read_timeout(Some(REFUSED)).unwrap();
        server.set_read_timeout(Some(REFUSED)).unwrap();
        // What comes back is as much a part of it as what leaves.
        server.write_all(b"b").unwrap();
        assert!(client.read_exact(&mut byte).is_err());
        client.write_all(b"c").unwrap();
        assert!(server.read_exact(&mut byte).is_err());

        // The rules outlive the process, and hold until the next word.
        network.close().await.unwrap();
        drop(endpoints);
        let (network, _endpoints) = host.start("ab12").await;
        assert!(!gets_out(&task, 7000));
        let known = [routed_vpc(Some("igw-1")), route_table("rtb-main", &ALL_OUT)];
        let known = known.into_iter().chain(open_resources("vpc-a", &[5]));
        let snapshot = NetworkUpdate::Snapshot(known.collect());
        network.apply(snapshot).await.unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"b", "sent again by the kernel");
    });
}

#[test]
fn name_servers_are_no_matter_of_groups_or_routes() {
    on_a_host(|host| async move {
        set_name_servers(&host, "nameserver 127.0.0.53\nnameserver 192.0.2.2\n");
        inside(&host.neighbour, || ip("addr add 192.0.2.3/24 dev ext0"));
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let _servers = [53, 54].map(|port| Server::start(Some(&host.neighbour), port));
        let closed = group_with("sg-closed", vec![], vec![]);
        let mine = interface("vpc-a", 5, &["sg-closed"]);
        let mine = wharf_planeproto::Resource::Interface(mine);
        say(
            &network,
            [mine, closed, routed_vpc(None), route_table("rtb-main", &[])],
        )
        .await;
        assert!(gets_out(&task, 53), "over TCP");
        let _names = udp_server(&host.neighbour, 53);
        let seen = inside(netns(&task), || ask_udp((NEIGHBOUR, 53), PATIENCE));
        assert_eq!(seen.unwrap(), EXTERNAL, "over UDP");
        assert!(!gets_out(&task, 54), "another port");
        assert!(!gets_to(&task, SECOND, 53), "another server");

        // The host's name servers change; the next task is given the new ones.
        set_name_servers(&host, "nameserver 192.0.2.3\n");
        network.attach("two", eni("vpc-a", 6)).await.unwrap();
        assert!(gets_to(&task, SECOND, 53) && gets_out(&task, 53), "both");
    });
}

#[test]
fn a_name_server_inside_the_vpc_is_a_task_like_others() {
    on_a_host(|host| async move {
        set_name_servers(&host, "nameserver 172.31.20.6\n");
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni("vpc-a", 6)).await.unwrap();
        let _server = Server::start(two.netns.as_deref(), 53);
        let ears = inside(netns(&two), || UdpSocket::bind("0.0.0.0:53").unwrap());
        ears.set_read_timeout(Some(REFUSED)).unwrap();
        let interfaces = [5, 6].map(|last| interface("vpc-a", last, &["sg-shut"]));
        let interfaces = interfaces.map(wharf_planeproto::Resource::Interface);
        let shut = group("sg-shut", vec![]);
        say(&network, interfaces.into_iter().chain([shut])).await;
        assert!(!gets_to(&one, eni_address(6), 53));
        shout(one.netns.as_deref(), (eni_address(6), 53), "psst");
        assert!(ears.recv(&mut [0; 8]).is_err());
    });
}
