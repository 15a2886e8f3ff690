//! What a PersistentVolume of EFS names: what those agree on that make it, take it back and mount it. Pure.
//!
//! Whoever may write PersistentVolumes writes all of it: it says what is asked for, never what may be had.

use serde_json::Value;

use crate::{
    persistent::mode,
    view::{at, map, member, text, texts},
};

/// The driver, as classes and volumes name it.
pub const EFS: &str = "efs.csi.aws.com";
/// Of a handle and of each of its parts, paths included.
const LONGEST: usize = 1024;
/// Written into volumes by who makes them; says nothing about them.
const PROVISIONER_IDENTITY: &str = "storage.kubernetes.io/csiprovisioneridentity";

/// A file system, or a part of it, as a volume of pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVolume {
    /// `fs-…`
    pub file_system: String,
    /// `fsap-…`
    pub access_point: Option<String>,
    /// What is shown of the file system or of the access point: `/` or a folder below.
    pub root: String,
    /// Over TLS.
    pub encrypted: bool,
    /// As the role of the node; else as anybody.
    pub by_role: bool,
    pub read_only: bool,
}

/// Why a volume of the driver cannot be had as it asks to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFileVolume {
    #[error("volume ID '{handle}' is invalid: {why}")]
    Handle { handle: String, why: BadHandle },
    #[error("Volume capability not supported: only filesystem volumes are supported")]
    Block,
    #[error("{0} of a volume of EFS is not supported")]
    Unsupported(&'static str),
    #[error("Volume context property \"{name}\" must be a boolean value: {value:?}")]
    NotBoolean { name: String, value: String },
    #[error("Volume context property \"{0}\" must be an absolute path")]
    NotAbsolute(String),
    #[error("Volume context property {0} not supported.")]
    Attribute(String),
    #[error("Found tls in mountOptions but encryptInTransit is false")]
    NotEncrypted,
    #[error("The \"tls\" option is required when mounting via \"{0}\"")]
    NeedsTls(&'static str),
    #[error("mountOptions: {0} is not supported for a volume of EFS")]
    MountOption(String),
    #[error(
        "Found conflicting access point IDs in mountOptions ({option}) and volumeHandle ({handle})"
    )]
    TwoAccessPoints { option: String, handle: String },
    #[error("the path {0} of a volume of EFS has .. in it")]
    Upwards(String),
    #[error("the path of a volume of EFS has a zero byte in it")]
    ZeroByte,
    #[error("the path of a volume of EFS is longer than {LONGEST} bytes")]
    TooLong,
}

/// What is wrong with the handle of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHandle {
    #[error("Expected a file system ID of the form 'fs-...'")]
    FileSystem,
    #[error("Expected at most three fields separated by ':'")]
    Fields,
    #[error("Expected an access point ID of the form 'fsap-...'")]
    AccessPoint,
}

/// Whether a volume is the driver's.
pub fn is_file_volume(volume: &Value) -> bool {
    let driver = at(volume, &["spec", "csi"]).map_or("", |it| text(it, "driver"));
    driver == EFS
}

/// The file system and the access point of a handle, with what lies between.
///
/// # Errors
/// It is none, and why.
pub fn handle(text: &str) -> Result<(&str, &str, Option<&str>), BadFileVolume> {
    let wrong = |why| {
        let handle = text.to_owned();
        Err(BadFileVolume::Handle { handle, why })
    };
    let mut parts = text.split(':');
    let file_system = parts.next().unwrap_or_default();
    if text.len() > LONGEST || !is_id(file_system, "fs-") {
        return wrong(BadHandle::FileSystem);
    }
    let (path, point) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() {
        return wrong(BadHandle::Fields);
    }
    let point = point.filter(|it| !it.is_empty());
    match point {
        Some(id) if !is_id(id, "fsap-") => wrong(BadHandle::AccessPoint),
        point => Ok((file_system, path, point)),
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    !digits.is_empty() && text.len() <= 128 && digits.bytes().all(|it| it.is_ascii_hexdigit())
}

/// What is to be mounted of a volume of the driver.
///
/// # Errors
/// It asks for what cannot be had, which is named.
pub fn read(volume: &Value) -> Result<FileVolume, BadFileVolume> {
    let spec = &volume["spec"];
    let csi = &spec["csi"];
    if mode(spec) != "Filesystem" {
        return Err(BadFileVolume::Block);
    }
    if !text(csi, "fsType").is_empty() {
        return Err(BadFileVolume::Unsupported("fsType"));
    }
    for secrets in ["nodePublishSecretRef", "nodeStageSecretRef"] {
        if member(csi, secrets).is_some() {
            return Err(BadFileVolume::Unsupported(secrets));
        }
    }
    let (file_system, path, point) = handle(text(csi, "volumeHandle"))?;
    let mut asked = FileVolume {
        file_system: file_system.to_owned(),
        access_point: point.map(str::to_owned),
        root: "/".to_owned(),
        encrypted: true,
        by_role: false,
        read_only: csi["readOnly"] == true,
    };
    for (name, value) in map(csi, "volumeAttributes").into_iter().flatten() {
        attribute(&mut asked, name, value.as_str().unwrap_or_default())?;
    }
    if !path.is_empty() {
        asked.root = folder(path)?;
    }
    let with_tls = asked.encrypted;
    asked.encrypted |= asked.access_point.is_some();
    for option in texts(spec, "mountOptions") {
        mount_option(&mut asked, option, with_tls)?;
    }
    Ok(asked)
}

fn attribute(asked: &mut FileVolume, name: &str, value: &str) -> Result<(), BadFileVolume> {
    match name.to_ascii_lowercase().as_str() {
        "encryptintransit" => {
            asked.encrypted = boolean(value).ok_or_else(|| BadFileVolume::NotBoolean {
                name: name.to_owned(),
                value: value.to_owned(),
            })?;
        }
        "path" => {
            if !value.starts_with('/') {
                return Err(BadFileVolume::NotAbsolute(name.to_owned()));
            }
            asked.root = folder(value)?;
        }
        PROVISIONER_IDENTITY => {}
        _ => return Err(BadFileVolume::Attribute(name.to_owned())),
    }
    Ok(())
}

/// As Go reads them, which is what people write them for.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn mount_option(asked: &mut FileVolume, option: &str, with_tls: bool) -> Result<(), BadFileVolume> {
    match option {
        "tls" if !with_tls => return Err(BadFileVolume::NotEncrypted),
        "tls" => {}
        "iam" if !asked.encrypted => return Err(BadFileVolume::NeedsTls("iam")),
        "iam" => asked.by_role = true,
        "ro" => asked.read_only = true,
        "rw" if !asked.read_only => {}
        other => {
            let named = other.strip_prefix("accesspoint=");
            let Some(point) = named.filter(|it| is_id(it, "fsap-")) else {
                return Err(BadFileVolume::MountOption(other.to_owned()));
            };
            if let Some(known) = asked.access_point.as_deref().filter(|it| *it != point) {
                return Err(BadFileVolume::TwoAccessPoints {
                    option: point.to_owned(),
                    handle: known.to_owned(),
                });
            }
            if !with_tls {
                return Err(BadFileVolume::NeedsTls("accesspoint"));
            }
            asked.access_point = Some(point.to_owned());
        }
    }
    Ok(())
}

/// From the root, without empty parts. None leads upwards.
fn folder(path: &str) -> Result<String, BadFileVolume> {
    let mut clean = String::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(BadFileVolume::Upwards(path.to_owned())),
            part if part.contains('\0') => return Err(BadFileVolume::ZeroByte),
            part => {
                clean.push('/');
                clean.push_str(part);
            }
        }
    }
    if path.len() > LONGEST {
        return Err(BadFileVolume::TooLong);
    }
    if clean.is_empty() {
        clean.push('/');
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(csi: Value, rest: Value) -> Result<FileVolume, BadFileVolume> {
        let mut spec = rest;
        spec["csi"] = csi;
        spec["csi"]["driver"] = EFS.into();
        read(&json!({ "spec": spec }))
    }

    #[test]
    fn handles_and_options() {
        let whole = FileVolume {
            file_system: "fs-01".to_owned(),
            access_point: None,
            root: "/".to_owned(),
            encrypted: true,
            by_role: false,
            read_only: false,
        };
        let point = Some("fsap-02".to_owned());
        for (csi, rest, expected) in [
            (json!({"volumeHandle": "fs-01"}), json!({}), whole.clone()),
            (json!({"volumeHandle": "fs-01::"}), json!({}), whole.clone()),
            (
                json!({"volumeHandle": "fs-01:a//b/./:"}),
                json!({}),
                FileVolume {
                    root: "/a/b".to_owned(),
                    ..whole.clone()
                },
            ),
            (
                json!({"volumeHandle": "fs-01::fsap-02", "volumeAttributes": {"encryptInTransit": "false",
                    "storage.kubernetes.io/csiProvisionerIdentity": "x"}}),
                json!({"mountOptions": ["iam"]}),
                FileVolume {
                    access_point: point.clone(),
                    by_role: true,
                    ..whole.clone()
                },
            ),
            (
                json!({"volumeHandle": "fs-01", "volumeAttributes": {"encryptInTransit": "false", "path": "/c"}, "readOnly": true}),
                json!({}),
                FileVolume {
                    root: "/c".to_owned(),
                    encrypted: false,
                    read_only: true,
                    ..whole.clone()
                },
            ),
            (
                json!({"volumeHandle": "fs-01"}),
                json!({"mountOptions": ["tls", "iam", "ro", "accesspoint=fsap-02"]}),
                FileVolume {
                    access_point: point,
                    by_role: true,
                    read_only: true,
                    ..whole
                },
            ),
        ] {
            assert_eq!(of(csi.clone(), rest), Ok(expected), "{csi}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_named() {
        let known = || json!({"volumeHandle": "fs-01"});
        for (csi, rest, why) in [
            (json!({}), json!({}), "file system ID of the form"),
            (
                json!({"volumeHandle": "vol-01"}),
                json!({}),
                "file system ID of the form",
            ),
            (
                json!({"volumeHandle": "fs-../x"}),
                json!({}),
                "file system ID of the form",
            ),
            (
                json!({"volumeHandle": "fs-01:a:fsap-02:x"}),
                json!({}),
                "at most three fields",
            ),
            (
                json!({"volumeHandle": "fs-01::ap-02"}),
                json!({}),
                "access point ID of the form",
            ),
            (
                json!({"volumeHandle": "fs-01:/a/../b"}),
                json!({}),
                "has .. in it",
            ),
            (
                json!({"volumeHandle": format!("fs-01:{}", "a".repeat(2000))}),
                json!({}),
                "file system ID of the form",
            ),
            (
                known(),
                json!({"volumeMode": "Block"}),
                "only filesystem volumes",
            ),
            (
                json!({"volumeHandle": "fs-01", "fsType": "nfs4"}),
                json!({}),
                "fsType",
            ),
            (
                json!({"volumeHandle": "fs-01", "nodePublishSecretRef": {"name": "x"}}),
                json!({}),
                "nodePublishSecretRef",
            ),
            (
                json!({"volumeHandle": "fs-01", "volumeAttributes": {"mounttargetip": "10.0.0.1"}}),
                json!({}),
                "property mounttargetip not supported",
            ),
            (
                json!({"volumeHandle": "fs-01", "volumeAttributes": {"encryptInTransit": "perhaps"}}),
                json!({}),
                "must be a boolean",
            ),
            (
                json!({"volumeHandle": "fs-01", "volumeAttributes": {"path": "a"}}),
                json!({}),
                "must be an absolute path",
            ),
            (
                json!({"volumeHandle": "fs-01", "volumeAttributes": {"encryptInTransit": "false"}}),
                json!({"mountOptions": ["tls"]}),
                "Found tls in mountOptions",
            ),
            (
                json!({"volumeHandle": "fs-01", "volumeAttributes": {"encryptInTransit": "false"}}),
                json!({"mountOptions": ["iam"]}),
                "required when mounting via \"iam\"",
            ),
            (
                json!({"volumeHandle": "fs-01", "volumeAttributes": {"encryptInTransit": "false"}}),
                json!({"mountOptions": ["accesspoint=fsap-02"]}),
                "required when mounting via \"accesspoint\"",
            ),
            (
                json!({"volumeHandle": "fs-01::fsap-03"}),
                json!({"mountOptions": ["accesspoint=fsap-02"]}),
                "conflicting access point IDs",
            ),
            (
                known(),
                json!({"mountOptions": ["mounttargetip=10.0.0.1"]}),
                "mountOptions: mounttargetip=10.0.0.1 is not supported",
            ),
            (
                known(),
                json!({"mountOptions": ["nconnect=4"]}),
                "mountOptions: nconnect=4 is not supported",
            ),
        ] {
            let refused = of(csi.clone(), rest).unwrap_err().to_string();
            assert!(refused.contains(why), "{csi}: {refused}");
        }
    }
}
