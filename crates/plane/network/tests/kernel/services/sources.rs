//! Services that are for callers of some ranges alone.

use super::*;

/// For those who call from these ranges alone.
fn only(sources: &[&str], lead: Lead) -> Lead {
    let sources = sources.iter().map(|it| it.parse::<Subnet>().unwrap());
    Lead::Only {
        sources: sources.collect(),
        lead: Box::new(lead),
    }
}

#[test]
fn who_is_of_no_range_that_a_service_is_for_hears_nothing() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8081, "two"),
        ];
        let to_one = || to(false, &[(5, 8080)]);
        let host_of = |last| format!("{}/32", eni_address(last));
        let (of_node, of_two) = (host_of(4), host_of(6));
        let (of_node, of_two) = (of_node.as_str(), of_two.as_str());
        lead(
            &it.network,
            NODE,
            &[
                (80, only(&[of_node, of_two], to_one())),
                (81, only(&["0.0.0.0/0"], to_one())),
                (82, only(&[], to_one())),
                (83, only(&[of_two], Lead::Refused)),
                (84, only(&[of_two], to(true, &[(5, 8080), (6, 8081)]))),
                (85, to_one()),
            ],
        )
        .await;
        let hears = |from: &Attachment, port| call(netns(from), port, PATIENCE).unwrap();
        let dropped = |from: &Attachment, port| {
            let refused = call(netns(from), port, REFUSED).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::TimedOut, "{port}");
        };
        for from in [&it.node, two] {
            assert_eq!(hears(from, 80), "one");
        }
        dropped(one, 80);
        for from in [&it.node, one, two] {
            assert_eq!(hears(from, 81), "one", "a range of all");
            dropped(from, 82);
            assert_eq!(hears(from, 85), "one", "without ranges");
        }
        let refused = call(netns(two), 83, PATIENCE).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        dropped(one, 83);
        assert_eq!(callers(two, 84).len(), 1, "kept at one");
        dropped(&it.node, 84);

        // Changes: of who may call alone, of where it leads alone, of whether there are ranges.
        change(&it.network, 80, Some(only(&[of_two], to_one()))).await;
        dropped(&it.node, 80);
        assert_eq!(hears(two, 80), "one");
        let to_two = to(false, &[(6, 8081)]);
        change(&it.network, 80, Some(only(&[of_two], to_two.clone()))).await;
        dropped(&it.node, 80);
        assert_eq!(hears(two, 80), "two");
        change(&it.network, 80, Some(to_two.clone())).await;
        assert_eq!(hears(&it.node, 80), "two");
        change(&it.network, 80, Some(only(&[of_node], to_two))).await;
        dropped(two, 80);
        assert_eq!(hears(&it.node, 80), "two");
        for port in 80..86 {
            change(&it.network, port, None).await;
            assert!(call(netns(two), port, REFUSED).is_err());
        }
        // It comes again with other ranges, and a table that is made anew has them.
        lead(&it.network, NODE, &[(80, only(&[of_two], to_one()))]).await;
        let gone = ServicesUpdate::Gone;
        it.network.services(NODE, gone).await.unwrap();
        lead(&it.network, NODE, &[(80, only(&[of_two], to_one()))]).await;
        dropped(&it.node, 80);
        assert_eq!(hears(two, 80), "one");
    });
}
