//! Ports of nodes, for whoever is no member of one.

use super::*;

/// A port of the node for whoever is no member of it.
async fn open_port(network: &Network, protocol: u8, all: &[(u8, u16)], by_node: bool) {
    let at = FrontEnd {
        caller: Caller::Other,
        address: eni_address(4),
        protocol,
        port: 30080,
    };
    let endpoints = all
        .iter()
        .map(|(last, port)| SocketAddrV4::new(eni_address(*last), *port));
    let lead = Lead::To {
        endpoints: endpoints.collect(),
        sticky: None,
        by_node,
    };
    let update = ServicesUpdate::Snapshot(BTreeMap::from([(at, lead)]));
    network.services(NODE, update).await.unwrap();
}

/// Who called, as the callee sees it.
fn seen_by(callee: &Attachment, from: &Attachment, patience: Duration) -> io::Result<Ipv4Addr> {
    let listener = inside(netns(callee), || {
        TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
    });
    let client = inside(netns(from), || {
        TcpStream::connect_timeout(&SocketAddr::from((eni_address(4), 30080)), patience)
    })?;
    let (_stream, peer) = listener.accept()?;
    drop(client);
    match peer {
        SocketAddr::V4(it) => Ok(*it.ip()),
        SocketAddr::V6(_) => Err(ErrorKind::InvalidData.into()),
    }
}

#[test]
fn ports_of_a_node_are_reached_from_elsewhere() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, _] = &it.pods;
        open_port(&it.network, 6, &[(5, 8080)], true).await;
        let seen = seen_by(one, &it.task, PATIENCE).unwrap();
        assert_eq!(seen, eni_address(4), "by way of the node");
        open_port(&it.network, 6, &[(5, 8080)], false).await;
        let seen = seen_by(one, &it.task, PATIENCE).unwrap();
        assert_eq!(seen, eni_address(7), "as who calls");
        // Programs of the node itself, in its own network, see who calls.
        open_port(&it.network, 6, &[(4, 8080)], true).await;
        assert_eq!(
            seen_by(&it.node, &it.task, PATIENCE).unwrap(),
            eni_address(7)
        );

        open_port(&it.network, 17, &[(5, 8080)], true).await;
        let server = inside(netns(one), || {
            UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
        });
        let client = inside(netns(&it.task), || {
            UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap()
        });
        for socket in [&server, &client] {
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        client.connect((eni_address(4), 30080)).unwrap();
        let mut buffer = [0; 8];
        let mut peer = None;
        // Further ones before an answer are judged as the first.
        for _ in 0..2 {
            client.send(b"?").unwrap();
            let (_, from) = server.recv_from(&mut buffer).unwrap();
            assert_eq!(from.ip(), eni_address(4));
            peer = Some(from);
        }
        server.send_to(b"!", peer.unwrap()).unwrap();
        assert_eq!(client.recv(&mut buffer).unwrap(), 1);
    });
}

#[test]
fn groups_judge_a_port_of_a_node_and_then_the_way_from_there() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, _] = &it.pods;
        let of = |last, group: &str| Resource::Interface(interface("vpc-a", last, &[group]));
        // The caller is in no group that the pod lets in.
        say(&it.network, [of(7, "sg-out"), group("sg-out", vec![])]).await;
        open_port(&it.network, 6, &[(5, 8080)], true).await;
        assert!(seen_by(one, &it.task, REFUSED).is_err(), "not let in");
        let own = |port| group("sg-node", vec![tcp(port, "@sg-out")]);
        say(&it.network, [of(4, "sg-node"), own(8080)]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the node is called at another port"
        );
        say(&it.network, [own(30080)]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the pod does not take it from the node"
        );
        let pods = |port| group("sg-all", vec![tcp(port, "@sg-node")]);
        say(&it.network, [pods(8080)]).await;
        for by_node in [true, false] {
            open_port(&it.network, 6, &[(5, 8080)], by_node).await;
            assert!(seen_by(one, &it.task, PATIENCE).is_ok());
        }
        let direct = inside(netns(one), || {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
        });
        let called = inside(netns(&it.task), || {
            TcpStream::connect_timeout(&SocketAddr::from((eni_address(5), 8080)), REFUSED)
        });
        assert!(called.is_err(), "a port of the node opens nothing else");
        drop(direct);
        let shy = group_with("sg-node", vec![tcp(30080, "@sg-out")], vec![]);
        say(&it.network, [shy]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the node is not let out"
        );
        let shy = group_with("sg-out", vec![], vec![tcp(8080, ANYBODY)]);
        say(&it.network, [own(30080), shy]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the caller is not let out to the port"
        );
    });
}

/// A connection through a port of a node that was answered once, with what both ends say to it later.
struct Held {
    client: TcpStream,
    server: TcpStream,
}

impl Held {
    fn through(port: SocketAddrV4, callee: &Attachment, from: &Attachment) -> Self {
        let listener = inside(netns(callee), || {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
        });
        let client = inside(netns(from), || {
            TcpStream::connect_timeout(&SocketAddr::V4(port), PATIENCE).unwrap()
        });
        let server = listener.accept().unwrap().0;
        Self { client, server }
    }

    fn lives(&mut self, patience: Duration) -> bool {
        self.server.set_read_timeout(Some(patience)).unwrap();
        self.client.write_all(b"?").unwrap();
        self.server.read_exact(&mut [0]).is_ok()
    }
}

#[test]
fn a_connection_through_a_port_of_a_node_ends_with_the_rule_that_let_it_in() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, _] = &it.pods;
        let of = |last, group: &str| Resource::Interface(interface("vpc-a", last, &[group]));
        let own = |port| group("sg-node", vec![tcp(port, "@sg-out")]);
        let pods = group("sg-all", vec![tcp(8080, "@sg-node")]);
        let calls = |port| group_with("sg-out", vec![], vec![tcp(port, ANYBODY)]);
        let port = SocketAddrV4::new(eni_address(4), 30080);
        say(&it.network, [of(7, "sg-out"), of(4, "sg-node"), pods]).await;
        for by_node in [true, false] {
            open_port(&it.network, 6, &[(5, 8080)], by_node).await;
            say(&it.network, [own(30080), calls(30080)]).await;
            let mut held = Held::through(port, one, &it.task);
            assert!(held.lives(PATIENCE));
            // What has nothing to do with it cuts nothing.
            say(&it.network, [group("sg-z", vec![]), calls(30080)]).await;
            let wide = group("sg-node", vec![tcp(30080, "@sg-out"), tcp(22, ANYBODY)]);
            say(&it.network, [wide]).await;
            assert!(held.lives(PATIENCE));
            say(&it.network, [own(8080)]).await;
            assert!(!held.lives(REFUSED), "the node lets nobody in any more");

            say(&it.network, [own(30080)]).await;
            let mut held = Held::through(port, one, &it.task);
            assert!(held.lives(PATIENCE));
            say(&it.network, [calls(8080)]).await;
            assert!(!held.lives(REFUSED), "the caller is not let out any more");
        }
    });
}
