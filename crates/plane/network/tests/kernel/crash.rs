//! kill -9 at any moment: the next start finds its way, and in the end nothing is left.

use super::control::{self, *};
use super::support::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::process::{Command, Stdio};
use std::time::Duration;
use wharf_network::*;

const DIR: &str = "WHARF_NETWORK_VICTIM_DIR";
const SEED: u64 = 20_261_120;
const ROUNDS: usize = 25;

/// The process that is killed: attaches and detaches without end.
#[test]
#[ignore = "started by `killed_at_any_moment` as a process of its own"]
fn victim() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    runtime().block_on(async {
        let (network, _endpoints) = Network::start(config(dir.as_ref(), "ab12")).await.unwrap();
        let own = HostIdentity {
            instance_id: "i-1".to_owned(),
            underlay: Some(EXTERNAL.into()),
        };
        network.set_host(own).await.unwrap();
        let there = [
            control::host("i-2", Some(NEIGHBOUR.into())),
            vpc("vpc-a", 100),
        ];
        network
            .apply(NetworkUpdate::Snapshot(there.into()))
            .await
            .unwrap();
        println!("started");
        for round in 0_u8.. {
            // Here, there, with one group or the other.
            let group_id = ["sg-1", "sg-2"][usize::from(round / 2 % 2)];
            let of = interface("vpc-a", 2 + round % 5, &[group_id]);
            let rules = vec![tcp(u16::from(round), "@sg-2"), all("@sg-1")];
            let of = on_host(["i-1", "i-2"][usize::from(round / 5 % 2)], of);
            say(&network, [of, group(group_id, rules)]).await;

            let key = format!("t{}", round % 4);
            network.detach(&key).await.unwrap();
            let mode = if round % 2 == 0 {
                web()
            } else {
                eni("vpc-a", 2 + round % 4)
            };
            network.attach(&key, mode).await.unwrap();
        }
    });
}

#[test]
fn killed_at_any_moment() {
    on_a_host(|host| async move {
        let before = lists();
        let (network, endpoints) = host.start("ab12").await;
        let stays = network.attach("stays", web()).await.unwrap();
        let _server = Server::start(stays.netns.as_deref(), 80);
        network.close().await.unwrap();
        drop(endpoints);
        let mut random = StdRng::seed_from_u64(SEED);
        for round in 0..ROUNDS {
            let delay = Duration::from_micros(random.random_range(0..60_000));
            kill_after(&host, delay);
            let (network, _endpoints) = host.start("ab12").await;
            let context = format!("round {round}, killed after {delay:?}");
            let to = (EXTERNAL, stays.bindings[0].host.first);
            let seen = ask_from(Some(&host.neighbour), to, PATIENCE);
            assert_eq!(seen.expect(&context), NEIGHBOUR, "{context}");
            for found in network.recover().await.unwrap() {
                assert_ne!(found.health, Health::Lost, "{context}");
                if found.key != "stays" {
                    network.detach(&found.key).await.expect(&context);
                }
            }
            let fresh = network
                .attach("fresh", eni("vpc-a", 5))
                .await
                .expect(&context);
            assert!(fresh.host_reachable, "{context}");
            network.detach("fresh").await.expect(&context);
            network.close().await.unwrap();
        }
        Network::teardown(&host.config("ab12")).await.unwrap();
        assert_same_lists(&before, &lists());
    });
}

fn kill_after(host: &Host, delay: Duration) {
    use std::io::{BufRead, BufReader};
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--ignored", "--nocapture"])
        .env(DIR, host.dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let started = lines
        .map_while(Result::ok)
        .any(|line| line.contains("started"));
    assert!(started, "the victim did not start");
    // Not waiting for anything: the moment of the blow is what is varied.
    std::thread::sleep(delay);
    victim.kill().unwrap();
    victim.wait().unwrap();
}
