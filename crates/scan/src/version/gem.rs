//! RubyGems': segments of digits and letters; letters are of something that is not out yet.

use std::cmp::Ordering;

use super::{Number, take};

/// Letters come before numbers, so before the zero that a missing segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment<'a> {
    Letters(&'a str),
    Number(Number<'a>),
}

const ZERO: Segment<'_> = Segment::Number(Number(""));

/// `None` if it has anything but digits, letters, dots and hyphens, or does not begin with a digit.
pub(super) fn read(text: &str) -> Option<Vec<Segment<'_>>> {
    let text = text.trim();
    let known = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(known) {
        return None;
    }
    let mut segments = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let part;
        if first.is_ascii_digit() {
            (part, rest) = take(rest, |c| c.is_ascii_digit());
            segments.push(Segment::Number(Number::new(part)));
        } else if first.is_ascii_alphabetic() {
            (part, rest) = take(rest, |c| c.is_ascii_alphabetic());
            segments.push(Segment::Letters(part));
        } else {
            // A hyphen begins what is not out yet.
            if first == '-' {
                segments.push(Segment::Letters("pre"));
            }
            rest = &rest[1..];
        }
    }
    // Zeros at the end of the numbers, and at the very end, mean nothing.
    let letter = |it: &Segment<'_>| matches!(it, Segment::Letters(_));
    let numbers = segments.iter().position(letter).unwrap_or(segments.len());
    let mut before = segments.split_off(numbers);
    std::mem::swap(&mut before, &mut segments);
    let trim = |list: &mut Vec<Segment<'_>>| {
        while list.last() == Some(&ZERO) {
            list.pop();
        }
    };
    trim(&mut before);
    trim(&mut segments);
    before.extend(segments);
    Some(before)
}

pub(super) fn compare(one: &[Segment<'_>], other: &[Segment<'_>]) -> Ordering {
    for index in 0..one.len().max(other.len()) {
        let a = one.get(index).copied().unwrap_or(ZERO);
        let b = other.get(index).copied().unwrap_or(ZERO);
        let ordering = a.cmp(&b);
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}
