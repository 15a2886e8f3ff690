//! What S3 says of a request that breaks the model: it knows no summaries of constraints. Pure.

use wharf_wire::{Fault, constraints::Violation};

use crate::fault;

/// `None` for what the protocol says.
pub fn refuse(_operation: &str, violations: &[Violation]) -> Option<Fault> {
    let first = violations.first()?;
    let value = first.value.as_deref().unwrap_or_default();
    Some(match first.member {
        "LocationConstraint" => fault::bad_location(value),
        "Events" => {
            let text = "A specified event is not supported for notifications";
            fault::argument(text, "Event", value)
        }
        // All that has members is a document of XML.
        _ if first.path.contains('.') => fault::malformed_xml(),
        "StorageClass" => fault::bad_storage_class(value),
        "EncodingType" => fault::bad_encoding(value),
        "ServerSideEncryption" => {
            let text = "The encryption method specified is not supported";
            fault::argument(text, "x-amz-server-side-encryption", value)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use wharf_wire::constraints::Broken;

    use super::*;

    #[test]
    fn documents_headers_and_the_rest() {
        let refused = |path: &str, member: &'static str| {
            let violation = Violation {
                path: path.to_owned(),
                member,
                value: Some("x".to_owned()),
                broken: Broken::Missing,
            };
            refuse("PutObject", &[violation]).map(|it| it.code.into_owned())
        };
        for (path, member, code) in [
            ("delete.objects", "Objects", "MalformedXML"),
            ("versioningConfiguration.status", "Status", "MalformedXML"),
            (
                "createBucketConfiguration.locationConstraint",
                "LocationConstraint",
                "InvalidLocationConstraint",
            ),
            ("storageClass", "StorageClass", "InvalidStorageClass"),
            ("encodingType", "EncodingType", "InvalidArgument"),
        ] {
            assert_eq!(refused(path, member).as_deref(), Some(code), "{path}");
        }
        assert_eq!(refused("key", "Key"), None);
        assert!(refuse("PutObject", &[]).is_none());
    }
}
