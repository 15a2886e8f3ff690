//! After an installation is removed, the host's lists are what they were.

use super::support::*;
use wharf_network::*;

async fn live_and_go(mut config: NetworkConfig, running: bool) {
    config.reach = vec!["203.0.113.0/24".parse().unwrap()];
    let (network, _endpoints) = Network::start(config.clone()).await.unwrap();
    network.attach("web", web()).await.unwrap();
    network.attach("none", Mode::None).await.unwrap();
    // A range that no host has: documentation's own (RFC 5737), so that the host may reach it.
    let eni = Eni {
        vpc_id: "vpc-a".into(),
        eni_id: "eni-1".into(),
        mac: MacAddress::new([0x0a, 0, 0, 0, 0, 1]),
        address: "203.0.113.5".parse().unwrap(),
        subnet: "203.0.113.0/24".parse().unwrap(),
        gateway: "203.0.113.1".parse().unwrap(),
        ipv6: Vec::new(),
    };
    let vpc = network.attach("vpc", Mode::Awsvpc(eni)).await.unwrap();
    assert!(vpc.host_reachable);
    if running {
        network.teardown_all().await.unwrap();
    } else {
        network.close().await.unwrap();
        Network::teardown(&config).await.unwrap();
    }
    assert!(!config.state_dir.exists() && !config.shared_dir.exists());
}

#[test]
fn a_private_host_is_left_as_it_was() {
    on_a_host(|host| async move {
        run("sysctl", "-qw net.ipv4.conf.ext0.forwarding=1");
        let before = lists();
        live_and_go(host.config("ab12"), true).await;
        assert_same_lists(&before, &lists());
        live_and_go(host.config("ab12"), false).await;
        assert_same_lists(&before, &lists());
    });
}

#[test]
fn a_host_that_forwards_anyway_goes_on_doing_so() {
    on_a_host(|host| async move {
        run("sysctl", "-qw net.ipv4.ip_forward=1");
        let before = lists();
        live_and_go(host.config("ab12"), true).await;
        assert_same_lists(&before, &lists());
    });
}

#[test]
fn what_is_tried_leaves_nothing() {
    on_a_host(|host| async move {
        let before = lists();
        trial::rules().unwrap();
        trial::of_senders().unwrap();
        trial::links().unwrap();
        trial::tunnels().unwrap();
        assert_same_lists(&before, &lists());
        // Its neighbour, and with it the host's link, stayed until here.
        drop(host);
    });
}

#[test]
fn where_nothing_is_there_is_nothing_to_do() {
    on_a_host(|host| async move {
        let before = lists();
        Network::teardown(&host.config("ab12")).await.unwrap();
        Network::teardown(&host.config("ab12")).await.unwrap();
        assert_same_lists(&before, &lists());
    });
}

/// The one test on the machine's own namespaces. Others may work there at the same time, so only
/// what carries the installation's mark is compared, and forwarding.
#[test]
fn the_machine_itself_is_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let id = wharf_base::InstallationId::mint();
    let bytes = id.as_str().as_bytes().try_into().unwrap();
    let table = u32::from_be_bytes(bytes);
    let ours = |(name, text): &(&'static str, String)| {
        let marks = [
            format!("lookup {table}"),
            format!("table {table}"),
            format!("w{id}u"),
            format!("wharf_{id}"),
            dir.path().display().to_string(),
        ];
        let mine = |line: &&str| marks.iter().any(|m| line.contains(m.as_str()));
        (
            *name,
            text.lines().filter(mine).collect::<Vec<_>>().join("\n"),
        )
    };
    let forward = || std::fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap();
    let before = forward();
    runtime().block_on(live_and_go(config(dir.path(), id.as_str()), true));
    for (name, left) in lists().iter().map(ours) {
        assert_eq!(left, "", "{name}");
    }
    assert_eq!(before, forward());
}
