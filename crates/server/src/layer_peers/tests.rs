use wharf_planeproto::{layers::Request, snapshot::hex_of};

use super::*;

const LAYER: Sum = [9; 32];

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(0) + Duration::from_secs(seconds)
}

fn from(zone: &str) -> Announcer {
    of_account("000000000000", zone)
}

fn of_account(account: &str, zone: &str) -> Announcer {
    Announcer {
        place: Arc::new(Place {
            account: account.to_owned(),
            zone: zone.to_owned(),
        }),
        address: Some([10, 0, 0, 1].into()),
    }
}

fn said(number: u8, held: Option<&[Sum]>) -> Announcement {
    Announcement {
        instance: format!("i-{number}"),
        port: 4000,
        certificate: hex_of(&[number; 32]),
        key: hex_of(&[100 + number; 32]),
        held: held.map(|held| held.iter().map(hex_of).collect()),
        session: None,
    }
}

fn join(known: &mut Known, number: u8, zone: &str, held: &[Sum]) -> String {
    let announced = known.announce(from(zone), &said(number, Some(held)), at(0));
    announced.unwrap().session.unwrap()
}

#[test]
fn peers_are_of_the_same_zone_and_account() {
    let mut known = Known::default();
    let asks = join(&mut known, 1, "a", &[LAYER]);
    assert_eq!(
        known.peers(&asks, &LAYER, at(0)),
        [],
        "it is no peer of its own"
    );
    join(&mut known, 2, "b", &[LAYER]);
    let other = of_account("111111111111", "a");
    known
        .announce(other, &said(3, Some(&[LAYER])), at(0))
        .unwrap();
    assert_eq!(known.peers(&asks, &LAYER, at(0)), []);
    join(&mut known, 4, "a", &[[8; 32]]);
    assert_eq!(known.peers(&asks, &LAYER, at(0)), []);
    join(&mut known, 5, "a", &[[8; 32], LAYER]);
    let peers = known.peers(&asks, &LAYER, at(0));
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0].certificate, [5; 32]);
    // Its ticket is for the node that asks, for this layer.
    let request = Request {
        layer: LAYER,
        until: peers[0].until,
        ticket: peers[0].ticket,
    };
    assert!(request.is_allowed(&[1; 32], &[105; 32], at(1)));
    assert!(!request.is_allowed(&[4; 32], &[105; 32], at(1)));
    assert_eq!(known.peers("nobody", &LAYER, at(0)), []);
    assert_eq!(
        known.peers(&asks, &LAYER, at(60)),
        [],
        "nobody was heard of since"
    );
}

#[test]
fn peers_take_turns_and_no_two_tickets_are_alike() {
    let mut known = Known::default();
    let asks = join(&mut known, 0, "a", &[]);
    for number in 1..=5 {
        join(&mut known, number, "a", &[LAYER]);
    }
    let rounds: Vec<Vec<Peer>> = (0..5).map(|_| known.peers(&asks, &LAYER, at(0))).collect();
    assert!(rounds.iter().all(|peers| peers.len() == MOST_PEERS));
    let first: BTreeSet<Sum> = rounds.iter().map(|peers| peers[0].certificate).collect();
    assert_eq!(first.len(), 5);
    // The one that asks has its turn, too, where it has the layer, but is not named.
    let own = join(&mut known, 6, "a", &[LAYER]);
    for _ in 0..12 {
        let peers = known.peers(&own, &LAYER, at(0));
        assert_eq!(peers.len(), MOST_PEERS);
        assert!(peers.iter().all(|peer| peer.certificate != [6; 32]));
    }
    let tickets: BTreeSet<Sum> = rounds.iter().flatten().map(|peer| peer.ticket).collect();
    assert_eq!(tickets.len(), 5 * MOST_PEERS);
}

#[test]
fn two_fetch_and_the_others_wait_for_them() {
    let mut known = Known::default();
    let sessions: Vec<String> = (0..4).map(|it| join(&mut known, it, "a", &[])).collect();
    let elsewhere = join(&mut known, 9, "b", &[]);
    let mut turn = |session: &str, seconds| known.is_its_turn(session, &LAYER, at(seconds));
    assert!(turn(&sessions[0], 0) && turn(&sessions[1], 0));
    assert!(turn(&sessions[0], 1), "it is one of the two");
    assert!(!turn(&sessions[2], 1) && !turn(&sessions[3], 1));
    assert!(turn(&elsewhere, 1), "nobody fetches it there");
    assert!(turn("nobody", 1));
    // One of them has it now: the others have it from there.
    let has = Announcement {
        session: Some(sessions[0].clone()),
        ..said(0, Some(&[LAYER]))
    };
    known.announce(from("a"), &has, at(2)).unwrap();
    assert!(known.is_its_turn(&sessions[2], &LAYER, at(3)));
    assert_eq!(known.peers(&sessions[2], &LAYER, at(3)).len(), 1);
    // Those who never come to an end are waited for no longer.
    let layer = [1; 32];
    for session in &sessions[..2] {
        assert!(known.is_its_turn(session, &layer, at(10)));
    }
    assert!(!known.is_its_turn(&sessions[2], &layer, at(20)));
    for number in 0..4 {
        let alive = Announcement {
            session: Some(sessions[usize::from(number)].clone()),
            ..said(number, None)
        };
        known.announce(from("a"), &alive, at(40)).unwrap();
    }
    assert!(known.is_its_turn(&sessions[2], &layer, at(80)));
}

/// How long the nodes of one place take to ask and to announce themselves, beside so many others.
fn work_beside(others: usize) -> Duration {
    let mut known = Known::default();
    let announced = |known: &mut Known, number: usize, zone: &str, held: &[Sum]| {
        let said = Announcement {
            instance: format!("i-{number}"),
            ..said(1, Some(held))
        };
        let announced = known.announce(from(zone), &said, at(0));
        announced.unwrap().session.unwrap()
    };
    for number in 0..others {
        announced(&mut known, number, ["a", "b"][number % 2], &[LAYER]);
    }
    let asks = announced(&mut known, MOST_NODES, "a", &[]);
    let fresh = |number: u64| {
        let mut layer = [0; 32];
        layer[..8].copy_from_slice(&number.to_be_bytes());
        layer
    };
    for number in 0..others.min(MOST_COMING) as u64 {
        known.is_its_turn(&asks, &fresh(number), at(0));
    }
    let alive = Announcement {
        instance: format!("i-{MOST_NODES}"),
        session: Some(asks.clone()),
        ..said(1, None)
    };
    let round = |known: &mut Known, number| {
        let since = std::time::Instant::now();
        for _ in 0..100 {
            known.announce(from("a"), &alive, at(1)).unwrap();
            assert_eq!(known.peers(&asks, &LAYER, at(1)).len(), MOST_PEERS);
            assert!(known.is_its_turn(&asks, &fresh(number), at(1)));
        }
        since.elapsed()
    };
    let rounds = (0..5).map(|it| round(&mut known, u64::MAX - it));
    rounds.min().unwrap()
}

#[test]
fn work_does_not_grow_with_the_nodes() {
    let (few, many) = (work_beside(10), work_beside(MOST_NODES - 1));
    assert!(many < few * 10, "{many:?} for many, {few:?} for few");
}

#[test]
fn a_session_goes_on_until_something_else_is_said() {
    let mut known = Known::default();
    let session = join(&mut known, 1, "a", &[LAYER]);
    let again = |held: Option<&[Sum]>| Announcement {
        session: Some(session.clone()),
        ..said(1, held)
    };
    let mut announce = |said: &Announcement, now| {
        let announced = known.announce(from("a"), said, now).unwrap();
        let held = known.holders.contains_key(&(from("a").place, LAYER));
        (announced.session, held)
    };
    assert_eq!(
        announce(&again(None), at(40)),
        (Some(session.clone()), true)
    );
    assert_eq!(
        announce(&again(None), at(80)),
        (Some(session.clone()), true)
    );
    assert_eq!(
        announce(&again(Some(&[])), at(81)),
        (Some(session.clone()), false)
    );
    assert_eq!(
        announce(&again(Some(&[LAYER])), at(82)),
        (Some(session.clone()), true)
    );
    // It began anew, was silent for too long, or is unknown: it has to say all of it.
    let anew = Announcement {
        certificate: hex_of(&[7; 32]),
        ..again(None)
    };
    assert_eq!(announce(&anew, at(83)), (None, false));
    let (fresh, _) = announce(&said(1, Some(&[LAYER])), at(84));
    assert!(fresh.is_some() && fresh.as_ref() != Some(&session));
    assert_eq!(announce(&again(None), at(85)), (None, false));
    announce(&said(1, Some(&[LAYER])), at(86));
    assert_eq!(announce(&said(1, None), at(200)), (None, false));
    assert!(known.nodes.is_empty() && known.sessions.is_empty());
    assert!(known.by_seen.is_empty() && known.holders.is_empty());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut known = Known::default();
    let good = said(1, Some(&[LAYER]));
    for bad in [
        Announcement {
            port: 0,
            ..good.clone()
        },
        Announcement {
            key: "0".to_owned(),
            ..good.clone()
        },
        Announcement {
            certificate: String::new(),
            ..good.clone()
        },
        Announcement {
            held: Some(vec!["x".to_owned()]),
            ..good.clone()
        },
        Announcement {
            held: Some(vec![hex_of(&LAYER); MOST_HELD + 1]),
            ..good.clone()
        },
    ] {
        assert!(known.announce(from("a"), &bad, at(0)).is_err(), "{bad:?}");
    }
    let nowhere = Announcer {
        address: None,
        ..from("a")
    };
    assert_eq!(
        known.announce(nowhere, &good, at(0)),
        Ok(Announced { session: None })
    );
    assert!(known.nodes.is_empty());
}
