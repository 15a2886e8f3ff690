//! Amazon resource names: `arn:<partition>:<service>:<region>:<account>:<resource>`.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// The partition of what has no region, such as users and roles, and of most regions.
pub const PARTITION: &str = "aws";

/// The partition of a region; of no region, that of what is global.
pub fn partition_of(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => PARTITION,
    }
}

/// All partitions.
pub const PARTITIONS: [&str; 3] = [PARTITION, "aws-cn", "aws-us-gov"];
/// Services whose resources are the same in all partitions.
const OF_ALL_PARTITIONS: [&str; 2] = ["iam", "sts"];

/// The ARN of a user, role, policy or session as records and decisions have it, in the partition `aws`,
/// whatever partition it was written in. Other text stays as it is.
pub fn canonical(text: &str) -> Cow<'_, str> {
    let further = PARTITIONS.iter().filter(|it| **it != PARTITION);
    let rest = further.into_iter().find_map(|partition| {
        let rest = text.strip_prefix("arn:")?.strip_prefix(partition)?;
        let rest = rest.strip_prefix(':')?;
        let (service, _) = rest.split_once(':')?;
        OF_ALL_PARTITIONS.contains(&service).then_some(rest)
    });
    match rest {
        Some(rest) => Cow::Owned(format!("arn:{PARTITION}:{rest}")),
        None => Cow::Borrowed(text),
    }
}

/// Text with canonical ARNs of users, roles, policies and sessions in it, as a call in `region` gets it:
/// with the partition of that region.
pub fn as_seen_from<'a>(region: &str, text: &'a str) -> Cow<'a, str> {
    let partition = partition_of(region);
    if partition == PARTITION {
        return Cow::Borrowed(text);
    }
    let shown = OF_ALL_PARTITIONS.iter().fold(text.to_owned(), |text, of| {
        let canonical = format!("arn:{PARTITION}:{of}:");
        text.replace(&canonical, &format!("arn:{partition}:{of}:"))
    });
    Cow::Owned(shown)
}

/// A resource name, split into its six segments.
///
/// `region` and `account` may be empty (`arn:aws:iam::aws:policy/…`). `resource` keeps every
/// further `:` and `/` as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    pub partition: String,
    pub service: String,
    pub region: String,
    pub account: String,
    pub resource: String,
}

/// The text is no ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an Amazon resource name")]
pub struct NotAnArn(pub String);

impl Arn {
    pub fn new(service: &str, region: &str, account: &str, resource: impl Into<String>) -> Self {
        Self {
            partition: partition_of(region).to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource: resource.into(),
        }
    }

    /// Whether the partition is the one of the region.
    pub fn is_in_its_partition(&self) -> bool {
        self.partition == partition_of(&self.region)
    }

    /// The part of `resource` after its first `/`, e.g. `default/3f…` of `task/default/3f…`.
    pub fn resource_after_slash(&self) -> Option<&str> {
        self.resource.split_once('/').map(|(_, rest)| rest)
    }

    /// The part of `resource` before its first `/`, e.g. `task`; the whole of it without one.
    pub fn resource_type(&self) -> &str {
        self.resource
            .split_once('/')
            .map_or(self.resource.as_str(), |(kind, _)| kind)
    }
}

impl std::str::FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or_else(|| NotAnArn(text.to_owned()));
        if next()? != "arn" {
            return Err(NotAnArn(text.to_owned()));
        }
        let arn = Self {
            partition: next()?.to_owned(),
            service: next()?.to_owned(),
            region: next()?.to_owned(),
            account: next()?.to_owned(),
            resource: next()?.to_owned(),
        };
        if arn.partition.is_empty() || arn.service.is_empty() || arn.resource.is_empty() {
            return Err(NotAnArn(text.to_owned()));
        }
        Ok(arn)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(
            out,
            "arn:{partition}:{service}:{region}:{account}:{resource}"
        )
    }
}

impl Serialize for Arn {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Arn {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_roles_are_the_same_in_all_partitions() {
        let role = "arn:aws:iam::000000000000:role/a";
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let given = format!("arn:{partition}:iam::000000000000:role/a");
            assert_eq!(canonical(&given), role);
        }
        for other in [
            "arn:aws-cn:ecs:cn-north-1:0:cluster/a",
            "arn:aws-cn:iam",
            "arn:x:iam::0:role/a",
            "",
        ] {
            assert_eq!(canonical(other), other);
        }
        let text = format!("User: {role} may not ecs:RunTask on arn:aws:ecs:us-east-1:0:x");
        assert_eq!(as_seen_from("eu-west-1", &text), text);
        let seen = as_seen_from("cn-north-1", &text);
        assert!(
            seen.starts_with("User: arn:aws-cn:iam::000000000000:role/a may")
                && seen.contains("arn:aws:ecs:")
        );
    }

    #[test]
    fn splits_and_joins() {
        let text = "arn:aws:logs:us-east-1:000000000000:log-group:a/b:log-stream:x/y";
        let arn: Arn = text.parse().unwrap();
        assert_eq!(arn.resource, "log-group:a/b:log-stream:x/y");
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn names_the_parts_of_a_resource() {
        let arn: Arn = "arn:aws:ecs:us-east-1:0:task/default/3f".parse().unwrap();
        assert_eq!(arn.resource_type(), "task");
        assert_eq!(arn.resource_after_slash(), Some("default/3f"));
    }

    #[test]
    fn partitions_are_those_of_regions() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-west-1", "aws"),
            ("", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
        ] {
            let arn = Arn::new("ecs", region, "0", "cluster/a");
            assert_eq!(arn.partition, partition);
            assert!(arn.is_in_its_partition());
        }
        let wrong: Arn = "arn:aws:ecs:cn-north-1:0:cluster/a".parse().unwrap();
        assert!(!wrong.is_in_its_partition());
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "arn",
            "arn:aws:ecs",
            "arn:aws:ecs:r:a:",
            "x:aws:ecs:r:a:b",
            "arn::ecs:r:a:b",
        ] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
