//! Services while the agent is gone, and when it is back.

use std::fs;

use super::*;

#[test]
fn services_outlive_the_agent_and_are_replaced_when_it_is_back() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = it.answers([8080, 8080]);
        lead(&it.network, NODE, &[(80, to(false, &[(5, 8080)]))]).await;
        it.network.close().await.unwrap();
        assert_eq!(call(netns(two), 80, PATIENCE).unwrap(), "one");
        let (network, _endpoints) = host.start("ab12").await;
        assert_eq!(call(netns(two), 80, PATIENCE).unwrap(), "one");
        let late = network
            .attach_pod("pod-9", eni("vpc-a", 9), None, NODE)
            .await;
        let late = late.unwrap();
        let changes = ServicesUpdate::Changes(BTreeMap::new());
        let early = network.services(NODE, changes).await;
        assert!(early.is_err(), "changes to nothing");
        let mut said: Vec<Resource> = [4, 5, 6, 7, 9]
            .map(|last| Resource::Interface(interface("vpc-a", last, &["sg-all"])))
            .into();
        said.push(group("sg-all", vec![all("@sg-all")]));
        say(&network, said).await;
        assert_eq!(call(netns(&late), 80, PATIENCE).unwrap(), "one");
        lead(&network, NODE, &[(80, to(false, &[(6, 8080)]))]).await;
        for from in [one, two, &late] {
            assert_eq!(call(netns(from), 80, PATIENCE).unwrap(), "two");
        }
        // Nothing is left of a node that goes.
        network.detach(NODE).await.unwrap();
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let tables = inside(&scope, || run("nft", "list tables"));
        assert!(!tables.contains(NODE), "{tables}");
    });
}

#[test]
fn members_of_a_node_are_known_as_soon_as_the_agent_is_back() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let scope = Scope::Vpc("vpc-a".into());
        let check = |network: &Network| {
            for (last, expected) in [
                (4, Some(NODE)),
                (5, Some("pod-5")),
                (6, Some("pod-6")),
                (7, None),
                (8, None),
            ] {
                let of = |node| network.member_at(&scope, eni_address(last), node);
                assert_eq!(of(NODE).as_deref(), expected, "{last}");
                assert_eq!(of("i-0fffffffffffffff0"), None, "{last}");
            }
        };
        check(&it.network);
        it.network.close().await.unwrap();
        let (network, _endpoints) = host.start("ab12").await;
        check(&network);
        network.detach("pod-5").await.unwrap();
        let gone = network.member_at(&scope, eni_address(5), NODE);
        assert_eq!(gone, None);
    });
}

#[test]
fn what_a_boot_took_away_is_gone_for_a_node_too() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        lead(&it.network, NODE, &[(80, to(false, &[(5, 8080)]))]).await;
        it.network.close().await.unwrap();
        let namespaces = host.dir.path().join("network-ab12/netns");
        for one in fs::read_dir(namespaces).unwrap() {
            // Not each is a mount: of some, the file alone is left.
            let _ = nix::mount::umount2(&one.unwrap().path(), nix::mount::MntFlags::MNT_DETACH);
        }
        run("nft", "flush ruleset");
        let (network, _endpoints) = host.start("ab12").await;
        assert!(
            network
                .services(NODE, ServicesUpdate::Snapshot(BTreeMap::new()))
                .await
                .is_err()
        );
        network.services(NODE, ServicesUpdate::Gone).await.unwrap();
        network.policies(NODE, PoliciesUpdate::Gone).await.unwrap();
    });
}
