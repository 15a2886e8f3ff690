// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `BucketAlreadyExists`, 409
pub fn bucket_already_exists(message: impl Into<String>) -> Fault {
    Fault::sender("BucketAlreadyExists", 409, message)
}

/// `BucketAlreadyOwnedByYou`, 409
pub fn bucket_already_owned_by_you(message: impl Into<String>) -> Fault {
    Fault::sender("BucketAlreadyOwnedByYou", 409, message)
}

/// `EncryptionTypeMismatch`, 400
pub fn encryption_type_mismatch(message: impl Into<String>) -> Fault {
    Fault::sender("EncryptionTypeMismatch", 400, message)
}

/// `InvalidObjectState`, 403
pub fn invalid_object_state(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidObjectState", 403, message)
}

/// `InvalidRequest`, 400
pub fn invalid_request(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidRequest", 400, message)
}

/// `InvalidWriteOffset`, 400
pub fn invalid_write_offset(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidWriteOffset", 400, message)
}

/// `NoSuchBucket`, 404
pub fn no_such_bucket(message: impl Into<String>) -> Fault {
    Fault::sender("NoSuchBucket", 404, message)
}

/// `NoSuchKey`, 404
pub fn no_such_key(message: impl Into<String>) -> Fault {
    Fault::sender("NoSuchKey", 404, message)
}

/// `NoSuchUpload`, 404
pub fn no_such_upload(message: impl Into<String>) -> Fault {
    Fault::sender("NoSuchUpload", 404, message)
}

/// `ObjectNotInActiveTierError`, 403
pub fn object_not_in_active_tier_error(message: impl Into<String>) -> Fault {
    Fault::sender("ObjectNotInActiveTierError", 403, message)
}

/// `TooManyParts`, 400
pub fn too_many_parts(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyParts", 400, message)
}
