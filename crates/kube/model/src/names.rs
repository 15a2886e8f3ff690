//! The forms of names, keys and values, each with upstream's text for what does not fit.
//!
//! A check returns one text a fault, none for a good value.

use std::net::IpAddr;

use ipnet::IpNet;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LOOSE_SUBDOMAIN: &str =
    r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
const DNS1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const KEY_TEXT: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/// What a form asks for, with examples and the expression upstream checks by.
pub fn form(text: &str, examples: &[&str], regex: &str) -> String {
    let mut out = text.to_owned();
    out.push_str(" (");
    for (at, example) in examples.iter().enumerate() {
        out.push_str(if at == 0 { "e.g. '" } else { " or '" });
        out.push_str(example);
        out.push_str("', ");
    }
    out.push_str("regex used for validation is '");
    out.push_str(regex);
    out.push_str("')");
    out
}

pub fn too_long(most: usize) -> String {
    format!("must be no more than {most} characters")
}

pub fn not_between(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

/// Non-empty, of `inner` characters, with `outer` ones at both ends.
fn framed(text: &str, outer: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => {
            outer(*first) && outer(*last) && bytes.iter().all(|b| inner(*b))
        }
        _ => false,
    }
}

const fn lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn label_form(text: &str) -> bool {
    framed(text, lower, |b| lower(b) || b == b'-')
}

fn subdomain_form(text: &str) -> bool {
    text.split('.').all(label_form)
}

pub fn dns_label(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    if value.len() > 63 {
        out.push(too_long(63));
    }
    if !label_form(value) {
        out.push(if subdomain_form(value) {
            "must not contain dots".to_owned()
        } else {
            form("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", &["my-name", "123-abc"], LABEL)
        });
    }
    out
}

pub fn dns_subdomain(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    if value.len() > 253 {
        out.push(too_long(253));
    }
    if !subdomain_form(value) {
        out.push(form("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", &["example.com"], SUBDOMAIN));
    }
    out
}

/// A subdomain that names a service as well: `_sip._tcp.example.com`.
pub fn dns_subdomain_with_underscores(value: &str) -> Vec<String> {
    let label = |text: &str| {
        let text = text.strip_prefix('_').unwrap_or(text);
        framed(text, lower, |b| lower(b) || matches!(b, b'-' | b'_'))
    };
    let mut out = Vec::new();
    if value.len() > 253 {
        out.push(too_long(253));
    }
    if !value.split('.').all(label) {
        out.push(form("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character", &["example.com"], LOOSE_SUBDOMAIN));
    }
    out
}

pub fn wildcard_subdomain(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    if value.len() > 253 {
        out.push(too_long(253));
    }
    if !value.strip_prefix("*.").is_some_and(subdomain_form) {
        out.push(form("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character", &["*.example.com"], &format!(r"\*\.{SUBDOMAIN}")));
    }
    out
}

pub fn dns1035_label(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    if value.len() > 63 {
        out.push(too_long(63));
    }
    if !label_form(value) || !value.as_bytes()[0].is_ascii_lowercase() {
        out.push(form("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", &["my-name", "abc-123"], DNS1035));
    }
    out
}

const fn key_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')
}

fn key_form(text: &str) -> bool {
    framed(text, |b| b.is_ascii_alphanumeric(), key_char)
}

/// A key of a label: a name, with a domain before it if there is a slash.
pub fn qualified_name(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut parts = value.splitn(3, '/');
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if third.is_some() {
        let text = form(
            &format!("a valid label key {KEY_TEXT}"),
            &["MyName", "my.name", "123-abc"],
            KEY,
        );
        return vec![format!(
            "{text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )];
    }
    let name = match second {
        None => first,
        Some(name) => {
            if first.is_empty() {
                out.push("prefix part must be non-empty".to_owned());
            } else {
                out.extend(
                    dns_subdomain(first)
                        .into_iter()
                        .map(|text| format!("prefix part {text}")),
                );
            }
            name
        }
    };
    if name.is_empty() {
        out.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        out.push(format!("name part {}", too_long(63)));
    }
    if !key_form(name) {
        out.push(form(
            &format!("name part {KEY_TEXT}"),
            &["MyName", "my.name", "123-abc"],
            KEY,
        ));
    }
    out
}

pub fn label_value(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    if value.len() > 63 {
        out.push(too_long(63));
    }
    if !value.is_empty() && !key_form(value) {
        out.push(form("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", &["MyValue", "my_value", "12345"], &format!("({KEY})?")));
    }
    out
}

/// A key of a ConfigMap or a Secret, which becomes the name of a file.
pub fn config_key(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    if value.len() > 253 {
        out.push(too_long(253));
    }
    if value.is_empty() || !value.bytes().all(key_char) {
        out.push(form(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            &["key.name", "KEY_NAME", "key-name"],
            "[-._a-zA-Z0-9]+",
        ));
    }
    match value {
        "." => out.push("must not be '.'".to_owned()),
        ".." => out.push("must not be '..'".to_owned()),
        _ if value.starts_with("..") => out.push("must not start with '..'".to_owned()),
        _ => {}
    }
    out
}

/// Anything printable but `=`.
pub fn env_name(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    if value.is_empty() {
        out.push("environment variable name must be non-empty".to_owned());
    }
    if value
        .bytes()
        .any(|b| !(0x20..0x7f).contains(&b) || b == b'=')
    {
        out.push("a valid environment variable name must consist only of printable ASCII characters other than '='".to_owned());
    }
    out
}

pub fn port_number(value: i64) -> Vec<String> {
    if (1..=65535).contains(&value) {
        return Vec::new();
    }
    vec![not_between(1, 65535)]
}

pub fn port_name(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut say = |wrong: bool, text: &str| {
        if wrong {
            out.push(text.to_owned());
        }
    };
    say(value.len() > 15, "must be no more than 15 characters");
    let charset = |b: u8| lower(b) || b == b'-';
    say(
        value.is_empty() || !value.bytes().all(charset),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    say(
        !value.bytes().any(|b| b.is_ascii_lowercase()),
        "must contain at least one letter (a-z)",
    );
    say(value.contains("--"), "must not contain consecutive hyphens");
    say(
        value.starts_with('-') || value.ends_with('-'),
        "must not begin or end with a hyphen",
    );
    out
}

pub fn http_header(value: &str) -> Vec<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if !value.is_empty() && value.bytes().all(fits) {
        return Vec::new();
    }
    vec![form(
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        &["X-Header-Name"],
        "[-A-Za-z0-9]+",
    )]
}

/// Why a condition has the status that it has, in one word.
pub fn condition_reason(value: &str) -> Vec<String> {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b',' | b':');
    let begins = value.starts_with(|c: char| c.is_ascii_alphabetic());
    let ends = value.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins && ends && value.bytes().all(inner) {
        return Vec::new();
    }
    vec![form(
        "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
        &[
            "my_name",
            "MY_NAME",
            "MyName",
            "ReasonA,ReasonB",
            "ReasonA:ReasonB",
        ],
        "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
    )]
}

pub fn percent(value: &str) -> Vec<String> {
    let fits = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if value.strip_suffix('%').is_some_and(fits) {
        return Vec::new();
    }
    vec![form(
        "a valid percent string must be a numeric string followed by an ending '%'",
        &["1%", "93%"],
        "[0-9]+%",
    )]
}

/// A name that a server may complete: what stands for `generateName`.
pub fn masked(name: &str) -> String {
    match name.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let cut = rest.char_indices().next_back().map_or(0, |(at, _)| at);
            format!("{}a", &rest[..cut])
        }
        _ => name.to_owned(),
    }
}

/// A name that is a step of a path, for kinds whose names are free otherwise.
pub fn path_segment(value: &str) -> Vec<String> {
    match value {
        "." | ".." => vec![format!("may not be '{value}'")],
        _ => ["/", "%"]
            .iter()
            .filter(|bad| value.contains(**bad))
            .map(|bad| format!("may not contain '{bad}'"))
            .collect(),
    }
}

pub fn ip(value: &str) -> Vec<String> {
    if value.parse::<IpAddr>().is_ok() {
        return Vec::new();
    }
    vec!["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned()]
}

pub fn cidr(value: &str) -> Vec<String> {
    match value.parse::<IpNet>() {
        Err(_) => {
            vec!["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)".to_owned()]
        }
        Ok(net) if net.addr() != net.network() => {
            vec!["must not have bits set beyond the prefix length".to_owned()]
        }
        Ok(_) => Vec::new(),
    }
}

/// An address in the one way in which it may name something.
pub fn canonical_ip(value: &str) -> Vec<String> {
    let fault = match value.parse::<IpAddr>() {
        Err(_) if without_zeros(value).parse::<IpAddr>().is_ok() => {
            "must not have leading 0s".to_owned()
        }
        Err(_) => return ip(value),
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            "must not be an IPv4-mapped IPv6 address".to_owned()
        }
        Ok(address) if address.to_string() != value => {
            format!("must be in canonical form (\"{address}\")")
        }
        Ok(_) => return Vec::new(),
    };
    vec![fault]
}

/// A block of addresses, likewise.
pub fn canonical_cidr(value: &str) -> Vec<String> {
    let plain = without_zeros(value);
    if plain != value && plain.parse::<IpNet>().is_ok() {
        return vec!["must not have leading 0s in IP or prefix length".to_owned()];
    }
    match value.parse::<IpNet>() {
        Ok(IpNet::V6(net)) if net.addr().to_ipv4_mapped().is_some() => {
            vec!["must not have an IPv4-mapped IPv6 address".to_owned()]
        }
        Ok(net) if net.addr() == net.network() && net.to_string() != value => {
            vec![format!("must be in canonical form (\"{net}\")")]
        }
        _ => cidr(value),
    }
}

/// An address of IPv4, or a block of such, with its numbers as numbers are written.
fn without_zeros(value: &str) -> String {
    let number = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        rest => rest.to_owned(),
    };
    let (address, prefix) = match value.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (value, None),
    };
    let address: Vec<String> = address.split('.').map(number).collect();
    let mut plain = address.join(".");
    if let Some(prefix) = prefix {
        plain.push('/');
        plain.push_str(&number(prefix));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_values_have_no_faults() {
        type Check = (
            fn(&str) -> Vec<String>,
            &'static [&'static str],
            &'static [&'static str],
        );
        let checks: &[Check] = &[
            (dns_label, &["a", "a-b", "0"], &["", "-a", "a.b", "A", "a_"]),
            (dns_subdomain, &["a", "a.b-c.d"], &["", "a..b", ".a", "a."]),
            (dns1035_label, &["a", "a0"], &["0a", "", "é"]),
            (
                qualified_name,
                &["a", "A_b.c", "example.com/x"],
                &["", "/x", "a/", "a/b/c", "_a", "A.com/x"],
            ),
            (label_value, &["", "x", "A-b"], &["-", "a b", "a."]),
            (config_key, &[".a", "a"], &["", "a b", ".", "..", "..a"]),
            (env_name, &["A", "a b", "1"], &["", "a=b", "é"]),
            (port_name, &["http", "a1"], &["", "1", "-a", "a--b", "A"]),
            (percent, &["5%"], &["%", "5", "a%"]),
            (path_segment, &["a:b"], &["..", "a/b", "%"]),
            (ip, &["10.0.0.1", "::1"], &["", "010.0.0.1", "x"]),
            (cidr, &["10.0.0.0/8"], &["10.0.0.1/8", "10.0.0.0"]),
            (
                canonical_ip,
                &["10.0.0.1", "::1", "0.0.0.0"],
                &["", ".", "010.0.0.1", "0::1", "::ffff:1.2.3.4", "10.0.0.1/8"],
            ),
            (
                canonical_cidr,
                &["10.0.0.0/8", "fd00::/64", "0.0.0.0/0"],
                &[
                    "",
                    "/",
                    "10.0.0.0/08",
                    "10.0.0.1/8",
                    "fd00:0::/64",
                    "::ffff:1.2.3.0/120",
                ],
            ),
        ];
        for (check, good, bad) in checks {
            for value in *good {
                assert_eq!(check(value), Vec::<String>::new(), "{value}");
            }
            for value in *bad {
                assert!(!check(value).is_empty(), "{value}");
            }
        }
    }

    #[test]
    fn texts_are_upstreams() {
        assert_eq!(
            dns_label("A"),
            [
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ]
        );
        assert_eq!(dns_label("a.b"), ["must not contain dots"]);
        assert_eq!(
            qualified_name("a b/")[0],
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        );
    }

    #[test]
    fn a_generated_name_is_checked_as_if_completed() {
        assert_eq!(masked("abc-"), "aba");
        assert_eq!(masked("-"), "-");
        assert_eq!(masked("é-"), "a");
        assert_eq!(masked("abc"), "abc");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "[aA0._/*%=é -]{0,12}") {
            let cut = masked(&text);
            proptest::prop_assert!(cut.len() <= text.len() + 1);
            for check in [dns_label, dns_subdomain, dns1035_label, wildcard_subdomain, qualified_name, label_value, config_key, env_name, port_name, percent, cidr] {
                check(&text);
            }
            let _ = crate::cron::plain(&text);
        }
    }
}
