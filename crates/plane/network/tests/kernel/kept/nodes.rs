//! The targets are instances, among them nodes of Kubernetes that lead from their ports to pods.

use super::*;

const NODE: &str = "i-0000000000000000a";
const OTHER: &str = "i-0000000000000000b";
const PORT: u16 = 30080;
/// The last bytes of addresses.
const OF_NODE: u8 = 4;
const POD: u8 = 5;
const SECOND: u8 = 6;
const TASK: u8 = 7;
const OF_OTHER: u8 = 8;

/// Ports of a node, over TCP and UDP, for all who call it.
async fn open_ports(network: &Network, (node, of_node): (&str, u8), pods: &[u8], by_node: bool) {
    let endpoints: Vec<_> = pods
        .iter()
        .map(|last| SocketAddrV4::new(eni_address(*last), 8080))
        .collect();
    let mut all = BTreeMap::new();
    for caller in [Caller::Member, Caller::Other] {
        for protocol in [6, 17] {
            let at = FrontEnd {
                caller,
                address: eni_address(of_node),
                protocol,
                port: PORT,
            };
            let lead = Lead::To {
                endpoints: endpoints.clone(),
                sticky: None,
                by_node,
            };
            all.insert(at, lead);
        }
    }
    let update = ServicesUpdate::Snapshot(all);
    network.services(node, update).await.unwrap();
}

/// Nodes take calls of their port from load balancers, and pods theirs from nodes. Clients have no leave to call anything.
fn groups() -> Vec<Resource> {
    let port = |port, peer| vec![tcp(port, peer), udp(port, peer)];
    vec![
        group("sg-node", port(PORT, "@sg-balancer")),
        group("sg-pod", port(8080, "@sg-node")),
        group("sg-balancer", vec![all(ANYBODY)]),
        group_with("sg-client", vec![], vec![]),
    ]
}

fn places(all: &[(u8, &str, &str)]) -> Vec<Resource> {
    let of =
        |(last, group, host): &(u8, &str, &str)| on_host(host, interface("vpc-a", *last, &[group]));
    all.iter().map(of).collect()
}

struct Place {
    network: Network,
    lb: PathBuf,
    node: Attachment,
    pod: Attachment,
    second: Attachment,
    task: Attachment,
}

impl Place {
    async fn of(host: &Host) -> Self {
        let (network, _endpoints) = host.start("aaaa").await;
        let node = network.attach(NODE, eni("vpc-a", OF_NODE)).await.unwrap();
        let task = network.attach("task", eni("vpc-a", TASK)).await.unwrap();
        let pod = network.attach_pod("pod", eni("vpc-a", POD), None, NODE);
        let pod = pod.await.unwrap();
        let second = network.attach_pod("second", eni("vpc-a", SECOND), None, NODE);
        let second = second.await.unwrap();
        let own = HostIdentity {
            instance_id: HERE.to_owned(),
            underlay: None,
        };
        network.set_host(own).await.unwrap();
        let all = [
            (OF_NODE, "sg-node", HERE),
            (POD, "sg-pod", HERE),
            (SECOND, "sg-pod", HERE),
            (TASK, "sg-client", HERE),
        ];
        let mut said = vec![host_resource(), vpc("vpc-a", 11), balancer("net", HERE)];
        said.extend(groups());
        said.extend(places(&all));
        say(&network, said).await;
        Self {
            lb: of_balancer(host, "aaaa"),
            network,
            node,
            pod,
            second,
            task,
        }
    }

    fn ask(&self, client: Ipv4Addr, patience: Duration) -> io::Result<Ipv4Addr> {
        ask_as(&self.lb, client, (eni_address(OF_NODE), PORT), patience)
    }

    async fn say(&self, group: Resource) {
        say(&self.network, [group]).await;
    }
}

fn host_resource() -> Resource {
    host(HERE, None)
}

#[test]
fn ports_of_a_node_are_called_as_the_client() {
    on_a_host(|host| async move {
        let it = Place::of(&host).await;
        let at = (NODE, OF_NODE);
        let _server = Server::start(it.pod.netns.as_deref(), 8080);
        let clients = [
            STRANGER,
            eni_address(TASK),
            eni_address(77),
            eni_address(SECOND),
        ];
        let to = (eni_address(OF_NODE), PORT);
        for by_node in [false, true] {
            open_ports(&it.network, at, &[POD], by_node).await;
            for client in clients {
                let seen = it.ask(client, PATIENCE).expect("an answer");
                let expected = if by_node {
                    eni_address(OF_NODE)
                } else {
                    client
                };
                assert_eq!(seen, expected, "{client}");
            }
            // Itself, by way of the load balancer.
            assert_eq!(
                it.ask(eni_address(POD), PATIENCE).unwrap(),
                eni_address(OF_NODE)
            );
            let seen = ask_from(Some(&it.lb), to, PATIENCE).unwrap();
            let own = if by_node { OF_NODE } else { BALANCER };
            assert_eq!(seen, eni_address(own), "health checks");
            let datagrams = udp_server(netns(&it.pod), 8080);
            let seen = ask_udp_as(&it.lb, STRANGER, to).unwrap();
            let expected = if by_node { to.0 } else { STRANGER };
            assert_eq!(seen, expected, "over UDP");
            shout(Some(netns(&it.pod)), (eni_address(POD), 8080), "");
            datagrams.join().unwrap();
        }
        // Nobody else gets there so.
        let task = netns(&it.task);
        assert!(ask_from(Some(task), to, REFUSED).is_err());
        assert!(ask_as(task, STRANGER, to, REFUSED).is_err());
    });
}

#[test]
fn groups_judge_the_load_balancer_then_the_client_and_then_the_node() {
    on_a_host(|host| async move {
        let it = Place::of(&host).await;
        let _server = Server::start(it.pod.netns.as_deref(), 8080);
        let client = eni_address(TASK);
        let node = |port, peer: &str| group("sg-node", vec![tcp(port, peer)]);
        for by_node in [false, true] {
            say(&it.network, groups()).await;
            open_ports(&it.network, (NODE, OF_NODE), &[POD], by_node).await;
            let reaches = || it.ask(client, PATIENCE).is_ok();
            let fails = || it.ask(client, REFUSED).is_err();
            assert!(reaches());
            // The node is called at its port, by the client or by the load balancer.
            it.say(node(8080, "@sg-balancer")).await;
            assert!(fails(), "the node is called at another port");
            it.say(node(PORT, &format!("{STRANGER}/32"))).await;
            assert!(fails(), "another client is let in");
            assert!(it.ask(STRANGER, PATIENCE).is_ok(), "that one");
            it.say(node(PORT, "@sg-client")).await;
            assert!(reaches());
            assert!(it.ask(STRANGER, REFUSED).is_err(), "in no group");
            // What the load balancer may call are ports of nodes.
            let calls = |port| group_with("sg-balancer", vec![], vec![tcp(port, ANYBODY)]);
            it.say(calls(8080)).await;
            assert!(fails(), "the load balancer is not let out");
            it.say(calls(PORT)).await;
            assert!(reaches());
            // Pods are called by nodes.
            it.say(group("sg-pod", vec![tcp(8080, "@sg-client")])).await;
            assert!(fails(), "the pod takes it from the client alone");
            say(&it.network, groups()).await;
            let shy = group_with("sg-node", vec![tcp(PORT, "@sg-balancer")], vec![]);
            it.say(shy).await;
            assert!(fails(), "the node is not let out");
        }
    });
}

#[test]
fn a_connection_by_a_node_goes_on_until_a_rule_ends_it() {
    on_a_host(|host| async move {
        let it = Place::of(&host).await;
        let listen = || TcpListener::bind("0.0.0.0:8080").unwrap();
        let listener = inside(netns(&it.pod), listen);
        for by_node in [false, true] {
            say(&it.network, groups()).await;
            open_ports(&it.network, (NODE, OF_NODE), &[POD], by_node).await;
            let to = (eni_address(OF_NODE), PORT);
            let mut line = call_as(&it.lb, STRANGER, to, PATIENCE).unwrap();
            let mut far = listener.accept().unwrap().0;
            let mut lives = |patience| {
                far.set_read_timeout(Some(patience)).unwrap();
                line.write_all(b"x").unwrap();
                far.read_exact(&mut [0; 1]).is_ok()
            };
            assert!(lives(PATIENCE));
            // All are judged again.
            it.say(group("sg-client", vec![])).await;
            it.say(group_with("sg-client", vec![], vec![])).await;
            assert!(lives(PATIENCE));
            it.say(group_with("sg-balancer", vec![], vec![])).await;
            assert!(!lives(REFUSED));
        }
    });
}

#[test]
fn programs_of_an_instance_see_the_client() {
    on_a_host(|host| async move {
        let it = Place::of(&host).await;
        let _server = Server::start(it.node.netns.as_deref(), 80);
        let to = (eni_address(OF_NODE), 80);
        let ask = |client, patience| ask_as(&it.lb, client, to, patience);
        it.say(group("sg-node", vec![tcp(80, "@sg-balancer")]))
            .await;
        for client in [STRANGER, eni_address(TASK), eni_address(POD)] {
            assert_eq!(ask(client, PATIENCE).unwrap(), client);
        }
        it.say(group("sg-node", vec![tcp(80, "@sg-client")])).await;
        assert!(ask(eni_address(TASK), PATIENCE).is_ok());
        assert!(ask(STRANGER, REFUSED).is_err());
        it.say(group_with("sg-balancer", vec![], vec![tcp(81, ANYBODY)]))
            .await;
        assert!(ask(eni_address(TASK), REFUSED).is_err());
    });
}

#[test]
fn what_a_pod_may_call_is_not_asked_about_load_balancers_that_speak_as_it() {
    on_a_host(|host| async move {
        let it = Place::of(&host).await;
        open_ports(&it.network, (NODE, OF_NODE), &[POD], false).await;
        let _server = Server::start(it.pod.netns.as_deref(), 8080);
        let isolated = Isolation {
            ingress: None,
            egress: Some([1].into()),
        };
        let rules = PolicyRules {
            policies: BTreeMap::from([(1, (PolicyWay::Egress, vec![]))]),
            pods: BTreeMap::from([(eni_address(SECOND), isolated)]),
            ..PolicyRules::default()
        };
        let update = PoliciesUpdate::Snapshot(rules);
        it.network.policies(NODE, update).await.unwrap();
        let to = (eni_address(POD), 8080);
        let own = ask_from(it.second.netns.as_deref(), to, REFUSED);
        assert!(own.is_err(), "it is isolated");
        let second = eni_address(SECOND);
        assert_eq!(it.ask(second, PATIENCE).unwrap(), second);
    });
}

#[test]
fn nodes_of_other_hosts_are_called_as_the_client() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        // The load balancer is here, and so is the other node.
        let far = two.there.attach(NODE, eni("vpc-a", OF_NODE)).await;
        let _far = far.unwrap();
        let near = two.here.attach(OTHER, eni("vpc-a", OF_OTHER)).await;
        let _near = near.unwrap();
        let there = two
            .there
            .attach_pod("pod", eni("vpc-a", POD), None, NODE)
            .await
            .unwrap();
        let here = two
            .here
            .attach_pod("second", eni("vpc-a", SECOND), None, OTHER)
            .await
            .unwrap();
        let task = two.there.attach("task", eni("vpc-a", TASK)).await.unwrap();
        let all = [
            (OF_NODE, "sg-node", THERE),
            (OF_OTHER, "sg-node", HERE),
            (POD, "sg-pod", THERE),
            (SECOND, "sg-pod", HERE),
            (TASK, "sg-client", THERE),
        ];
        let mut said = vec![balancer("net", HERE)];
        said.extend(groups());
        said.extend(places(&all));
        two.say(said).await;
        let lb = of_balancer(&host, "aaaa");
        let _servers = [&there, &here].map(|it| Server::start(it.netns.as_deref(), 8080));
        let nodes = [
            (&two.there, (NODE, OF_NODE), [POD, SECOND]),
            (&two.here, (OTHER, OF_OTHER), [SECOND, POD]),
        ];
        for (network, node, [own, foreign]) in nodes {
            let to = (eni_address(node.1), PORT);
            open_ports(network, node, &[own], false).await;
            for client in [STRANGER, eni_address(TASK), eni_address(77)] {
                let seen = ask_as(&lb, client, to, PATIENCE);
                assert_eq!(seen.unwrap(), client, "{client} by {}", node.0);
            }
            // On other hosts, and by the node.
            for pod in [own, foreign] {
                open_ports(network, node, &[pod], true).await;
                for client in [STRANGER, eni_address(TASK), eni_address(pod)] {
                    let seen = ask_as(&lb, client, to, PATIENCE);
                    assert_eq!(seen.unwrap(), to.0, "{client} by {} to {pod}", node.0);
                }
            }
            assert!(ask_from(task.netns.as_deref(), to, REFUSED).is_err());
            assert!(ask_as(netns(&task), STRANGER, to, REFUSED).is_err());
        }
    });
}
