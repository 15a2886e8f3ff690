//! Where AWS tells what another account has apart from what does not exist, and so is it here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::estate::NAME;

/// Operations of a service, all of them if none is named; the members of which one names what may be told of; and what is
/// answered about what is there and about what is not.
struct Difference {
    service: &'static str,
    operations: &'static [&'static str],
    named_by: &'static [&'static str],
    there: (u16, &'static str),
    absent: (u16, &'static str),
    why: &'static str,
}

/// Names of buckets are one space for all accounts.
const BUCKETS: &str = "who may make a bucket learns by its name whether there is one";

const DIFFERENCES: &[Difference] = &[
    Difference {
        service: "s3",
        operations: &[],
        named_by: &["Bucket", "CopySource"],
        there: (403, "AccessDenied"),
        absent: (404, "NoSuchBucket"),
        why: BUCKETS,
    },
    Difference {
        service: "s3",
        operations: &["HeadBucket", "HeadObject"],
        named_by: &["Bucket"],
        there: (403, ""),
        absent: (404, ""),
        why: BUCKETS,
    },
    Difference {
        service: "s3",
        operations: &["DeleteObjects"],
        named_by: &["Bucket"],
        there: (200, "AccessDenied"),
        absent: (404, "NoSuchBucket"),
        why: BUCKETS,
    },
    Difference {
        service: "s3",
        operations: &["CreateBucket"],
        named_by: &["Bucket"],
        there: (409, "BucketAlreadyExists"),
        absent: (200, ""),
        why: BUCKETS,
    },
];

/// The difference of an operation's answers to an input, if it is a known one.
pub fn known(
    (service, operation): (&str, &str),
    input: &Value,
    [there, absent]: [&(u16, String); 2],
) -> Option<usize> {
    let is = |one: &(u16, String), other: (u16, &str)| (one.0, one.1.as_str()) == other;
    DIFFERENCES.iter().position(|it| {
        let named = |member: &&str| {
            let named = input[*member].as_str();
            named.is_some_and(|it| it.starts_with(NAME))
        };
        it.service == service
            && (it.operations.is_empty() || it.operations.contains(&operation))
            && it.named_by.iter().any(named)
            && is(there, it.there)
            && is(absent, it.absent)
    })
}

/// None of them is of the past.
pub fn all_are_met(met: &BTreeSet<usize>) {
    for (index, it) in DIFFERENCES.iter().enumerate() {
        let (service, why) = (it.service, it.why);
        assert!(
            met.contains(&index),
            "{service}: {why}: it is not so any more"
        );
    }
}
