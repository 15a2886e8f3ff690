//! Where what sessions of ECS Exec print is kept: `executeCommandConfiguration` of clusters (spec ecs §5).

use serde_json::Value;
use wharf_api_ecs::{ExecuteCommandConfiguration, ExecuteCommandLogConfiguration};
use wharf_wire::Fault;

use crate::{acs::message::Logging, document, fault};

const NONE: &str = "NONE";
/// To the log group of the container's own driver.
const DEFAULT: &str = "DEFAULT";
const OVERRIDE: &str = "OVERRIDE";

/// What can be kept.
pub fn check(given: &ExecuteCommandConfiguration) -> Result<(), Fault> {
    let places = given.log_configuration.as_ref();
    match given.logging.as_deref().unwrap_or(DEFAULT) {
        NONE | DEFAULT => Ok(()),
        OVERRIDE if places.is_some_and(|it| group(it).is_some() || bucket(it).is_some()) => Ok(()),
        OVERRIDE => Err(fault::invalid(
            "logConfiguration must name a CloudWatch log group or an S3 bucket when logging is OVERRIDE.",
        )),
        _ => Err(fault::invalid(
            "logging should be one of [NONE, DEFAULT, OVERRIDE].",
        )),
    }
}

/// What the agents of a cluster with this configuration are told.
///
/// # Errors
/// The configuration was recorded before it was checked, and cannot be followed.
pub fn of(configuration: Option<&Value>) -> Result<Logging, Fault> {
    let read = configuration.map(document::configuration).transpose();
    let configuration = read.map_err(|bad| fault::server(&bad))?.unwrap_or_default();
    let sessions = configuration
        .execute_command_configuration
        .unwrap_or_default();
    check(&sessions)?;
    let kind = sessions.logging.unwrap_or_else(|| DEFAULT.to_owned());
    let places = match kind.as_str() {
        OVERRIDE => sessions.log_configuration.unwrap_or_default(),
        _ => ExecuteCommandLogConfiguration::default(),
    };
    Ok(Logging {
        kind,
        log_group: group(&places).unwrap_or_default().to_owned(),
        log_group_encrypted: places.cloud_watch_encryption_enabled.unwrap_or(false),
        bucket: bucket(&places).unwrap_or_default().to_owned(),
        key_prefix: places.s3_key_prefix.unwrap_or_default(),
    })
}

/// Whether sessions that nobody keeps must not begin.
pub fn is_asked_for(logging: &Logging) -> bool {
    logging.kind == OVERRIDE
}

fn group(places: &ExecuteCommandLogConfiguration) -> Option<&str> {
    let name = places.cloud_watch_log_group_name.as_deref();
    name.filter(|name| !name.is_empty())
}

fn bucket(places: &ExecuteCommandLogConfiguration) -> Option<&str> {
    let name = places.s3_bucket_name.as_deref();
    name.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn agents_are_told_what_clusters_say() {
        let told = |document: Option<Value>| of(document.as_ref()).unwrap();
        assert_eq!(told(None).kind, DEFAULT);
        assert_eq!(told(Some(json!({}))).kind, DEFAULT);
        let sessions = |logging: &str| {
            json!({"executeCommandConfiguration": {"logging": logging, "logConfiguration": {
                "cloudWatchLogGroupName": "audit", "cloudWatchEncryptionEnabled": true,
                "s3BucketName": "kept", "s3KeyPrefix": "exec"}}})
        };
        let kept = told(Some(sessions(OVERRIDE)));
        assert_eq!(
            kept,
            Logging {
                kind: OVERRIDE.to_owned(),
                log_group: "audit".to_owned(),
                log_group_encrypted: true,
                bucket: "kept".to_owned(),
                key_prefix: "exec".to_owned(),
            }
        );
        // Versions before recorded whatever was given.
        let recorded = json!({"executeCommandConfiguration": {"logging": OVERRIDE}});
        assert!(of(Some(&recorded)).is_err());
        // Places are for OVERRIDE alone.
        for kind in [NONE, DEFAULT] {
            let none = Logging {
                kind: kind.to_owned(),
                ..Logging::default()
            };
            assert_eq!(told(Some(sessions(kind))), none);
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let check_of = |logging: Option<&str>, group: Option<&str>| {
            check(&ExecuteCommandConfiguration {
                logging: logging.map(str::to_owned),
                log_configuration: Some(ExecuteCommandLogConfiguration {
                    cloud_watch_log_group_name: group.map(str::to_owned),
                    ..Default::default()
                }),
                ..Default::default()
            })
        };
        assert!(check_of(None, None).is_ok());
        assert!(check_of(Some(OVERRIDE), Some("audit")).is_ok());
        for (logging, group) in [
            (OVERRIDE, None),
            (OVERRIDE, Some("")),
            ("SOME", Some("audit")),
        ] {
            let refused = check_of(Some(logging), group).unwrap_err();
            assert_eq!(refused.code, "InvalidParameterException");
        }
    }
}
