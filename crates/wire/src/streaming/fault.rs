//! What S3, the only service with bodies of this kind, answers when one of them is not as promised.

use super::Algorithm;
use crate::Fault;

fn bad(code: &'static str, text: impl Into<String>) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn invalid_request(text: impl Into<String>) -> Fault {
    bad("InvalidRequest", text)
}

/// A header that must be there is not.
pub fn missing_header(name: &str) -> Fault {
    invalid_request(format!("Missing required header for this request: {name}"))
}

/// A value of `x-amz-content-sha256` that is none.
pub fn no_digest(value: &str) -> Fault {
    let text = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid \
                sha256 value.";
    let fault = bad("InvalidArgument", text);
    fault
        .with("ArgumentName", "x-amz-content-sha256")
        .with("ArgumentValue", value)
}

pub fn missing_length() -> Fault {
    let text = "You must provide the Content-Length HTTP header.";
    Fault::sender("MissingContentLength", 411, text)
}

pub fn too_large() -> Fault {
    let text = "Your proposed upload exceeds the maximum allowed size";
    bad("EntityTooLarge", text)
}

/// The body ended too early, or did not end where it was to.
pub fn incomplete() -> Fault {
    let text =
        "You did not provide the number of bytes specified by the Content-Length HTTP header";
    bad("IncompleteBody", text)
}

pub fn other_sha256(promised: &str, computed: &str) -> Fault {
    let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    bad("XAmzContentSHA256Mismatch", text)
        .with("ClientComputedContentSHA256", promised)
        .with("S3ComputedContentSHA256", computed)
}

pub fn other_checksum(algorithm: Algorithm) -> Fault {
    let text = match algorithm {
        Algorithm::Md5 => {
            "The Content-MD5 you specified did not match what we received.".to_owned()
        }
        other => format!(
            "The {} you specified did not match the calculated checksum.",
            other.name()
        ),
    };
    bad("BadDigest", text)
}

/// A checksum that is none of its algorithm.
pub fn no_checksum(algorithm: Algorithm) -> Fault {
    match algorithm {
        Algorithm::Md5 => bad(
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
        ),
        other => invalid_request(format!("Value for {} header is invalid.", other.header())),
    }
}

/// A chunk's signature is not the one of its bytes.
pub fn other_signature() -> Fault {
    let text = "The request signature we calculated does not match the signature you provided. Check your \
                key and signing method.";
    Fault::sender("SignatureDoesNotMatch", 403, text)
}

/// The framing of chunks is broken.
pub fn no_chunk() -> Fault {
    bad("IncompleteBody", "The request body terminated unexpectedly")
}

pub fn small_chunk() -> Fault {
    let text = "Only the last chunk is allowed to have a size less than 8192 bytes";
    Fault::sender("InvalidChunkSizeError", 403, text)
}

pub fn no_trailer() -> Fault {
    let text = "The request contained trailing data that was not well-formed or did not conform to our \
                published schema.";
    bad("MalformedTrailerError", text)
}

/// The bytes came too slowly, or not at all.
pub fn too_slow() -> Fault {
    let text = "Your socket connection to the server was not read from or written to within the timeout \
                period. Idle connections will be closed.";
    bad("RequestTimeout", text)
}

pub fn not_implemented(text: &str) -> Fault {
    Fault::sender("NotImplemented", 501, text)
}

pub fn internal() -> Fault {
    Fault {
        sender: false,
        ..Fault::sender(
            "InternalError",
            500,
            "We encountered an internal error. Please try again.",
        )
    }
}
