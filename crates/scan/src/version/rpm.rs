//! RPM's: `[epoch:]version[-release]`. A tilde sorts before the end, a caret behind it.

use std::cmp::Ordering;

use super::{Number, take};

pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (split(one), split(other));
    let release = match (one.2, other.2) {
        (Some(one), Some(other)) => parts(one, other),
        (one, other) => one.is_some().cmp(&other.is_some()),
    };
    one.0
        .cmp(&other.0)
        .then_with(|| parts(one.1, other.1))
        .then(release)
}

fn split(version: &str) -> (Number<'_>, &str, Option<&str>) {
    let digits = |epoch: &&str| epoch.bytes().all(|b| b.is_ascii_digit());
    let (epoch, rest) = match version.split_once(':').filter(|(epoch, _)| digits(epoch)) {
        Some((epoch, rest)) => (epoch, rest),
        None => ("", version),
    };
    match rest.rsplit_once('-') {
        Some((version, release)) => (Number::new(epoch), version, Some(release)),
        None => (Number::new(epoch), rest, None),
    }
}

/// In their order: a tilde, the end, a caret, letters, a number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Tilde,
    End,
    Caret,
    Letters(&'a str),
    Number(Number<'a>),
}

fn parts(mut one: &str, mut other: &str) -> Ordering {
    loop {
        let (a, b) = (next(&mut one), next(&mut other));
        let ordering = a.cmp(&b);
        if ordering.is_ne() || a == Part::End {
            return ordering;
        }
    }
}

fn next<'a>(text: &mut &'a str) -> Part<'a> {
    let separator = |c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^';
    let (_, rest) = take(text, separator);
    let part;
    (part, *text) = match rest.bytes().next() {
        None => (Part::End, rest),
        Some(b'~') => (Part::Tilde, &rest[1..]),
        Some(b'^') => (Part::Caret, &rest[1..]),
        Some(byte) if byte.is_ascii_digit() => {
            let (digits, rest) = take(rest, |c| c.is_ascii_digit());
            (Part::Number(Number::new(digits)), rest)
        }
        Some(_) => {
            let (letters, rest) = take(rest, |c| c.is_ascii_alphabetic());
            (Part::Letters(letters), rest)
        }
    };
    part
}
