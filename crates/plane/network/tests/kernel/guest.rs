//! Interfaces that are handed to the guests of virtual machines: this test plays the guest.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::control::*;
use super::support::*;
use wharf_network::*;

/// Before each frame: what is left to be computed of it, here nothing.
pub const HEAD: usize = 10;
/// Between two questions.
pub const AGAIN: Duration = Duration::from_millis(300);
const ARP: [u8; 2] = [8, 6];
const IPV4: [u8; 2] = [8, 0];

pub struct Guest {
    pub tap: File,
    pub mac: [u8; 6],
}

impl Guest {
    pub fn of(task: &Attachment) -> Self {
        let tap = inside(netns(task), || open_tap(Path::new(TUN)).unwrap());
        Self {
            tap: tap.into(),
            mac: task.mac.unwrap().octets(),
        }
    }

    /// The next frame of a kind that is sent to it.
    fn hears(&mut self, kind: [u8; 2]) -> Vec<u8> {
        self.hears_within(kind, PATIENCE).expect("no frame came")
    }

    pub fn hears_within(&mut self, kind: [u8; 2], patience: Duration) -> Option<Vec<u8>> {
        let deadline = Instant::now() + patience;
        let mut buffer = [0; 2048];
        loop {
            match self.tap.read(&mut buffer) {
                Ok(length) if length > HEAD + 14 => {
                    let frame = &buffer[HEAD..length];
                    if frame[..6] == self.mac && frame[12..14] == kind {
                        return Some(frame.to_vec());
                    }
                }
                Ok(_) => {}
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(e) => panic!("{e}"),
            }
            if Instant::now() >= deadline {
                return None;
            }
        }
    }

    /// Asks for another as one that it may not be.
    fn says_that_it_is(&mut self, own: [u8; 4], other: [u8; 4]) {
        let mut frame = vec![0; HEAD];
        frame.extend_from_slice(&[0xff; 6]);
        frame.extend_from_slice(&self.mac);
        frame.extend_from_slice(&ARP);
        frame.extend_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend_from_slice(&self.mac);
        frame.extend_from_slice(&own);
        frame.extend_from_slice(&[0; 6]);
        frame.extend_from_slice(&other);
        self.tap.write_all(&frame).unwrap();
    }

    /// Asks for the hardware address of another, as guests do, again and again: what the kernel sends before it has noticed that
    /// somebody has its end open is lost. The answer.
    fn asks_for(&mut self, own: [u8; 4], other: [u8; 4]) -> [u8; 6] {
        let deadline = Instant::now() + PATIENCE;
        let answer = loop {
            self.says_that_it_is(own, other);
            if let Some(answer) = self.hears_within(ARP, AGAIN) {
                break answer;
            }
            assert!(Instant::now() < deadline, "nobody answers");
        };
        assert_eq!(
            (&answer[20..22], &answer[28..32]),
            (&[0, 2][..], &other[..])
        );
        answer[22..28].try_into().unwrap()
    }
}

#[test]
fn a_guest_has_the_address_and_its_namespace_has_none() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni("vpc-a", 6)).await.unwrap();
        open_up(&network, "vpc-a", &[5, 6]).await;
        network.hand_to_guest("one").await.unwrap();
        let mut guest = Guest::of(&one);
        let addresses = inside(netns(&one), || ip("-o -4 addr show eth0"));
        assert!(!addresses.contains("172.31.20.5"), "{addresses}");

        shout(two.netns.as_deref(), (eni_address(5), 80), "for the guest");
        let heard = guest.hears(IPV4);
        assert!(heard.ends_with(b"for the guest"));
        assert_eq!(heard[30..34], eni_address(5).octets());

        // All are behind its namespace.
        let own = eni_address(5).octets();
        let gateway = guest.asks_for(own, [172, 31, 16, 1]);
        assert_eq!(guest.asks_for(own, eni_address(6).octets()), gateway);

        // Once more, and by a later run, while somebody is at the other end.
        network.hand_to_guest("one").await.unwrap();
        network.close().await.unwrap();
        drop((network, endpoints));
        let (network, endpoints) = host.start("ab12").await;
        shout(two.netns.as_deref(), (eni_address(5), 80), "again");
        assert!(guest.hears(IPV4).ends_with(b"again"));

        // Its link is made anew as what it was.
        inside(netns(&one), || ip("link del eth0"));
        network.close().await.unwrap();
        drop((network, endpoints));
        let (network, _endpoints) = host.start("ab12").await;
        open_up(&network, "vpc-a", &[5, 6]).await;
        shout(two.netns.as_deref(), (eni_address(5), 80), "mended");
        assert!(guest.hears(IPV4).ends_with(b"mended"));
        network.detach("one").await.unwrap();
        network.close().await.unwrap();
    });
}

#[test]
fn a_guest_is_nobody_else_also_where_its_host_is_lenient() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        open_up(&network, "vpc-a", &[5]).await;
        inside(netns(&one), || {
            for (name, value) in [("arp_accept", "1"), ("rp_filter", "2")] {
                let path = format!("/proc/sys/net/ipv4/conf/all/{name}");
                std::fs::write(path, value).unwrap();
            }
        });
        network.hand_to_guest("one").await.unwrap();
        let mut guest = Guest::of(&one);
        for made_up in 1..=9 {
            let address = [192, 0, 2, made_up];
            guest.says_that_it_is(address, address);
            guest.says_that_it_is(address, [172, 31, 16, 1]);
        }
        // That is answered, so the others were looked at.
        guest.asks_for(eni_address(5).octets(), [172, 31, 16, 1]);
        let known = inside(netns(&one), || ip("-4 neigh show dev tap0"));
        assert!(
            known.contains("172.31.20.5") && !known.contains("192.0.2."),
            "{known}"
        );
        network.detach("one").await.unwrap();
        network.close().await.unwrap();
    });
}
