//! What fuzzing reaches of this crate.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{
    Lease, dhcp, ipv6,
    kernel::{self, Entry, Listing},
};

pub fn dhcp(frame: &[u8]) {
    let lease = Lease {
        address: Ipv4Addr::new(172, 31, 20, 5),
        prefix: 20,
        gateway: Ipv4Addr::new(172, 31, 16, 1),
        ..Lease::default()
    };
    let answer = dhcp::answer(frame, &lease, [2, 0, 0, 0, 0, 1]);
    // No answer is as an offer is: nothing answers itself.
    if let Some(answer) = answer {
        assert!(dhcp::answer(&answer, &lease, [2, 0, 0, 0, 0, 1]).is_none());
    }
}

pub fn ipv6(frame: &[u8]) {
    let end = ipv6::End {
        hardware: [2, 0, 0, 0, 0, 1],
        mtu: 1450,
    };
    let own = Ipv6Addr::new(0xfd12, 0x3456, 0x789a, 0xbc01, 0, 0, 0, 5);
    let led = || Some(vec![own]);
    let answer = ipv6::answer(frame, end, led);
    if let Some(answer) = answer {
        assert!(answer.len() <= 14 + 1280);
        assert!(ipv6::answer(&answer, end, led).is_none());
    }
}

pub fn kernel(text: &str) {
    let entry = |line: &str| match line.split_once(" -> ") {
        Some((name, target)) => Entry {
            name: name.to_owned(),
            target: Some(target.to_owned()),
        },
        None => Entry {
            name: line.to_owned(),
            target: None,
        },
    };
    let all: Vec<Entry> = text.lines().map(entry).collect();
    let image = Listing {
        top: all.clone(),
        boot: all,
    };
    if let Some(found) = kernel::search(&image) {
        assert!(found.kernel.contains("vmlinuz"));
    }
}
