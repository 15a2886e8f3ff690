//! The service's own sentences. Those of its model are in `wharf_api_s3::faults`.

use std::error::Error;

use wharf_api_s3::faults;
use wharf_base::ShareFull;
use wharf_blobs::BlobError;
use wharf_journal::JournalError;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wanted::WantedError;
use wharf_wire::Fault;

use crate::{packs::PackError, records::Object};

/// What the service says when its records or pages fail.
#[derive(Debug)]
pub enum S3Faults {}

impl Faults for S3Faults {
    fn internal(cause: &dyn Error) -> Fault {
        let text = "We encountered an internal error. Please try again.";
        Fault::receiver("InternalError", 500, text, cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        aborted()
    }

    fn full(cause: &ShareFull) -> Fault {
        Fault::sender("InsufficientStorage", 507, cause.to_string())
    }

    fn bad_token() -> Fault {
        argument(
            "The continuation token provided is incorrect",
            "continuation-token",
            "",
        )
    }
}

/// Another operation is at work on the same.
pub fn aborted() -> Fault {
    let text = "A conflicting conditional operation is currently in progress against this resource. Try again.";
    Fault::sender("OperationAborted", 409, text)
}

fn bad(code: &'static str, text: impl Into<String>) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn argument(text: impl Into<String>, name: &str, value: &str) -> Fault {
    bad("InvalidArgument", text)
        .with("ArgumentName", name)
        .with("ArgumentValue", value)
}

pub fn invalid_request(text: impl Into<String>) -> Fault {
    faults::invalid_request(text)
}

/// A checksum of another algorithm than the upload was begun with.
pub fn other_checksum(expected: &str, actual: &str) -> Fault {
    let (expected, actual) = (expected.to_ascii_lowercase(), actual.to_ascii_lowercase());
    invalid_request(format!(
        "Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}"
    ))
}

pub fn no_bucket(name: &str) -> Fault {
    faults::no_such_bucket("The specified bucket does not exist").with("BucketName", name)
}

pub fn no_key(key: &str) -> Fault {
    faults::no_such_key("The specified key does not exist.").with("Key", key)
}

pub fn no_version(key: &str, version: &str) -> Fault {
    Fault::sender(
        "NoSuchVersion",
        404,
        "The specified version does not exist.",
    )
    .with("Key", key)
    .with("VersionId", version)
}

pub fn bad_version() -> Fault {
    argument("Invalid version id specified", "versionId", "")
}

pub fn no_upload(id: &str) -> Fault {
    let text = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                aborted or completed.";
    faults::no_such_upload(text).with("UploadId", id)
}

pub fn bad_bucket_name(name: &str) -> Fault {
    bad("InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name)
}

pub fn bad_uri(uri: &str) -> Fault {
    bad("InvalidURI", "Couldn't parse the specified URI.").with("URI", uri.replace('\0', "%00"))
}

pub fn key_too_long(size: usize) -> Fault {
    bad("KeyTooLongError", "Your key is too long")
        .with("Size", size.to_string())
        .with("MaxSizeAllowed", crate::names::MAX_KEY.to_string())
}

pub fn denied() -> Fault {
    Fault::sender("AccessDenied", 403, "Access Denied")
}

pub fn not_empty(name: &str) -> Fault {
    Fault::sender(
        "BucketNotEmpty",
        409,
        "The bucket you tried to delete is not empty",
    )
    .with("BucketName", name)
}

pub fn not_empty_of_versions(name: &str) -> Fault {
    let text =
        "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
    Fault::sender("BucketNotEmpty", 409, text).with("BucketName", name)
}

pub fn precondition(condition: &str) -> Fault {
    let text = "At least one of the pre-conditions you specified did not hold";
    Fault::sender("PreconditionFailed", 412, text).with("Condition", condition)
}

/// What a client has is what there is: caches go on by these headers. `cache_control`: in place of the object's.
pub fn not_modified(object: &Object, cache_control: Option<&str>) -> Fault {
    let fault = Fault::sender("NotModified", 304, "Not Modified")
        .with_header("etag", format!("\"{}\"", object.etag))
        .with_header("last-modified", object.modified.http_date());
    match cache_control.or(object.heads.cache_control.as_deref()) {
        Some(control) => fault.with_header("cache-control", control),
        None => fault,
    }
}

/// Says of an answer that it is about a marker of a deletion.
const MARKER: &str = "x-amz-delete-marker";

/// Markers have no tags: who asks for them is not told that there is no such key.
pub fn of_tags(fault: Fault) -> Fault {
    let is_of_marker = fault.headers().any(|(name, _)| name == MARKER);
    match is_of_marker && fault.status == 404 {
        false => fault,
        true => Fault {
            members: fault.members,
            ..method()
        }
        .with_header("allow", "DELETE"),
    }
}

/// Instead of an object there is a marker that it was deleted, of this version.
pub fn of_marker(fault: Fault, version: Option<String>) -> Fault {
    let fault = fault.with_header(MARKER, "true");
    match version {
        Some(version) => fault.with_header("x-amz-version-id", version),
        None => fault,
    }
}

pub fn range(asked: &str, size: u64) -> Fault {
    Fault::sender(
        "InvalidRange",
        416,
        "The requested range is not satisfiable",
    )
    .with("RangeRequested", asked)
    .with("ActualObjectSize", size.to_string())
}

pub fn method() -> Fault {
    let text = "The specified method is not allowed against this resource.";
    Fault::sender("MethodNotAllowed", 405, text)
}

pub fn not_implemented(text: &str) -> Fault {
    Fault::sender("NotImplemented", 501, text)
}

/// A configuration is larger than a bucket keeps.
pub fn too_large_configuration() -> Fault {
    Fault::sender(
        "MaxMessageLengthExceeded",
        400,
        "Your request was too large.",
    )
}

pub fn malformed_xml() -> Fault {
    let text =
        "The XML you provided was not well-formed or did not validate against our published schema";
    bad("MalformedXML", text)
}

pub fn bad_location(asked: &str) -> Fault {
    let text = "The specified location-constraint is not valid";
    bad("InvalidLocationConstraint", text).with("LocationConstraint", asked)
}

pub fn bad_storage_class(asked: &str) -> Fault {
    let text = "The storage class you specified is not valid";
    bad("InvalidStorageClass", text).with("StorageClassRequested", asked)
}

pub fn bad_encoding(asked: &str) -> Fault {
    let text = "Invalid Encoding Method specified in Request";
    argument(text, "encoding-type", asked)
}

pub fn no_acls() -> Fault {
    bad(
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
    )
}

/// A configuration that a bucket does not have.
pub fn nothing(code: &'static str, text: &'static str, bucket: &str) -> Fault {
    Fault::sender(code, 404, text).with("BucketName", bucket)
}

/// What was needed went in between, again and again; the client tries once more.
pub fn lost() -> Fault {
    Fault {
        sender: false,
        ..Fault::sender("SlowDown", 503, "Please reduce your request rate.")
    }
}

/// Bytes that a record names are not there. Whoever reads finds out whether the record is as it was
/// (`ops::get::read`).
pub fn gone() -> Fault {
    let text = "We encountered an internal error. Please try again.";
    Fault {
        sender: false,
        ..Fault::sender("InternalError", 500, text)
    }
}

/// Bytes could not be kept.
pub fn blob(error: BlobError) -> Fault {
    let is_full = matches!(error, BlobError::NoSpace(_));
    let is_busy = matches!(error, BlobError::TooManyUploads { .. });
    match error {
        BlobError::TooLarge { .. } => bad(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
        ),
        _ if is_full => full(&error),
        _ if is_busy => busy(&error),
        _ => S3Faults::internal(&error),
    }
}

pub fn pack(error: PackError) -> Fault {
    match error {
        PackError::Journal(error @ JournalError::DiskFull { .. }) => full(&error),
        PackError::Journal(error @ JournalError::Later { .. }) => busy(&error),
        error => S3Faults::internal(&error),
    }
}

fn full(cause: &dyn Error) -> Fault {
    let text = "The disk for objects is full.";
    Fault::receiver("InsufficientStorage", 507, text, cause)
}

fn busy(cause: &dyn Error) -> Fault {
    Fault::receiver("SlowDown", 503, "Please reduce your request rate.", cause)
}

pub fn wanted(error: WantedError) -> Fault {
    match error {
        WantedError::Blob(error) => blob(error),
        other => S3Faults::internal(&other),
    }
}
