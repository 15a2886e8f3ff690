use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A host on which some ports are in use by other programs.
#[derive(Default)]
struct Others(BTreeSet<u16>);

impl Holder for Others {
    type Held = ();
    fn hold(&mut self, _: Protocol, port: u16) -> io::Result<()> {
        if self.0.contains(&port) {
            Err(io::ErrorKind::AddrInUse.into())
        } else {
            Ok(())
        }
    }
}

fn mapping(first: u16, last: u16, host: HostPort) -> PortMapping {
    PortMapping {
        container: PortRange { first, last },
        host,
        protocol: Protocol::Tcp,
    }
}

fn dynamic(port: u16) -> PortMapping {
    mapping(port, port, HostPort::Dynamic)
}

fn attach(
    table: &mut PortTable,
    key: &str,
    wanted: &[PortMapping],
) -> Result<Vec<u16>, NetworkError> {
    let (bindings, held) = table.choose(wanted, &mut Others::default())?;
    assert_eq!(
        held.len(),
        bindings
            .iter()
            .map(|b| usize::from(b.host.len()))
            .sum::<usize>()
    );
    table.adopt(key, &bindings);
    Ok(bindings.iter().map(|b| b.host.first).collect())
}

#[test]
fn dynamic_ports_go_round() {
    let mut table = PortTable::new(100..=102);
    assert_eq!(attach(&mut table, "a", &[dynamic(80)]).unwrap(), [100]);
    assert_eq!(attach(&mut table, "b", &[dynamic(80)]).unwrap(), [101]);
    table.release("a");
    assert_eq!(
        attach(&mut table, "c", &[dynamic(80)]).unwrap(),
        [102],
        "the freed port rests"
    );
    assert_eq!(attach(&mut table, "d", &[dynamic(80)]).unwrap(), [100]);
    let full = attach(&mut table, "e", &[dynamic(80)]);
    assert!(matches!(
        full,
        Err(NetworkError::PortsExhausted { count: 1, .. })
    ));
}

#[test]
fn protocols_have_ports_of_their_own() {
    let mut table = PortTable::new(100..=100);
    attach(&mut table, "a", &[dynamic(53)]).unwrap();
    let udp = PortMapping {
        protocol: Protocol::Udp,
        ..dynamic(53)
    };
    assert_eq!(attach(&mut table, "b", &[udp]).unwrap(), [100]);
}

#[test]
fn other_programs_are_passed_over() {
    let table = PortTable::new(100..=105);
    let mut others = Others([100, 103].into());
    let (bindings, _) = table.choose(&[dynamic(80)], &mut others).unwrap();
    assert_eq!(bindings[0].host, PortRange::single(101));
    let range = mapping(8000, 8001, HostPort::Dynamic);
    let (bindings, _) = table.choose(&[range], &mut others).unwrap();
    assert_eq!(
        bindings[0].host,
        PortRange {
            first: 101,
            last: 102
        }
    );
    let range = mapping(8000, 8002, HostPort::Dynamic);
    assert!(
        table.choose(&[range], &mut others).is_err(),
        "no three in a row"
    );
}

#[test]
fn a_fixed_port_is_given_or_refused() {
    let mut table = PortTable::new(100..=105);
    let fixed = |port| mapping(80, 80, HostPort::Fixed(port));
    assert_eq!(attach(&mut table, "a", &[fixed(8080)]).unwrap(), [8080]);
    match attach(&mut table, "b", &[fixed(8080)]) {
        Err(NetworkError::PortInUse { port: 8080, by, .. }) => assert_eq!(by, "`a`"),
        other => panic!("{other:?}"),
    }
    let mut others = Others([9000].into());
    let refused = table.choose(&[fixed(9000)], &mut others);
    assert!(matches!(
        refused,
        Err(NetworkError::PortInUse { port: 9000, .. })
    ));
    let twice = attach(&mut table, "c", &[fixed(7000), fixed(7000)]);
    assert!(matches!(
        twice,
        Err(NetworkError::PortInUse { port: 7000, .. })
    ));
    table.release("a");
    assert!(attach(&mut table, "b", &[fixed(8080)]).is_ok());
}

#[test]
fn a_tasks_own_fixed_ports_come_first() {
    let mut table = PortTable::new(100..=105);
    let wanted = [dynamic(80), mapping(81, 81, HostPort::Fixed(100))];
    assert_eq!(
        attach(&mut table, "a", &wanted).unwrap(),
        [101, 100],
        "in the mappings' order"
    );
}

#[test]
fn contradictions_are_refused() {
    let table = PortTable::new(100..=105);
    for bad in [
        mapping(0, 0, HostPort::Dynamic),
        mapping(9, 8, HostPort::Dynamic),
        mapping(80, 80, HostPort::Fixed(0)),
        mapping(80, 81, HostPort::Fixed(65535)),
        mapping(1, 65535, HostPort::Dynamic),
    ] {
        let refused = table.choose(&[bad], &mut Others::default());
        assert!(matches!(refused, Err(NetworkError::BadMode(_))), "{bad:?}");
    }
}

#[test]
fn the_top_of_the_range_is_reached() {
    let mut table = PortTable::new(65534..=65535);
    assert_eq!(attach(&mut table, "a", &[dynamic(1)]).unwrap(), [65534]);
    assert_eq!(attach(&mut table, "b", &[dynamic(1)]).unwrap(), [65535]);
    let mut others = Others([65535].into());
    table.release("a");
    table.release("b");
    table.next = 65535;
    let (bindings, _) = table.choose(&[dynamic(1)], &mut others).unwrap();
    assert_eq!(bindings[0].host.first, 65534);
    assert!(
        table
            .choose(&[mapping(1, 3, HostPort::Dynamic)], &mut others)
            .is_err()
    );
}

proptest! {
    /// Whatever comes and goes: no port has two owners, none of another program is given, and a
    /// refusal changes nothing.
    #[test]
    fn no_port_is_given_twice(
        steps in prop::collection::vec((0..6_u8, 1..4_u16, prop::option::of(98..112_u16)), 1..60),
        others in prop::collection::btree_set(100..110_u16, 0..4),
    ) {
        let mut table = PortTable::new(100..=109);
        let mut live: BTreeMap<String, Vec<Binding>> = BTreeMap::new();
        for (key, len, fixed) in steps {
            let key = key.to_string();
            if live.remove(&key).is_some() {
                table.release(&key);
                continue;
            }
            let host = fixed.map_or(HostPort::Dynamic, HostPort::Fixed);
            let wanted = [mapping(8000, 7999 + len, host)];
            if let Ok((bindings, _)) = table.choose(&wanted, &mut Others(others.clone())) {
                table.adopt(&key, &bindings);
                live.insert(key, bindings);
            }
            let given: Vec<u16> =
                live.values().flatten().flat_map(|binding| binding.host.iter()).collect();
            let distinct: BTreeSet<u16> = given.iter().copied().collect();
            prop_assert_eq!(distinct.len(), given.len());
            prop_assert!(distinct.is_disjoint(&others));
            prop_assert_eq!(table.used.len(), given.len());
        }
    }
}
