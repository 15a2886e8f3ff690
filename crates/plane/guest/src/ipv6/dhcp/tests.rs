//! Messages of clients, and what comes of them.

use proptest::prelude::*;

use super::{
    super::frame::tests::{END, GUEST, guests, opened},
    *,
};

/// As systemd names itself: by a number of its own making.
const CLIENT: [u8; 14] = [0, 2, 0, 0, 0xab, 0x11, 1, 2, 3, 4, 5, 6, 7, 8];
const ID: [u8; 4] = [0, 0, 0x5e, 7];

fn at(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd12, 0x3456, 0x789a, 0xbc01, 0, 0, 0, last)
}

fn with(code: u16, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, code, value);
    out
}

/// An association of the guest's, with addresses in it.
fn own(addresses: &[Ipv6Addr]) -> Vec<u8> {
    let mut value = [&ID[..], &[0; 8]].concat();
    for address in addresses {
        let address = [&address.octets()[..], &[0; 8]].concat();
        put(&mut value, option::ADDRESS, &address);
    }
    with(option::ASSOCIATION, &value)
}

/// The frame of a message with those options.
fn message(kind: u8, options: &[u8]) -> Vec<u8> {
    let message = [&[kind, 9, 8, 7][..], options].concat();
    let head = [0x02, 0x22, 0x02, 0x23, 0, 0, 0xde, 0xad];
    guests("fe80::5", (UDP, 64), &[&head[..], &message].concat())
}

fn answered(frame: &[u8], addresses: &[Ipv6Addr]) -> Option<Vec<u8>> {
    answer(&Heard::read(frame)?, END, || Some(addresses.to_vec()))
}

#[derive(Debug, PartialEq, Eq)]
struct Said {
    kind: u8,
    /// The codes of its options, in their order.
    codes: Vec<u16>,
    /// Addresses of the first association, with the seconds that they may be used.
    addresses: Vec<(Ipv6Addr, u32)>,
    status: Option<u16>,
}

/// What a message of the guest's is answered by.
fn said(kind: u8, options_of: &[&[u8]], addresses: &[Ipv6Addr]) -> Option<Said> {
    let answer = answered(&message(kind, &options_of.concat()), addresses)?;
    assert_eq!(answer[..6], GUEST);
    let (to, payload) = opened(&answer, UDP);
    assert_eq!(to.to_string(), "fe80::5");
    assert_eq!(payload[..4], [0x02, 0x23, 0x02, 0x22]);
    assert_eq!(
        usize::from(payload[4]) << 8 | usize::from(payload[5]),
        payload.len()
    );
    assert_eq!(payload[9..12], [9, 8, 7]);
    let all = options(&payload[12..]).unwrap();
    let find = |code: u16| all.iter().find(|it| it.0 == code).map(|it| it.1);
    assert_eq!(find(option::SERVER), Some(&name(END)[..]));
    let association = find(option::ASSOCIATION).map(|it| {
        assert_eq!(it[..4], ID);
        options(&it[12..]).unwrap()
    });
    let addresses = association
        .unwrap_or_default()
        .into_iter()
        .map(|(code, it)| {
            assert_eq!((code, &it[16..20]), (option::ADDRESS, &it[20..24]));
            let address: [u8; 16] = it[..16].try_into().unwrap();
            let seconds: [u8; 4] = it[20..24].try_into().unwrap();
            (Ipv6Addr::from(address), u32::from_be_bytes(seconds))
        });
    let status = find(option::STATUS).map(|it| u16::from_be_bytes([it[0], it[1]]));
    Some(Said {
        kind: payload[8],
        codes: all.iter().map(|it| it.0).collect(),
        addresses: addresses.collect(),
        status,
    })
}

fn client() -> Vec<u8> {
    with(option::CLIENT, &CLIENT)
}

fn server() -> Vec<u8> {
    with(option::SERVER, &name(END))
}

#[test]
fn a_guest_gets_its_addresses() {
    let led = [at(5), at(6)];
    let leased = vec![(at(5), LEASED), (at(6), LEASED)];
    // Its wishes, and that it has waited for nothing yet.
    let wishes = [with(6, &[0, 23, 0, 24]), with(8, &[0, 0])].concat();
    let offer = said(1, &[&client(), &own(&[]), &wishes], &led).unwrap();
    assert_eq!((offer.kind, &offer.addresses), (2, &leased));
    assert_eq!(offer.codes, [1, 2, 7, 3]);
    let reply = said(3, &[&client(), &server(), &own(&led)], &led).unwrap();
    assert_eq!((reply.kind, &reply.addresses), (7, &leased));
    assert_eq!(reply.codes, [1, 2, 3]);
    // One was taken away meanwhile, another came.
    let led = [at(6), at(7)];
    let now = vec![(at(6), LEASED), (at(7), LEASED), (at(5), 0)];
    let held = own(&[at(5), at(6)]);
    assert_eq!(
        said(5, &[&client(), &server(), &held], &led)
            .unwrap()
            .addresses,
        now
    );
    assert_eq!(said(6, &[&client(), &held], &led).unwrap().addresses, now);
}

#[test]
fn who_holds_the_last_address_hears_that_it_is_gone() {
    let (names, held) = ([client(), server()].concat(), own(&[at(5)]));
    let reply = said(5, &[&names, &held], &[]).unwrap();
    assert_eq!(reply.addresses, [(at(5), 0)]);
    for (kind, association) in [(5, &own(&[])), (3, &held)] {
        assert_eq!(said(kind, &[&names, association], &[]), None, "{kind}");
    }
    // Where it is not known which ones it has, none is taken away.
    let frame = message(5, &[names, held].concat());
    assert!(answer(&Heard::read(&frame).unwrap(), END, || None).is_none());
}

#[test]
fn what_a_guest_takes_for_its_own_is_confirmed_or_not() {
    let check = |held: &[Ipv6Addr], status: Option<u16>| {
        let said = said(4, &[&client(), &own(held)], &[at(5)]);
        assert_eq!(said.and_then(|it| it.status), status, "{held:?}");
    };
    check(&[at(5)], Some(SUCCESS));
    check(&[at(5), at(6)], Some(NOT_ON_LINK));
    check(&[], None);
    for kind in [8, 9] {
        let reply = said(kind, &[&client(), &server(), &own(&[at(5)])], &[at(5)]).unwrap();
        assert_eq!((reply.kind, reply.status), (7, Some(SUCCESS)));
    }
    let reply = said(11, &[&client()], &[at(5)]).unwrap();
    assert_eq!((reply.kind, reply.codes), (7, vec![1, 2]));
    assert!(
        said(11, &[], &[at(5)]).is_some(),
        "it need not say who it is"
    );
}

#[test]
fn what_is_for_others_is_left_to_them() {
    let (led, client, server, own) = ([at(5)], client(), server(), own(&[]));
    let other = with(option::SERVER, &[0, 3, 0, 1, 9, 9, 9, 9, 9, 9]);
    let range = with(25, &[0; 12]);
    let nameless = with(option::CLIENT, &[]);
    let long = with(option::CLIENT, &[7; MOST_NAME + 1]);
    let nothing = said(1, &[&client, &own], &[]);
    assert_eq!(nothing, None, "it has none");
    for (kind, options) in [
        (1, vec![&own]),
        (1, vec![&client, &server, &own]),
        (3, vec![&client, &own]),
        (3, vec![&client, &other, &own]),
        (4, vec![&client, &server, &own]),
        (5, vec![&client, &other, &own]),
        (6, vec![&client, &server, &own]),
        (8, vec![&client, &other, &own]),
        (11, vec![&client, &own]),
        // It asks for a range.
        (1, vec![&client, &range]),
        // Of servers and of relays, or of nobody.
        (2, vec![&client, &own]),
        (7, vec![&client, &own]),
        (12, vec![&client, &own]),
        (0, vec![&client, &own]),
        // A name that is none.
        (1, vec![&nameless, &own]),
        (1, vec![&long, &own]),
    ] {
        let options: Vec<&[u8]> = options.into_iter().map(Vec::as_slice).collect();
        assert_eq!(said(kind, &options, &led), None, "{kind} {options:?}");
    }
    let mut frame = message(1, &[client, own].concat());
    assert!(answered(&frame, &led).is_some());
    // To another port, or from farther than the link.
    frame[57] = 0x24;
    assert!(answered(&frame, &led).is_none());
    frame[57] = 0x23;
    frame[22..24].copy_from_slice(&[0xfd, 0x12]);
    assert!(answered(&frame, &led).is_none());
}

#[test]
fn the_most_that_is_told_fits_a_packet() {
    let led: Vec<Ipv6Addr> = (0..64).map(at).collect();
    let held: Vec<Ipv6Addr> = (100..140).map(at).collect();
    let name = with(option::CLIENT, &[7; MOST_NAME]);
    let associations = [own(&held), own(&held).repeat(9)].concat();
    // `opened` looks at how long it is.
    let reply = said(6, &[&name, &associations], &led).unwrap();
    assert_eq!(reply.addresses.len(), MOST_TOLD + MOST_GONE);
    assert_eq!(reply.codes, [1, 2, 3, 3, 3, 3]);
}

#[test]
fn what_is_cut_off_or_too_much_is_not_answered() {
    let whole = [client(), own(&[at(5)])].concat();
    for length in 0..whole.len() {
        let answer = answered(&message(6, &whole[..length]), &[at(5)]);
        assert!(answer.is_none(), "{length}");
    }
    let mut long = client();
    long.extend_from_slice(&[0, 3, 0xff, 0xff, 1]);
    assert!(answered(&message(6, &long), &[at(5)]).is_none());
    // An address that is cut off, within an association that is not.
    let mut value = [&ID[..], &[0; 8]].concat();
    put(&mut value, option::ADDRESS, &[0; 15]);
    let cut = with(option::ASSOCIATION, &value);
    assert!(answered(&message(6, &[client(), cut].concat()), &[at(5)]).is_none());
    let filled = |count: usize| {
        let options = [client(), own(&[]), with(6, &[]).repeat(count)].concat();
        answered(&message(1, &options), &[at(5)]).is_some()
    };
    assert!(filled(MOST_OPTIONS - 2) && !filled(MOST_OPTIONS - 1));
    let frame = message(6, &whole);
    for length in 0..frame.len() {
        assert!(answered(&frame[..length], &[at(5)]).is_none(), "{length}");
    }
}

proptest! {
    #[test]
    fn any_message_is_read(kind in 0..14_u8, options in prop::collection::vec(any::<u8>(), 0..300)) {
        let frame = message(kind, &options);
        if let Some(answer) = answered(&frame, &[at(5)]) {
            opened(&answer, UDP);
        }
    }

    #[test]
    fn any_association_is_read(kind in 0..14_u8, value in prop::collection::vec(any::<u8>(), 0..300)) {
        let options = [client(), server(), with(option::ASSOCIATION, &value)].concat();
        if let Some(answer) = answered(&message(kind, &options), &[at(5)]) {
            opened(&answer, UDP);
        }
    }
}
