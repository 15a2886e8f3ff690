//! What a change of services sends to the kernel, and what it leaves alone.

use super::*;

/// As `nft` has it, in the namespace of the VPC.
fn table(host: &Host) -> String {
    let listed = in_vpc(host, "list tables");
    let table = listed.lines().find(|line| line.contains(NODE)).unwrap();
    table.trim_start_matches("table ").to_owned()
}

fn in_vpc(host: &Host, command: &str) -> String {
    let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
    inside(&scope, || run("nft", command))
}

#[test]
fn clients_stay_when_all_is_told_again() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8081, "two"),
        ];
        let (first, second) = ((5, 8080), (6, 8081));
        for (only, name) in [(first, "one"), (second, "two"), (first, "one")] {
            lead(&it.network, NODE, &[(80, to(true, &[only]))]).await;
            for client in [&it.node, one, two] {
                assert_eq!(call(netns(client), 80, PATIENCE).unwrap(), name);
            }
            // Another comes, and so does another service.
            let both = to(true, &[first, second]);
            lead(&it.network, NODE, &[(80, both), (81, Lead::Refused)]).await;
            for client in [&it.node, one, two] {
                assert_eq!(callers(client, 80), BTreeSet::from([name.to_owned()]));
            }
        }
    });
}

#[test]
fn a_table_that_somebody_removed_is_written_again() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8081, "two"),
        ];
        let (first, second) = ((5, 8080), (6, 8081));
        // What is told again is there again, though it is nothing new.
        let led = [(80, to(false, &[first]))];
        lead(&it.network, NODE, &led).await;
        in_vpc(&host, &format!("delete table {}", table(&host)));
        assert!(call(netns(two), 80, REFUSED).is_err());
        lead(&it.network, NODE, &led).await;
        assert_eq!(call(netns(two), 80, PATIENCE).unwrap(), "one");
        // So is all of it when one changes.
        in_vpc(&host, &format!("delete table {}", table(&host)));
        change(&it.network, 81, Some(to(false, &[second]))).await;
        for (port, name) in [(80, "one"), (81, "two")] {
            assert_eq!(call(netns(two), port, PATIENCE).unwrap(), name);
        }
    });
}

#[test]
fn a_port_of_the_node_may_lead_others_elsewhere_than_its_members() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8080, "two"),
        ];
        let at = |caller| FrontEnd {
            caller,
            address: eni_address(4),
            protocol: 6,
            port: 30080,
        };
        let asked = |from: &Attachment| {
            inside(netns(from), || {
                let at = SocketAddr::from((eni_address(4), 30080));
                let mut stream = TcpStream::connect_timeout(&at, PATIENCE).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut text = String::new();
                stream.read_to_string(&mut text).unwrap();
                text
            })
        };
        for sticky in [false, true] {
            for (of_members, of_others, expected) in
                [(5, 6, ["one", "two"]), (6, 5, ["two", "one"])]
            {
                let led = [
                    (at(Caller::Member), Some(to(sticky, &[(of_members, 8080)]))),
                    (at(Caller::Other), Some(to(sticky, &[(of_others, 8080)]))),
                ];
                let all = led.clone().map(|(at, lead)| (at, lead.unwrap()));
                let update = match sticky {
                    false => ServicesUpdate::Snapshot(all.into()),
                    true => ServicesUpdate::Changes(led.into()),
                };
                it.network.services(NODE, update).await.unwrap();
                assert_eq!([asked(two), asked(&it.task)], expected);
            }
        }
    });
}

/// With a chain for each, every change was a walk through all of them. What it takes is printed.
#[test]
fn ten_thousand_services_share_a_few_chains() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let service = |number: u32| FrontEnd {
            caller: Caller::Member,
            address: Ipv4Addr::from(0x0a64_0000 + number),
            protocol: 6,
            port: 80,
        };
        let led = |number: u32, count: u32, sticky: bool| {
            let some = (0..count).map(|it| {
                let address = Ipv4Addr::from(0xac1f_1400 + (number * 3 + it) % 4000);
                SocketAddrV4::new(address, 8080)
            });
            Lead::To {
                endpoints: some.collect(),
                sticky: sticky.then_some(Duration::from_secs(10_800)),
                by_node: false,
            }
        };
        let all = (0..10_000).map(|number| (service(number), led(number, 3, false)));
        let began = Instant::now();
        let update = ServicesUpdate::Snapshot(all.collect());
        it.network.services(NODE, update).await.unwrap();
        println!("ten thousand services at once: {:?}", began.elapsed());
        let plain = Some(led(1, 2, false));
        let update = ServicesUpdate::Changes(BTreeMap::from([(service(1), plain)]));
        it.network.services(NODE, update).await.unwrap();
        let listed = in_vpc(&host, "list chains");
        let own = listed.split(NODE).nth(1).unwrap();
        let own = own.split("table ").next().unwrap();
        let chains = own.matches("chain ").count();
        // Two that the kernel calls, and those that most services need.
        assert_eq!(chains, 2 + 8, "{listed}");
        let listed = in_vpc(&host, &format!("list chain {} to_2", table(&host)));
        assert!(listed.contains("@endpoints"), "{listed}");
        let mut took: Vec<Duration> = Vec::new();
        for number in 0..90 {
            let changed = Some(led(number * 7 + 1, 2 + number % 3, number % 2 == 0));
            let changes = BTreeMap::from([(service(number * 100), changed)]);
            let began = Instant::now();
            let update = ServicesUpdate::Changes(changes);
            it.network.services(NODE, update).await.unwrap();
            took.push(began.elapsed());
        }
        took.sort();
        println!("one changes: median {:?}, worst {:?}", took[45], took[89]);
    });
}
