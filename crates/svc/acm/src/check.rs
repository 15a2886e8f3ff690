//! Names and tags as they are given. Pure.

use wharf_api_acm::{Tag, faults};
use wharf_service::tags::{self, Refused, Rules, Tags};
use wharf_wire::Fault;

use crate::fault;

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

/// Keys and values have the lengths of the model, which the dispatcher has checked.
pub const TAGS: Rules<Fault> = Rules::usual(refused_tag);

fn refused_tag(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key(_) => faults::invalid_tag_exception("Tag keys have from 1 to 128 characters."),
        Refused::Value(_) => {
            faults::invalid_tag_exception("Tag values have at most 256 characters.")
        }
        Refused::Reserved(_) => faults::invalid_tag_exception(
            "Tag keys that start with \"aws:\" are reserved for internal use.",
        ),
        Refused::Twice(key) => faults::invalid_tag_exception(format!(
            "The tag key {key} was specified more than once."
        )),
        Refused::TooMany => faults::too_many_tags_exception(format!(
            "A certificate can have at most {} tags.",
            TAGS.most
        )),
    }
}

/// The tags of a request.
pub fn tags(given: Option<Vec<Tag>>) -> Result<Tags, Fault> {
    let pair = |tag: Tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
    TAGS.given(given.into_iter().flatten().map(pair))
}

pub fn tags_to_wire(tags: &Tags) -> Vec<Tag> {
    tags::to_wire(tags, |key, value| Tag { key, value })
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
        assert!(
            TAGS.add(&mut there, &tags(Some(vec![tag("7")])).unwrap())
                .is_ok()
        );
        let fault = TAGS
            .add(&mut there, &tags(Some(vec![tag("x")])).unwrap())
            .unwrap_err();
        assert_eq!(fault.code, "TooManyTagsException");
    }
}
