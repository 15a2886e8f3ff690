//! Formats of strings that schemas name.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;

use crate::{duration, names};

/// Units of lengths of time in words, each with a word that what follows may be added to: `secs`, `seconds`.
const UNITS: [(&[&str], &str); 8] = [
    (&["ns"], "nano"),
    (&["us", "\u{b5}s"], "micro"),
    (&["ms"], "milli"),
    (&["s"], "sec"),
    (&["m"], "min"),
    (&["h", "hr"], "hour"),
    (&["d"], "day"),
    (&["w", "wk"], "week"),
];

/// Whether a text has a format. Upstream holds strings to these; of formats that it does not know it takes any.
pub fn fits(format: &str, text: &str) -> bool {
    // Hyphens in their names make no difference.
    match format.replace('-', "").as_str() {
        "datetime" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        "date" => chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok(),
        "duration" => is_duration(text),
        "byte" => base64::engine::general_purpose::STANDARD
            .decode(text)
            .is_ok(),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => text.parse::<ipnet::IpNet>().is_ok(),
        "mac" => is_mac(text),
        "hostname" => is_hostname(text),
        "uri" => is_uri(text),
        "email" => is_email(text),
        "uuid" => is_uuid(text, None),
        "uuid3" => is_uuid(text, Some('3')),
        "uuid4" => is_uuid(text, Some('4')),
        "uuid5" => is_uuid(text, Some('5')),
        "bsonobjectid" => text.len() == 24 && is_hex(text),
        "hexcolor" => {
            let digits = text.strip_prefix('#').unwrap_or(text);
            matches!(digits.len(), 3 | 6) && is_hex(digits)
        }
        "rgbcolor" => is_rgb(text),
        "k8sshortname" => names::dns_label(text).is_empty(),
        "k8slongname" => names::dns_subdomain(text).is_empty(),
        _ => true,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// As Go writes it, or a number and a unit in words: `2 weeks`.
fn is_duration(text: &str) -> bool {
    duration::nanos(text).is_some() || {
        let numbers = text.split_inclusive(|it: char| it.is_ascii_digit());
        let mut units = numbers.skip(1).map(|it| {
            let unit = it.trim_start().to_lowercase();
            let end = unit.find(|it: char| !it.is_alphabetic());
            unit[..end.unwrap_or(unit.len())].to_owned()
        });
        units.any(|unit| {
            UNITS
                .iter()
                .any(|(short, long)| short.contains(&unit.as_str()) || unit.starts_with(long))
        })
    }
}

fn is_mac(text: &str) -> bool {
    let of = |separator: char, digits: usize, lengths: &[usize]| {
        let parts: Vec<&str> = text.split(separator).collect();
        lengths.contains(&parts.len()) && parts.iter().all(|it| it.len() == digits && is_hex(it))
    };
    of(':', 2, &[6, 8, 20]) || of('-', 2, &[6, 8, 20]) || of('.', 4, &[3, 4, 10])
}

fn is_hostname(text: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_digit() || it.is_alphabetic();
    let labels: Vec<&str> = text.split('.').collect();
    if text.len() > 255 || labels.iter().any(|it| it.is_empty() || it.len() > 63) {
        return false;
    }
    match labels.as_slice() {
        [before @ .., last] if !before.is_empty() => {
            let is_label = |it: &&str| {
                it.starts_with(is_plain)
                    && it.ends_with(is_plain)
                    && it.chars().all(|it| is_plain(it) || it == '-')
            };
            before.iter().all(is_label)
                && last.chars().count() >= 2
                && last.chars().all(char::is_alphabetic)
        }
        // A hyphen in a name of one label is taken behind its first character alone.
        [one] => {
            let mut rest = one.chars();
            let first = rest.next();
            let rest = rest.as_str();
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            first.is_some_and(is_plain) && rest.chars().all(is_plain)
        }
        _ => false,
    }
}

/// What a request could be made of: a path, or something behind a scheme.
fn is_uri(text: &str) -> bool {
    let is_scheme = |it: &str| {
        it.starts_with(|it: char| it.is_ascii_alphabetic())
            && it
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
    };
    let rest = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ if text.starts_with('/') => text,
        _ => return text == "*",
    };
    let host = rest.strip_prefix("//").unwrap_or_default();
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let mut escapes = rest.split('%').skip(1);
    let is_escape = |it: &str| it.get(..2).is_some_and(is_hex);
    !text.chars().any(|it| it.is_ascii_control())
        && !host.contains([' ', '<', '>', '"'])
        && escapes.all(is_escape)
}

/// An address, by itself or behind a name: `Jane <jane@example.com>`.
fn is_email(text: &str) -> bool {
    let text = text.trim();
    let address = match text.strip_suffix('>') {
        Some(before) => before.rsplit_once('<').map(|it| it.1),
        None => Some(text),
    };
    let is_atom = |it: &str| {
        let fits = |it: char| {
            it.is_ascii_alphanumeric() || !it.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(it)
        };
        !it.is_empty() && it.chars().all(fits)
    };
    let is_quoted = |it: &str| it.len() > 2 && it.starts_with('"') && it.ends_with('"');
    let parts = address.and_then(|it| it.rsplit_once('@'));
    parts.is_some_and(|(user, host)| {
        let is_user = is_quoted(user) || user.split('.').all(is_atom);
        is_user && host.split('.').all(is_atom)
    })
}

/// With or without its hyphens.
fn is_uuid(text: &str, version: Option<char>) -> bool {
    let mut groups = Vec::new();
    let mut rest = text;
    for length in [8, 4, 4, 4, 12] {
        if !groups.is_empty() {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        match rest.split_at_checked(length) {
            Some((group, after)) if is_hex(group) => {
                groups.push(group);
                rest = after;
            }
            _ => return false,
        }
    }
    let has_variant = groups[3].starts_with(['8', '9', 'a', 'b', 'A', 'B']);
    let is_version = |it: char| groups[2].starts_with(it) && (it == '3' || has_variant);
    rest.is_empty() && version.is_none_or(is_version)
}

fn is_rgb(text: &str) -> bool {
    let inner = text
        .strip_prefix("rgb(")
        .and_then(|it| it.strip_suffix(')'));
    let is_part = |it: &str| {
        let it = it.trim();
        let is_short = it.len() == 1 || !it.starts_with(['0', '+']);
        is_short && it.parse::<u8>().is_ok()
    };
    inner.is_some_and(|it| it.split(',').count() == 3 && it.split(',').all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_formats_or_not() {
        for (format, good, bad) in [
            (
                "date-time",
                &["2020-01-02T03:04:05Z", "2020-01-02T03:04:05.5+01:00"][..],
                &["2020-01-02", "now"][..],
            ),
            ("datetime", &["2020-01-02T03:04:05Z"], &["x"]),
            ("date", &["2020-02-29"], &["2021-02-29", "20200102"]),
            (
                "duration",
                &["1m30s", "2 weeks", "3days", "10 Seconds"],
                &["", "5", "soon", "5 moons"],
            ),
            ("byte", &["YWI="], &["%"]),
            ("ipv4", &["10.0.0.1"], &["::1", "10.0.0"]),
            ("ipv6", &["::1"], &["10.0.0.1"]),
            (
                "cidr",
                &["10.0.0.0/8", "fd00::/8"],
                &["10.0.0.0", "10.0.0.0/33"],
            ),
            (
                "mac",
                &["01:23:45:67:89:ab", "01-23-45-67-89-AB", "0123.4567.89ab"],
                &[
                    "",
                    "01:23:45:67:89",
                    "01:23:45:67:89:zz",
                    "01:23-45:67:89:ab",
                ],
            ),
            (
                "hostname",
                &["a", "web1", "a-b", "my-host.example.com"],
                &["", "a..b", "-a.example.com", "a.b1", "a_b.example.com"],
            ),
            (
                "uri",
                &["http://a.example/b?c=%20", "/path", "urn:a:b", "*"],
                &["", "a/b", "://a", "http://a b/", "/a%2", "/a\n"],
            ),
            (
                "email",
                &["a.b@example.com", "Jane <jane@localhost>", "\"a b\"@c"],
                &["", "a", "a@", "@b", "a b@c", "a..b@c", "a@b>"],
            ),
            (
                "uuid",
                &[
                    "00000000-0000-0000-0000-000000000000",
                    "0123456789ABCDEF0123456789abcdef",
                ],
                &["", "0123", "00000000-0000-0000-0000-00000000000g"],
            ),
            (
                "uuid4",
                &["00000000-0000-4000-8000-000000000000"],
                &[
                    "00000000-0000-3000-8000-000000000000",
                    "00000000-0000-4000-0000-000000000000",
                ],
            ),
            (
                "uuid3",
                &["00000000-0000-3000-0000-000000000000"],
                &["00000000-0000-5000-8000-000000000000"],
            ),
            ("hexcolor", &["#fff", "00FF00"], &["#ffff", "#ggg"]),
            (
                "rgbcolor",
                &["rgb(0, 10,255)"],
                &["rgb(0,0)", "rgb(0,0,256)"],
            ),
            (
                "bsonobjectid",
                &["0123456789abcdef01234567"],
                &["0123456789abcdef0123456"],
            ),
            ("k8s-short-name", &["a-b"], &["A", "a.b"]),
            ("k8s-long-name", &["a.b"], &["A.b"]),
            ("password", &["", "x"], &[]),
            ("of-nobody", &["", "x"], &[]),
        ] {
            for text in good {
                assert!(fits(format, text), "{format}: {text}");
            }
            for text in bad {
                assert!(!fits(format, text), "{format}: {text}");
            }
        }
    }
}
