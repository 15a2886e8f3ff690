//! Names, paths and the ARNs made of them (spec platform §3, "Essential resource facts").

use wharf_api_iam::faults;
use wharf_base::{
    Arn,
    arn::{PARTITION, PARTITIONS},
};
use wharf_wire::{
    Fault,
    constraints::{Broken, Violation},
};

use crate::fault;

/// Stands for an account in the ARNs of the policies that every account has.
const PLATFORM: &str = "aws";

/// `arn:aws:iam::<account>:<kind><path><name>`, the canonical form; `path` begins and ends with `/`.
pub(crate) fn arn(account: &str, kind: &str, path: &str, name: &str) -> String {
    format!("arn:{PARTITION}:iam::{account}:{kind}{path}{name}")
}

/// The model's pattern allows any word character; AWS means the ASCII ones.
pub(crate) fn check_name(member: &str, name: &str, longest: usize) -> Result<(), Fault> {
    let fits = !name.is_empty()
        && name.len() <= longest
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b));
    if fits {
        return Ok(());
    }
    Err(bad_name(member))
}

fn bad_name(member: &str) -> Fault {
    fault::validation(format!(
        "The specified value for {member} is invalid. It must contain only alphanumeric characters \
         and/or the following: +=,.@_-"
    ))
}

/// The path given, or `/`.
pub(crate) fn checked_path(path: Option<String>) -> Result<String, Fault> {
    let path = path.unwrap_or_else(|| "/".to_owned());
    let fits = path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && !path.contains("//")
        && path.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(path);
    }
    Err(bad_path("path"))
}

fn bad_path(member: &str) -> Fault {
    fault::validation(format!(
        "The specified value for {member} is invalid. It must begin and end with / and contain only \
         alphanumeric characters and/or / characters."
    ))
}

/// IAM's own words for names and paths with characters that they cannot have; `None` for what else breaks the model.
pub(crate) fn refuse(_operation: &str, violations: &[Violation]) -> Option<Fault> {
    let [only] = violations else {
        return None;
    };
    match (&only.broken, only.member) {
        (
            Broken::Pattern { .. },
            "UserName"
            | "NewUserName"
            | "GroupName"
            | "NewGroupName"
            | "RoleName"
            | "PolicyName"
            | "InstanceProfileName"
            | "ServerCertificateName"
            | "NewServerCertificateName"
            | "VirtualMFADeviceName",
        ) => Some(bad_name(&only.path)),
        (Broken::Pattern { .. }, "Path" | "NewPath" | "PathPrefix") => Some(bad_path(&only.path)),
        _ => None,
    }
}

/// A managed policy's ARN, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyArn {
    /// Owned by the platform, the same in every account.
    pub(crate) platform: bool,
    pub(crate) path: String,
    pub(crate) name: String,
}

/// Reads the ARN of a managed policy that `account` can use.
pub(crate) fn policy_arn(account: &str, text: &str) -> Result<PolicyArn, Fault> {
    let invalid = || faults::invalid_input_exception(format!("ARN {text} is not valid."));
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let (path, name) = arn
        .resource
        .strip_prefix("policy")
        .and_then(|rest| rest.rfind('/').map(|at| rest.split_at(at + 1)))
        .filter(|(path, name)| path.starts_with('/') && !name.is_empty())
        .ok_or_else(invalid)?;
    if arn.service != "iam" || !arn.region.is_empty() {
        return Err(invalid());
    }
    let platform = arn.account == PLATFORM;
    if !platform && arn.account != account {
        return Err(fault::not_attachable(text));
    }
    Ok(PolicyArn {
        platform,
        path: path.to_owned(),
        name: name.to_owned(),
    })
}

/// Takes `arn:aws:iam::A:role/path/name`, of any partition, apart: account, path, name. None for
/// anything else.
pub fn entity_arn<'a>(text: &'a str, kind: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let rest = text.strip_prefix("arn:")?;
    let in_partition = |partition: &&str| rest.strip_prefix(*partition)?.strip_prefix(":iam::");
    let rest = PARTITIONS.iter().find_map(in_partition)?;
    let (account, resource) = rest.split_once(':')?;
    let below = resource.strip_prefix(kind)?;
    let (path, name) = below.split_at(below.rfind('/')? + 1);
    (path.starts_with('/') && !name.is_empty()).then_some((account, path, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_arns() {
        let account = "000000000000";
        let own = policy_arn(account, "arn:aws:iam::000000000000:policy/a/b/name").unwrap();
        assert_eq!(
            (own.platform, own.path.as_str(), own.name.as_str()),
            (false, "/a/b/", "name")
        );
        assert!(
            policy_arn(account, "arn:aws:iam::aws:policy/x")
                .unwrap()
                .platform
        );
        for text in [
            "",
            "x",
            "arn:aws:iam::000000000000:role/x",
            "arn:aws:iam::000000000000:policy",
            "arn:aws:s3::000000000000:policy/x",
            "arn:aws:iam::111111111111:policy/x",
            "arn:aws:iam::000000000000:policy/x/",
        ] {
            assert!(policy_arn(account, text).is_err(), "{text}");
        }
    }

    #[test]
    fn entity_arns() {
        let role = "arn:aws:iam::000000000000:role/ops/deploy";
        assert_eq!(
            entity_arn(role, "role"),
            Some(("000000000000", "/ops/", "deploy"))
        );
        let gov = "arn:aws-us-gov:iam::000000000000:role/ops/deploy";
        assert_eq!(entity_arn(gov, "role"), entity_arn(role, "role"));
        for text in [
            "",
            "arn:aws-x:iam::0:role/x",
            "arn:aws:iam::0:role",
            "arn:aws:iam::0:role/",
            "arn:aws:iam::0:roles/x",
        ] {
            assert_eq!(entity_arn(text, "role"), None, "{text}");
        }
    }

    #[test]
    fn names_and_paths_are_refused_in_words_of_their_own() {
        let of = |member, path: &str, broken| Violation {
            path: path.to_owned(),
            member,
            value: Some("a b".to_owned()),
            broken,
        };
        let said = |all: &[Violation]| refuse("CreateUser", all).map(|it| it.message);
        let pattern = Broken::Pattern { pattern: "" };
        for (member, path, text) in [
            (
                "NewUserName",
                "newUserName",
                "The specified value for newUserName is invalid. It must contain only",
            ),
            (
                "Path",
                "path",
                "The specified value for path is invalid. It must begin and end with /",
            ),
        ] {
            let found = said(&[of(member, path, pattern.clone())]).unwrap();
            assert!(found.starts_with(text), "{found}");
        }
        let long = Broken::TooLong { max: 64 };
        assert_eq!(said(&[of("UserName", "userName", long)]), None);
        assert_eq!(said(&[of("Description", "description", pattern)]), None);
    }

    #[test]
    fn paths() {
        assert_eq!(checked_path(None).unwrap(), "/");
        assert_eq!(checked_path(Some("/a/b/".into())).unwrap(), "/a/b/");
        for path in ["", "a", "/a", "a/", "//", "/a b/"] {
            assert!(checked_path(Some(path.into())).is_err(), "{path}");
        }
    }
}
