//! IPv6 addresses of interfaces that are handed to the guests of virtual machines.

use std::io::Write;
use std::net::{Ipv6Addr, UdpSocket};
use std::time::Instant;

use super::control::*;
use super::guest::{AGAIN, Guest, HEAD};
use super::ipv6::*;
use super::support::*;
use wharf_network::*;
use wharf_planeproto::Resource;
use wharf_planeproto::network::Interface;

const IPV6: [u8; 2] = [0x86, 0xdd];
const UDP: u8 = 17;
const ICMP: u8 = 58;
/// Where others hear the guest.
const PORT: u16 = 90;

/// Sends a text to the guest, again and again: what the kernel sends before it has noticed that somebody has the other end is lost.
fn reaches(guest: &mut Guest, from: &Attachment, to: Ipv6Addr, text: &str) -> Vec<u8> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        shout6(from, to, text);
        if let Some(frame) = guest.hears_within(IPV6, AGAIN)
            && frame.ends_with(text.as_bytes())
        {
            return frame;
        }
        assert!(Instant::now() < deadline, "{text} is not heard");
    }
}

fn shout6(from: &Attachment, to: Ipv6Addr, text: &str) {
    inside(netns(from), || {
        let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
        let _ = socket.send_to(text.as_bytes(), (to, 80));
    });
}

/// The hardware address of the namespace's end of the tap.
fn router(of: &Attachment) -> [u8; 6] {
    let link = inside(netns(of), || ip("-o link show dev tap0"));
    let (_, rest) = link.split_once("link/ether ").unwrap();
    let text = rest.split_whitespace().next().unwrap();
    text.parse::<MacAddress>().unwrap().octets()
}

impl Guest {
    /// Sends a packet whose sum is left to be computed by nobody.
    fn sends(
        &mut self,
        hardware: [u8; 6],
        ends: (Ipv6Addr, Ipv6Addr),
        (protocol, hops): (u8, u8),
        payload: &[u8],
    ) {
        let (from, to) = ends;
        let length = u16::try_from(payload.len()).unwrap();
        let mut frame = vec![0; HEAD];
        frame.extend_from_slice(&hardware);
        frame.extend_from_slice(&self.mac);
        frame.extend_from_slice(&IPV6);
        frame.extend_from_slice(&[0x60, 0, 0, 0]);
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&[protocol, hops]);
        frame.extend_from_slice(&from.octets());
        frame.extend_from_slice(&to.octets());
        frame.extend_from_slice(payload);
        let sum_at = HEAD + 54 + if protocol == UDP { 6 } else { 2 };
        let mut summed = vec![0, protocol];
        summed.extend_from_slice(&length.to_be_bytes());
        summed.extend_from_slice(&frame[HEAD + 22..]);
        frame[sum_at..sum_at + 2].copy_from_slice(&sum(&summed).to_be_bytes());
        self.tap.write_all(&frame).unwrap();
    }

    fn shouts(&mut self, router: [u8; 6], ends: (Ipv6Addr, Ipv6Addr), text: &str) {
        let length = u16::try_from(8 + text.len()).unwrap();
        let mut payload = [80_u16, PORT, length, 0].map(u16::to_be_bytes).concat();
        payload.extend_from_slice(text.as_bytes());
        self.sends(router, ends, (UDP, 64), &payload);
    }
}

fn sum(bytes: &[u8]) -> u16 {
    let mut sum = 0;
    for word in bytes.chunks(2) {
        let low = word.get(1).copied().unwrap_or_default();
        sum += u32::from(u16::from_be_bytes([word[0], low]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

fn hearing(task: &Attachment) -> UdpSocket {
    let bind = || UdpSocket::bind((Ipv6Addr::UNSPECIFIED, PORT)).unwrap();
    let socket = inside(netns(task), bind);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn led(task: &Attachment) -> Vec<Ipv6Addr> {
    inside(netns(task), || led_to_guest().unwrap())
}

/// Both may call each other and be called.
fn open() -> [Resource; 3] {
    [
        said("vpc-a", 5, &["sg-open"]),
        said("vpc-a", 6, &["sg-open"]),
        group6("sg-open", vec![all(ANYBODY6)]),
    ]
}

#[test]
fn a_guest_has_the_addresses_and_its_namespace_has_none() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        say(&network, open()).await;
        network.hand_to_guest("vpc-a-5").await.unwrap();
        let mut guest = Guest::of(&one);
        for link in ["eth0", "tap0"] {
            let addresses = inside(netns(&one), || ip(&format!("-6 -o addr show dev {link}")));
            assert_eq!(addresses, "", "{link}");
        }
        assert_eq!(led(&one), [at(5)]);
        let frame = reaches(&mut guest, &two, at(5), "for the guest");
        assert_eq!(frame[38..54], at(5).octets());

        // It speaks as itself and as nobody else, and not to its namespace.
        let (router, hears) = (router(&one), hearing(&two));
        for strange in [at(6), at(9), "2001:db8::1".parse().unwrap()] {
            guest.shouts(router, (strange, at(6)), "another");
        }
        guest.shouts(router, (at(5), at(6)), "its own");
        assert_eq!(heard(&hears), "its own");

        // Groups are about it as about others.
        let nobody = [
            group6("sg-closed", vec![]),
            said("vpc-a", 5, &["sg-closed"]),
        ];
        say(&network, nobody).await;
        shout6(&two, at(5), "refused");
        say(&network, open()).await;
        loop {
            let frame = guest.hears_within(IPV6, AGAIN);
            assert!(!frame.as_ref().is_some_and(|it| it.ends_with(b"refused")));
            if frame.is_none() {
                break;
            }
        }
        reaches(&mut guest, &two, at(5), "allowed");

        // Once more, and by a later run, while somebody is at the other end.
        network.hand_to_guest("vpc-a-5").await.unwrap();
        reaches(&mut guest, &two, at(5), "once more");
        network.close().await.unwrap();
        drop((network, endpoints));
        let (network, endpoints) = host.start("ab12").await;
        reaches(&mut guest, &two, at(5), "again");

        // Its link is made anew as what it was.
        inside(netns(&one), || ip("link del eth0"));
        network.close().await.unwrap();
        drop((network, endpoints));
        let (network, _endpoints) = host.start("ab12").await;
        say(&network, open()).await;
        reaches(&mut guest, &two, at(5), "mended");
        guest.shouts(router, (at(5), at(6)), "mended, too");
        assert_eq!(heard(&hears), "mended, too");
        network.detach("vpc-a-5").await.unwrap();
        network.close().await.unwrap();
    });
}

#[test]
fn addresses_of_a_guest_come_and_go() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni6("vpc-a", 6)).await.unwrap();
        network.hand_to_guest("one").await.unwrap();
        let mut guest = Guest::of(&one);
        let with = |ipv6: Vec<Ipv6Addr>| {
            Resource::Interface(Interface {
                ipv6,
                ..interface6("vpc-a", 5, &["sg-open"])
            })
        };
        let [_, other, group] = open();
        say(&network, [with(Vec::new()), other, group]).await;
        let is_off = || {
            inside(netns(&one), || {
                run("sysctl", "-n net.ipv6.conf.tap0.disable_ipv6")
            })
        };
        assert!(led(&one).is_empty());
        assert_eq!(is_off().trim(), "1");

        say(&network, [with(vec![at(5), at(7)])]).await;
        for last in [5, 7] {
            assert!(led(&one).contains(&at(last)));
            reaches(&mut guest, &two, at(last), "for the guest");
        }
        say(&network, [with(vec![at(7)])]).await;
        assert_eq!(led(&one), [at(7)]);
        let neighbours = inside(netns(&one), || ip("-6 neigh show dev tap0"));
        assert!(!neighbours.contains(&at(5).to_string()), "{neighbours}");
        reaches(&mut guest, &two, at(7), "the other");
        say(&network, [with(Vec::new())]).await;
        assert!(led(&one).is_empty());
        network.detach("one").await.unwrap();
        network.close().await.unwrap();
    });
}

#[test]
fn what_a_guest_makes_up_is_no_neighbour() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        say(&network, open()).await;
        network.hand_to_guest("vpc-a-5").await.unwrap();
        let mut guest = Guest::of(&one);
        let (router, hears) = (router(&one), hearing(&two));
        reaches(&mut guest, &two, at(5), "for the guest");
        let everybody: Ipv6Addr = "ff02::1".parse().unwrap();
        let of_all = [0x33, 0x33, 0, 0, 0, 1];
        let own = guest.mac;
        let target = at(0x99).octets();
        for number in 1..=9 {
            let from = (format!("fe80::{number:x}").parse().unwrap(), everybody);
            // For routers, as a router, for a neighbour, as one; each with where it is.
            let mut asks = vec![133_u8, 0, 0, 0, 0, 0, 0, 0, 1, 1];
            let mut routes = [&[134_u8, 0, 0, 0, 64, 0, 7, 8][..], &[0; 8], &[1, 1]].concat();
            let mut seeks = [&[135_u8, 0, 0, 0, 0, 0, 0, 0][..], &target, &[1, 1]].concat();
            let mut claims = [&[136_u8, 0, 0, 0, 0x20, 0, 0, 0][..], &target, &[2, 1]].concat();
            for message in [&mut asks, &mut routes, &mut seeks, &mut claims] {
                message.extend_from_slice(&own);
                guest.sends(of_all, from, (ICMP, 255), message);
            }
        }
        // That arrives behind them.
        guest.shouts(router, (at(5), at(6)), "the last");
        assert_eq!(heard(&hears), "the last");
        let known = inside(netns(&one), || ip("-6 neigh show dev tap0"));
        assert_eq!(known.lines().count(), 1, "{known}");
        assert!(known.starts_with(&at(5).to_string()), "{known}");
        let routes = inside(netns(&one), || ip("-6 route show default"));
        assert!(
            routes.contains("dev eth0") && !routes.contains("tap0"),
            "{routes}"
        );
        network.detach("vpc-a-5").await.unwrap();
        network.close().await.unwrap();
    });
}
