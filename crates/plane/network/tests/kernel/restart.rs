//! The agent ends and starts again: what runs does not notice, what is missing is mended, what
//! nobody wants goes.

use super::support::*;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use wharf_network::*;

#[test]
fn a_namespace_on_no_record_goes() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let none = network.attach("none", Mode::None).await.unwrap();
        let place = netns(&none).to_owned();
        let record = host.dir.path().join("network-ab12/tasks/none.json");
        assert!(record.exists() && place.exists());
        network.close().await.unwrap();
        drop(endpoints);
        // As a kill leaves it that comes before the record, or while it is released.
        std::fs::remove_file(&record).unwrap();
        let (network, _endpoints) = host.start("ab12").await;
        assert!(!place.exists());
        assert!(network.recover().await.unwrap().is_empty());
        network.attach("none", Mode::None).await.unwrap();
        assert!(record.exists() && place.exists());
        network.detach("none").await.unwrap();
        network.detach("none").await.unwrap();
        assert!(!record.exists() && !place.exists());
    });
}

#[test]
fn nothing_changes_for_running_tasks() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let web_task = network.attach("web", web()).await.unwrap();
        let vpc_task = network.attach("vpc", eni("vpc-a", 5)).await.unwrap();
        let port = web_task.bindings[0].host.first;
        let listener = inside(netns(&web_task), || {
            TcpListener::bind("0.0.0.0:80").unwrap()
        });
        let client = inside(&host.neighbour, || {
            TcpStream::connect((EXTERNAL, port)).unwrap()
        });
        let (server, _) = listener.accept().unwrap();
        let before = lists();
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let scope_before = inside(&scope, || (ip("-o link show"), ip("route show table all")));
        network.close().await.unwrap();
        drop(endpoints);
        assert!(matches!(
            network.attach("x", Mode::None).await,
            Err(NetworkError::Stopped)
        ));
        assert_same_lists(&before, &lists());

        let (network, mut endpoints) = host.start("ab12").await;
        assert_same_lists(&before, &lists());
        assert_eq!(
            scope_before,
            inside(&scope, || (ip("-o link show"), ip("route show table all")))
        );
        exchange(&client, &server);
        let recovered = network.recover().await.unwrap();
        let seen: Vec<_> = recovered
            .iter()
            .map(|r| (&*r.key, &r.attachment, r.health))
            .collect();
        assert_eq!(
            seen,
            [
                ("vpc", &vpc_task, Health::Wired),
                ("web", &web_task, Health::Wired)
            ]
        );
        assert_eq!(
            network.attach("web", web()).await.unwrap(),
            web_task,
            "the same again"
        );
        assert_eq!(
            network
                .key_at(&Scope::Bridge, address(&web_task))
                .as_deref(),
            Some("web")
        );
        for _ in 0..4 {
            endpoints.try_recv().expect("two ports in two scopes");
        }
        let next = network.attach("next", web()).await.unwrap();
        assert_ne!(next.bindings[0].host.first, port);
        assert_ne!(next.address, web_task.address);
    });
}

fn exchange(mut client: &TcpStream, mut server: &TcpStream) {
    use std::io::{Read, Write};
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 4];
    client.write_all(b"ping").unwrap();
    server.read_exact(&mut buffer).unwrap();
    server.write_all(b"pong").unwrap();
    client.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"pong");
}

/// A program that another test starts just now may hold it open for a moment.
fn detach(place: &Path) {
    nix::mount::umount2(place, nix::mount::MntFlags::MNT_DETACH).unwrap();
}

#[test]
fn what_is_missing_is_mended() {
    type Harm = (&'static str, fn(&Path));
    let harms: [Harm; 6] = [
        ("flushed rules", |_| drop(run("nft", "flush ruleset"))),
        ("removed uplink", |_| drop(ip("link del wab12u0"))),
        ("removed routes", |_| drop(ip("route flush proto 213"))),
        ("removed links", |scope| {
            inside(scope, || {
                let links = ip("-o link show");
                let names = links
                    .lines()
                    .filter_map(|l| l.split([' ', '@', ':']).nth(2));
                for name in names.filter(|n| n.starts_with("wab12e")) {
                    ip(&format!("link del {name}"));
                }
            });
        }),
        ("removed scope", |scope| detach(scope)),
        ("removed claims", |scope| {
            let dir = scope.ancestors().nth(3).unwrap();
            std::fs::remove_dir_all(dir.join("shared")).unwrap();
        }),
    ];
    for (what, harm) in harms {
        on_a_host(move |host| async move {
            let (network, endpoints) = host.start("ab12").await;
            let task = network.attach("web", web()).await.unwrap();
            let _server = Server::start(task.netns.as_deref(), 80);
            network.close().await.unwrap();
            drop(endpoints);
            harm(&host.dir.path().join("network-ab12/netns/bridge"));
            let (network, _endpoints) = host.start("ab12").await;
            let to = (EXTERNAL, task.bindings[0].host.first);
            let seen = ask_from(Some(&host.neighbour), to, PATIENCE);
            assert_eq!(seen.unwrap(), NEIGHBOUR, "{what}");
            assert!(ask((address(&task), 80), PATIENCE).is_ok(), "{what}");
            network.teardown_all().await.unwrap();
        });
    }
}

#[test]
fn rules_flushed_under_a_running_agent_come_back_with_the_next_change() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("web", web()).await.unwrap();
        let _server = Server::start(task.netns.as_deref(), 80);
        run("nft", "flush ruleset");
        network.attach("other", web()).await.unwrap();
        assert!(ask((EXTERNAL, task.bindings[0].host.first), PATIENCE).is_ok());
        run("nft", "flush ruleset");
        network.detach("other").await.unwrap();
        assert!(ask((EXTERNAL, task.bindings[0].host.first), PATIENCE).is_ok());
    });
}

#[test]
fn leaks_are_removed() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        network.attach("web", web()).await.unwrap();
        network.close().await.unwrap();
        drop(endpoints);
        let netns = host.dir.path().join("network-ab12/netns");
        ip("link add wab12u9 type veth peer name stray0");
        ip("link add wab13u9 type veth peer name stray1");
        let scope = netns.join("bridge");
        inside(&scope, || {
            ip("link add wab12e0000dead type veth peer name stray0");
            ip("link set wab12e0000dead up");
        });
        ip("route add 10.213.255.7/32 via 10.213.255.8 dev wab12u0 onlink proto 213");
        std::fs::write(netns.join("task.stray"), "").unwrap();
        let own = Some("/proc/thread-self/ns/net");
        let flags = nix::mount::MsFlags::MS_BIND;
        nix::mount::mount(
            own,
            &netns.join("task.stray"),
            None::<&str>,
            flags,
            None::<&str>,
        )
        .unwrap();
        let (_network, _endpoints) = host.start("ab12").await;
        let links = ip("-o link show");
        assert!(
            !links.contains("wab12u9") && links.contains("wab13u9"),
            "{links}"
        );
        assert!(!inside(&scope, || ip("-o link show")).contains("dead"));
        assert!(!ip("route show").contains("10.213.255.7"));
        assert!(!netns.join("task.stray").exists());
    });
}

#[test]
fn a_reboot_loses_namespaces_and_says_so() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let task = network.attach("web", web()).await.unwrap();
        network.close().await.unwrap();
        detach(netns(&task));
        detach(&host.dir.path().join("network-ab12/netns/bridge"));
        ip("link del wab12u0");
        run("nft", "flush ruleset");
        let before = lists();
        let (network, _endpoints) = host.start("ab12").await;
        assert_same_lists(&before, &lists());
        let recovered = network.recover().await.unwrap();
        assert_eq!(recovered[0].health, Health::Lost);
        network.detach("web").await.unwrap();
        assert!(network.recover().await.unwrap().is_empty());
        let again = network.attach("web", web()).await.unwrap();
        let _server = Server::start(again.netns.as_deref(), 80);
        let to = (Ipv4Addr::LOCALHOST, again.bindings[0].host.first);
        assert!(ask(to, PATIENCE).is_ok());
    });
}

#[test]
fn the_state_has_one_user() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let second = Network::start(host.config("ab12")).await;
        assert!(matches!(second, Err(NetworkError::StateInUse { .. })));
        let torn = Network::teardown(&host.config("ab12")).await;
        assert!(matches!(torn, Err(NetworkError::StateInUse { .. })));
        network.close().await.unwrap();
    });
}
