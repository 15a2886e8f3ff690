//! What a claim asks of EFS, by its class, and the PersistentVolume that it gets. Pure.

use std::{collections::BTreeSet, ops::RangeInclusive};

use serde_json::{Value, json};
use wharf_kube_client::Object;
use wharf_kube_model::file_volume::{self, BadFileVolume, EFS};

/// Who made a PersistentVolume.
pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// Keeps a PersistentVolume until its access point is deleted.
pub const DELETER: &str = "external-provisioner.volume.kubernetes.io/finalizer";
const MODE: &str = "efs-ap";
/// Groups that are given where a class says nothing.
const GROUPS: RangeInclusive<u32> = 50_000..=7_000_000;
/// Of the path of an access point, as EFS has it.
const LONGEST_PATH: usize = 100;
const MOST_FOLDERS: usize = 4;
const NOT_IN_PATHS: [char; 15] = [
    '$', '#', '<', '>', ';', '`', '|', '&', '?', '{', '}', '^', '*', '\n', '\0',
];

/// What a claim or its class asks for and cannot have, in the driver's words where it has some.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadClaim {
    #[error("claim Selector is not supported")]
    Selector,
    #[error("{0} of a claim on EFS is not supported")]
    Member(&'static str),
    #[error("Missing {0} parameter")]
    NoParameter(&'static str),
    #[error("Parameter {0} cannot be empty")]
    EmptyParameter(&'static str),
    #[error(
        "Provisioning mode {0} is not supported. Only Access point provisioning: '{MODE}' is supported"
    )]
    Mode(String),
    #[error("Failed to parse invalid {name}: {value:?}")]
    Parameter { name: String, value: String },
    #[error("Parameter {name} {value:?} is not supported")]
    Unsupported { name: String, value: String },
    #[error("Invalid parameter key {0} for CreateVolume")]
    Unknown(String),
    #[error("gidRangeEnd must be greater than gidRangeStart")]
    Range,
    #[error("Proposed path '{path}' has a folder {folder:?}, which EFS does not take")]
    Folder { path: String, folder: String },
    #[error("Proposed path '{0}' exceeds EFS limit of {LONGEST_PATH} characters")]
    TooLong(String),
    #[error("Proposed path '{0}' EFS limit of {MOST_FOLDERS} directories")]
    TooDeep(String),
    #[error("subPathPattern has no name of a folder in it")]
    NoFolder,
    #[error("subPathPattern {0:?} has ${{ without }}")]
    Unclosed(String),
    #[error(
        "the path specified \"{pattern}\" contains invalid elements: {element}. Use .PVC.name, .PVC.namespace or .PV.name"
    )]
    Element { pattern: String, element: String },
    #[error(transparent)]
    Volume(#[from] BadFileVolume),
}

/// All groups of a class are taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Failed to locate a free GID for the file system {file_system}: all from {first} to {last} are taken"
)]
pub struct NoFreeGroup {
    file_system: String,
    first: u32,
    last: u32,
}

/// An access point to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `fs-…`
    pub file_system: String,
    pub path: String,
    /// Octal digits.
    pub permissions: String,
    pub user: Option<u32>,
    pub group: Option<u32>,
    /// Of these one is given to whoever is not named.
    pub groups: RangeInclusive<u32>,
}

impl Asked {
    /// The user and the group that everybody is there. `taken`: groups that access points of the file system have.
    ///
    /// # Errors
    /// All of them are taken.
    pub fn numbers(&self, taken: &BTreeSet<u32>) -> Result<(u32, u32), NoFreeGroup> {
        if let (Some(user), Some(group)) = (self.user, self.group) {
            return Ok((user, group));
        }
        let free = self.groups.clone().find(|it| !taken.contains(it));
        let free = free.ok_or_else(|| NoFreeGroup {
            file_system: self.file_system.clone(),
            first: *self.groups.start(),
            last: *self.groups.end(),
        })?;
        Ok((self.user.unwrap_or(free), self.group.unwrap_or(free)))
    }
}

/// The name of the volume of a claim, which is the token of its access point.
pub fn volume_name(claim: &Value) -> String {
    format!("pvc-{}", claim.uid())
}

/// # Errors
/// It asks for what cannot be had, which is named.
pub fn asked(claim: &Value, class: &Value) -> Result<Asked, BadClaim> {
    let spec = claim.at("/spec");
    if !spec.at("/selector").is_null() {
        return Err(BadClaim::Selector);
    }
    for source in ["dataSource", "dataSourceRef", "volumeAttributesClassName"] {
        if spec.get(source).is_some_and(|it| !it.is_null()) {
            return Err(BadClaim::Member(source));
        }
    }
    let [file_system, permissions] =
        ["fileSystemId", "directoryPerms"].map(|name| required(class, name));
    match class.at("/parameters").text("/provisioningMode") {
        "" => return Err(BadClaim::NoParameter("provisioningMode")),
        MODE => {}
        other => return Err(BadClaim::Mode(other.to_owned())),
    }
    let mut given = Given::default();
    for (name, value) in class.map("/parameters").into_iter().flatten() {
        given.read(name, value.as_str().unwrap_or_default())?;
    }
    let asked = Asked {
        file_system: file_system?,
        permissions: permissions?,
        path: given.path(claim)?,
        groups: given.groups()?,
        user: given.user,
        group: given.group,
    };
    let digits = asked
        .permissions
        .bytes()
        .all(|it| matches!(it, b'0'..=b'7'));
    if !digits || !(3..=4).contains(&asked.permissions.len()) {
        return Err(BadClaim::Parameter {
            name: "directoryPerms".to_owned(),
            value: asked.permissions,
        });
    }
    // Nobody is to have a volume that no node would mount.
    file_volume::read(&volume(claim, class, &asked.file_system, "fsap-0"))?;
    Ok(asked)
}

fn required(class: &Value, name: &'static str) -> Result<String, BadClaim> {
    match class.at("/parameters").get(name).and_then(Value::as_str) {
        None => Err(BadClaim::NoParameter(name)),
        Some(value) if value.trim().is_empty() => Err(BadClaim::EmptyParameter(name)),
        Some(value) => Ok(value.to_owned()),
    }
}

/// Parameters of a class that need not be there.
#[derive(Default)]
struct Given {
    user: Option<u32>,
    group: Option<u32>,
    first: Option<u32>,
    last: Option<u32>,
    base: String,
    pattern: Option<String>,
    is_unique: Option<bool>,
}

impl Given {
    fn read(&mut self, name: &str, value: &str) -> Result<(), BadClaim> {
        let own = || (name.to_owned(), value.to_owned());
        let wrong = || {
            let (name, value) = own();
            BadClaim::Parameter { name, value }
        };
        let number = |least: u32| {
            let parsed = value.parse::<u32>().ok();
            // The kernel's word for none.
            let parsed = parsed.filter(|it| *it >= least && *it != u32::MAX);
            parsed.map(Some).ok_or_else(wrong)
        };
        let boolean = || {
            value
                .to_ascii_lowercase()
                .parse::<bool>()
                .map_err(|_| wrong())
        };
        match name {
            "provisioningMode" | "fileSystemId" | "directoryPerms" => {}
            "uid" => self.user = number(0)?,
            "gid" => self.group = number(0)?,
            "gidRangeStart" => self.first = number(1)?,
            "gidRangeEnd" => self.last = number(1)?,
            "basePath" => value.clone_into(&mut self.base),
            "subPathPattern" => self.pattern = Some(value.to_owned()),
            "ensureUniqueDirectory" => self.is_unique = Some(boolean()?),
            "reuseAccessPoint" if !boolean()? => {}
            "reuseAccessPoint" | "az" => {
                let (name, value) = own();
                return Err(BadClaim::Unsupported { name, value });
            }
            _ => return Err(BadClaim::Unknown(name.to_owned())),
        }
        Ok(())
    }

    fn groups(&self) -> Result<RangeInclusive<u32>, BadClaim> {
        match (self.first, self.last) {
            (None, None) => Ok(GROUPS),
            (None, Some(_)) => Err(BadClaim::NoParameter("gidRangeStart")),
            (Some(_), None) => Err(BadClaim::NoParameter("gidRangeEnd")),
            (Some(first), Some(last)) if first < last => Ok(first..=last),
            _ => Err(BadClaim::Range),
        }
    }

    fn path(&self, claim: &Value) -> Result<String, BadClaim> {
        let named = match &self.pattern {
            None => volume_name(claim),
            Some(pattern) => {
                let made = filled(pattern, claim)?;
                // By the claim's uid: whoever asks again asks for the same.
                match self.is_unique.unwrap_or(true) {
                    true => format!("{made}-{}", claim.uid()),
                    false => made,
                }
            }
        };
        let whole = format!("{}/{named}", self.base);
        let parts: Vec<&str> = whole.split('/').filter(|it| !it.is_empty()).collect();
        let is_odd = |it: &&str| it.starts_with('.') || it.contains(NOT_IN_PATHS);
        if let Some(odd) = parts.iter().copied().find(is_odd) {
            return Err(BadClaim::Folder {
                folder: odd.to_owned(),
                path: whole.clone(),
            });
        }
        let path = format!("/{}", parts.join("/"));
        if path.chars().count() > LONGEST_PATH {
            return Err(BadClaim::TooLong(path));
        }
        if parts.len() > MOST_FOLDERS {
            return Err(BadClaim::TooDeep(path));
        }
        if parts.is_empty() {
            return Err(BadClaim::NoFolder);
        }
        Ok(path)
    }
}

/// A pattern with what it names of a claim and its volume.
fn filled(pattern: &str, claim: &Value) -> Result<String, BadClaim> {
    let mut made = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        made.push_str(before);
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| BadClaim::Unclosed(pattern.to_owned()))?;
        match name {
            ".PVC.name" => made.push_str(claim.name()),
            ".PVC.namespace" => made.push_str(claim.namespace()),
            ".PV.name" => made.push_str(&volume_name(claim)),
            other => {
                return Err(BadClaim::Element {
                    pattern: pattern.to_owned(),
                    element: other.to_owned(),
                });
            }
        }
        rest = after;
    }
    made.push_str(rest);
    Ok(made)
}

/// The PersistentVolume of an access point that was made for a claim.
pub fn volume(claim: &Value, class: &Value, file_system: &str, point: &str) -> Value {
    let mode = match claim.text("/spec/volumeMode") {
        "" => "Filesystem",
        mode => mode,
    };
    let mut volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {
            "name": volume_name(claim),
            "annotations": {
                PROVISIONED_BY: EFS,
                "volume.kubernetes.io/provisioner-deletion-secret-name": "",
                "volume.kubernetes.io/provisioner-deletion-secret-namespace": "",
            },
            "finalizers": [DELETER],
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            // Nothing holds anybody to it: a file system has no size.
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {
                "kind": "PersistentVolumeClaim", "apiVersion": "v1",
                "namespace": claim.namespace(), "name": claim.name(), "uid": claim.uid(),
                "resourceVersion": claim.resource_version(),
            },
            "csi": {"driver": EFS, "volumeHandle": format!("{file_system}::{point}")},
            "persistentVolumeReclaimPolicy": class["reclaimPolicy"],
            "storageClassName": class.name(),
            "volumeMode": mode,
        },
    });
    let options = class.list("/mountOptions");
    if !options.is_empty() {
        volume["spec"]["mountOptions"] = options.to_vec().into();
    }
    volume
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Value {
        json!({"metadata": {"name": "data", "namespace": "shop", "uid": "u-1"},
            "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "5Gi"}}}})
    }

    fn class(more: Value) -> Value {
        let mut parameters =
            json!({"provisioningMode": "efs-ap", "fileSystemId": "fs-01", "directoryPerms": "700"});
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        json!({"metadata": {"name": "k"}, "reclaimPolicy": "Delete", "parameters": parameters})
    }

    fn of(more: Value) -> Result<Asked, BadClaim> {
        asked(&claim(), &class(more))
    }

    #[test]
    fn parameters() {
        let plain = of(json!({})).unwrap();
        assert_eq!(plain.path, "/pvc-u-1");
        assert_eq!(plain.groups, GROUPS);
        assert_eq!(plain.numbers(&[50_000].into()), Ok((50_001, 50_001)));
        let full = of(json!({
            "uid": "1000", "gidRangeStart": "7", "gidRangeEnd": "9", "basePath": "/a/", "reuseAccessPoint": "false",
            "subPathPattern": "${.PVC.namespace}/x-${.PVC.name}", "ensureUniqueDirectory": "false",
        }));
        let full = full.unwrap();
        assert_eq!(full.path, "/a/shop/x-data");
        assert_eq!(full.numbers(&[7].into()), Ok((1000, 8)));
        let why = full.numbers(&[7, 8, 9].into()).unwrap_err().to_string();
        assert!(why.contains("all from 7 to 9"), "{why}");
        let unique = of(json!({"subPathPattern": "/${.PVC.name}"})).unwrap();
        assert_eq!(unique.path, "/data-u-1");
        let both = of(json!({"uid": "0", "gid": "0"})).unwrap();
        assert_eq!(both.numbers(&BTreeSet::new()), Ok((0, 0)));
        let made = volume(&claim(), &class(json!({})), "fs-01", "fsap-02");
        assert_eq!(made["spec"]["csi"]["volumeHandle"], "fs-01::fsap-02");
        assert_eq!(made["spec"]["capacity"]["storage"], "5Gi");
    }

    #[test]
    fn what_cannot_be_had_is_named() {
        for (parameters, why) in [
            (
                json!({"provisioningMode": null}),
                "Missing provisioningMode",
            ),
            (
                json!({"provisioningMode": "efs-dir"}),
                "Provisioning mode efs-dir is not supported",
            ),
            (json!({"fileSystemId": null}), "Missing fileSystemId"),
            (json!({"fileSystemId": " "}), "fileSystemId cannot be empty"),
            (
                json!({"fileSystemId": "vol-1"}),
                "file system ID of the form",
            ),
            (json!({"directoryPerms": null}), "Missing directoryPerms"),
            (json!({"directoryPerms": "rwx"}), "invalid directoryPerms"),
            (json!({"directoryPerms": "00700"}), "invalid directoryPerms"),
            (json!({"uid": "-1"}), "Failed to parse invalid uid"),
            (json!({"gid": "4294967295"}), "Failed to parse invalid gid"),
            (json!({"gidRangeStart": "5"}), "Missing gidRangeEnd"),
            (json!({"gidRangeEnd": "5"}), "Missing gidRangeStart"),
            (
                json!({"gidRangeStart": "5", "gidRangeEnd": "5"}),
                "must be greater than",
            ),
            (
                json!({"gidRangeStart": "0", "gidRangeEnd": "5"}),
                "Failed to parse invalid gidRangeStart",
            ),
            (
                json!({"subPathPattern": "${.PVC.annotations}"}),
                "contains invalid elements",
            ),
            (json!({"subPathPattern": "${.PVC.name"}), "without }"),
            (
                json!({"subPathPattern": "/", "ensureUniqueDirectory": "false"}),
                "no name of a folder",
            ),
            (json!({"basePath": "/a/../b"}), "folder \"..\""),
            (json!({"basePath": "/a;b"}), "which EFS does not take"),
            (json!({"basePath": "/a/b/c/d"}), "limit of 4 directories"),
            (
                json!({"basePath": "a".repeat(101)}),
                "limit of 100 characters",
            ),
            (
                json!({"ensureUniqueDirectory": "maybe"}),
                "Failed to parse invalid ensureUniqueDirectory",
            ),
            (
                json!({"reuseAccessPoint": "true"}),
                "reuseAccessPoint \"true\" is not supported",
            ),
            (json!({"az": "us-east-1a"}), "az \"us-east-1a\" is not"),
            (json!({"type": "gp3"}), "Invalid parameter key type"),
        ] {
            let refused = of(parameters.clone()).unwrap_err().to_string();
            assert!(refused.contains(why), "{parameters}: {refused}");
        }
        let mut block = claim();
        block["spec"]["volumeMode"] = "Block".into();
        let refused = asked(&block, &class(json!({}))).unwrap_err().to_string();
        assert!(refused.contains("only filesystem volumes"), "{refused}");
        let mut options = class(json!({}));
        options["mountOptions"] = json!(["nconnect=4"]);
        let refused = asked(&claim(), &options).unwrap_err().to_string();
        assert!(refused.contains("nconnect=4 is not"), "{refused}");
        for (member, value) in [
            ("selector", json!({"matchLabels": {"a": "b"}})),
            ("dataSource", json!({"name": "x"})),
        ] {
            let mut other = claim();
            other["spec"][member] = value;
            let refused = asked(&other, &class(json!({}))).unwrap_err().to_string();
            assert!(refused.contains("is not supported"), "{refused}");
        }
    }
}
