//! Debian's: `[epoch:]upstream[-revision]`, a tilde sorts before the end.

use std::cmp::Ordering;

use super::{Number, take};

pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (split(one), split(other));
    one.0
        .cmp(&other.0)
        .then_with(|| parts(one.1, other.1))
        .then_with(|| parts(one.2, other.2))
}

fn split(version: &str) -> (Number<'_>, &str, &str) {
    let digits = |epoch: &&str| epoch.bytes().all(|b| b.is_ascii_digit());
    let (epoch, rest) = match version.split_once(':').filter(|(epoch, _)| digits(epoch)) {
        Some((epoch, rest)) => (epoch, rest),
        None => ("", version),
    };
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (Number::new(epoch), upstream, revision)
}

/// Text and numbers by turns; text byte by byte in Debian's order.
fn parts(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let (a, b);
        (a, one) = take(one, |c| !c.is_ascii_digit());
        (b, other) = take(other, |c| !c.is_ascii_digit());
        let ordering = letters(a).cmp(letters(b));
        if ordering.is_ne() {
            return ordering;
        }
        let (a, b);
        (a, one) = take(one, |c| c.is_ascii_digit());
        (b, other) = take(other, |c| c.is_ascii_digit());
        let ordering = Number::new(a).cmp(&Number::new(b));
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

/// The ranks of the bytes, and that of the end: behind a tilde and before all others.
fn letters(text: &str) -> impl Iterator<Item = u16> {
    let rank = |byte: u8| match byte {
        b'~' => 0,
        b'a'..=b'z' | b'A'..=b'Z' => u16::from(byte),
        other => u16::from(other) + 256,
    };
    text.bytes().map(rank).chain([1])
}
