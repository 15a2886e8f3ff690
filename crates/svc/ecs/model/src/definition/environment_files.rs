//! `environmentFiles`: objects of S3 whose variables a container gets.

use wharf_api_ecs::{ContainerDefinition, EnvironmentFile, TaskDefinition};
use wharf_wire::Fault;

use super::{containers, name};
use crate::fault;

const MOST: usize = 10;
/// How much of a caller's words goes into an answer, in characters.
const MAX_SHOWN: usize = 255;

/// What is wrong with a container's files, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFiles {
    #[error("Container '{container}': 'environmentFiles' can have at most {MOST} items.")]
    TooMany { container: String },
    #[error(
        "Container '{container}': the type '{kind}' of an environment file is not valid; it must be 's3'."
    )]
    Kind { container: String, kind: String },
    #[error(
        "Container '{container}': '{value}' is not the Amazon S3 ARN of an environment file, whose name \
         ends with '.env'."
    )]
    Value { container: String, value: String },
}

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    for container in containers(definition) {
        let files = files(container);
        if !files.is_empty() && definition.execution_role_arn.is_none() {
            return Err(fault::client(
                "When you are specifying environment files, you must also specify a value for \
                 'executionRoleArn'.",
            ));
        }
        of_container(name(container), files).map_err(|bad| fault::client(bad.to_string()))?;
    }
    Ok(())
}

/// Those of a definition, or of an override in their place.
///
/// # Errors
/// One of them cannot be had, or they are too many.
pub fn of_container(name: &str, files: &[EnvironmentFile]) -> Result<(), BadFiles> {
    let container = || name.to_owned();
    if files.len() > MOST {
        return Err(BadFiles::TooMany {
            container: container(),
        });
    }
    for file in files {
        let kind = file.type_.as_deref().unwrap_or_default();
        if kind != "s3" {
            return Err(BadFiles::Kind {
                container: container(),
                kind: shown(kind),
            });
        }
        let value = file.value.as_deref().unwrap_or_default();
        if !is_file(value) {
            return Err(BadFiles::Value {
                container: container(),
                value: shown(value),
            });
        }
    }
    Ok(())
}

/// `arn:aws:s3:::BUCKET/KEY.env`
fn is_file(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "s3", "", "", object] if !partition.is_empty() => {
            let object = object.split_once('/');
            object.is_some_and(|(bucket, key)| !bucket.is_empty() && key.ends_with(".env"))
        }
        _ => false,
    }
}

fn files(container: &ContainerDefinition) -> &[EnvironmentFile] {
    container.environment_files.as_deref().unwrap_or_default()
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is() {
        let check = |kind: &str, value: &str, expected: &str| {
            let file = EnvironmentFile {
                type_: Some(kind.to_owned()),
                value: Some(value.to_owned()),
            };
            let told = of_container("main", &[file]).err();
            let told = told.map_or_else(String::new, |bad| bad.to_string());
            match expected {
                "" => assert_eq!(told, ""),
                part => assert!(told.contains(part), "{told}"),
            }
        };
        check("s3", "arn:aws:s3:::bucket/a/b.env", "");
        check("ssm", "arn:aws:s3:::bucket/a.env", "the type 'ssm'");
        for value in [
            "",
            "a.env",
            "s3://bucket/a.env",
            "arn:aws:s3:::bucket",
            "arn:aws:s3:::bucket/a.txt",
            "arn:aws:s3:::/a.env",
            "arn:aws:s3:us-east-1::bucket/a.env",
            "arn:aws:sqs:::bucket/a.env",
        ] {
            check("s3", value, "is not the Amazon S3 ARN");
        }
    }

    #[test]
    fn how_many_there_may_be_and_whose_rights_they_need() {
        let file = || EnvironmentFile {
            type_: Some("s3".to_owned()),
            value: Some("arn:aws:s3:::bucket/a.env".to_owned()),
        };
        let check = |count: usize, role: Option<&str>, expected: &str| {
            let definition = TaskDefinition {
                execution_role_arn: role.map(str::to_owned),
                container_definitions: Some(vec![ContainerDefinition {
                    name: Some("main".to_owned()),
                    environment_files: Some((0..count).map(|_| file()).collect()),
                    ..ContainerDefinition::default()
                }]),
                ..TaskDefinition::default()
            };
            let told =
                super::check(&definition).map_or_else(|fault| fault.message, |()| String::new());
            assert_eq!(told, expected);
        };
        let none = "When you are specifying environment files, you must also specify a value for \
                    'executionRoleArn'.";
        let many = "Container 'main': 'environmentFiles' can have at most 10 items.";
        check(0, None, "");
        check(1, None, none);
        check(10, Some("role"), "");
        check(11, Some("role"), many);
    }
}
