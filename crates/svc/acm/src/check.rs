//! Names and tags as they are given. Pure.

use wharf_api_acm::{Tag, faults};
use wharf_records::ecs::Tags;
use wharf_wire::Fault;

use crate::fault;

/// As in AWS.
const MAX_TAGS: usize = 50;
/// Bytes of a label (RFC 1035 §2.3.4).
const LONGEST_LABEL: usize = 63;
/// The model's pattern, which looks ahead and is therefore not among the dispatcher's checks.
const DOMAIN: &str =
    r"(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])";

/// A domain name in lower case; `at` is where it stood in the request.
pub fn domain(given: &str, at: &str) -> Result<String, Fault> {
    if !is_domain(given) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{given}' at '{at}' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: {DOMAIN}"
        )));
    }
    Ok(given.to_ascii_lowercase())
}

fn is_domain(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let label = |text: &str| {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let ends = text.starts_with('-') || text.ends_with('-');
        plain && !ends && (1..=LONGEST_LABEL).contains(&text.len())
    };
    let Some((_, last)) = name.rsplit_once('.') else {
        return false;
    };
    name.split('.').all(label) && last.len() >= 2
}

/// The tags given; keys must be the caller's own and differ.
pub fn tags(given: Option<Vec<Tag>>) -> Result<Tags, Fault> {
    let mut found = Tags::new();
    for tag in given.into_iter().flatten() {
        let key = tag.key.unwrap_or_default();
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(faults::invalid_tag_exception(
                "Tag keys that start with \"aws:\" are reserved for internal use.",
            ));
        }
        let value = tag.value.unwrap_or_default();
        if found.insert(key.clone(), value).is_some() {
            return Err(faults::invalid_tag_exception(format!(
                "The tag key {key} was specified more than once."
            )));
        }
    }
    Ok(found)
}

/// Adds tags to those there are.
pub fn add_tags(to: &mut Tags, more: &Tags) -> Result<(), Fault> {
    to.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    if to.len() > MAX_TAGS {
        return Err(faults::too_many_tags_exception(format!(
            "A certificate can have at most {MAX_TAGS} tags."
        )));
    }
    Ok(())
}

pub fn tags_to_wire(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    tags.iter().map(tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        let long = format!("{}.com", "a".repeat(63));
        for good in [
            "a.io",
            "Example.com",
            "*.example.com",
            "web-0123456789.us-east-1.elb.localhost",
            "xn--bcher-kva.example",
            &long,
        ] {
            assert_eq!(domain(good, "domainName").unwrap(), good.to_lowercase());
        }
        let longer = format!("a{long}");
        for bad in [
            "",
            "localhost",
            "a.b",
            ".com",
            "a..com",
            "a.com.",
            "-a.com",
            "a-.com",
            "*.*.com",
            "a.*.com",
            "*com",
            "a b.com",
            "a_b.com",
            "bücher.example",
            &longer,
        ] {
            let fault = domain(bad, "domainName").unwrap_err();
            assert_eq!(fault.code, "ValidationException", "{bad}");
        }
    }

    #[test]
    fn tags_are_the_callers_own() {
        let tag = |key: &str| Tag {
            key: Some(key.to_owned()),
            value: None,
        };
        let code = |given| tags(Some(given)).unwrap_err().code;
        assert_eq!(code(vec![tag("AWS:x")]), "InvalidTagException");
        assert_eq!(code(vec![tag("x"), tag("x")]), "InvalidTagException");
        let mut there = tags(Some((0..50).map(|n| tag(&n.to_string())).collect())).unwrap();
        assert!(add_tags(&mut there, &tags(Some(vec![tag("7")])).unwrap()).is_ok());
        let fault = add_tags(&mut there, &tags(Some(vec![tag("x")])).unwrap()).unwrap_err();
        assert_eq!(fault.code, "TooManyTagsException");
    }
}
