//! What the head of a request promises of its body.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{Algorithm, fault};
use crate::{
    Fault,
    schema::Checksums,
    sigv4::{RequestParts, UNSIGNED_PAYLOAD},
};

const SIGNED_CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_CHUNKS_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_CHUNKS_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const DECODED_LENGTH: &str = "x-amz-decoded-content-length";
const ALGORITHM: &str = "x-amz-sdk-checksum-algorithm";
const CHECKSUM_PREFIX: &str = "x-amz-checksum-";

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// It is what it is.
    None,
    /// `aws-chunked`
    Chunks { signed: bool, trailers: bool },
}

/// What a body must turn out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    pub framing: Framing,
    /// Without the framing.
    pub length: u64,
    /// In hexadecimal.
    pub sha256: Option<String>,
    /// By headers.
    pub checksums: Vec<(Algorithm, Vec<u8>)>,
    /// By trailers to come.
    pub trailers: Vec<Algorithm>,
}

impl Promise {
    /// Reads the headers of a request. `payload` stands for the body's digest where the head was signed, see
    /// [`crate::sigv4::Signature::promised_payload`]. Where the operation `streams` its body, the length must be said.
    pub fn read(
        request: &RequestParts<'_>,
        payload: &str,
        rules: &Checksums,
        streams: bool,
    ) -> Result<Self, Fault> {
        let (framing, sha256) = framing(payload)?;
        let length = length(request, framing, streams)?;
        let checksums = checksums(request)?;
        let trailers = trailers(request, framing)?;
        check_algorithm(request, &checksums, &trailers)?;
        if rules.required && checksums.is_empty() && trailers.is_empty() {
            return Err(fault::missing_header("Content-MD5 OR x-amz-checksum-*"));
        }
        Ok(Self {
            framing,
            length,
            sha256,
            checksums,
            trailers,
        })
    }
}

/// What `x-amz-content-sha256` says.
fn framing(payload: &str) -> Result<(Framing, Option<String>), Fault> {
    let chunks = |signed, trailers| Ok((Framing::Chunks { signed, trailers }, None));
    match payload {
        UNSIGNED_PAYLOAD => Ok((Framing::None, None)),
        SIGNED_CHUNKS => chunks(true, false),
        SIGNED_CHUNKS_TRAILER => chunks(true, true),
        UNSIGNED_CHUNKS_TRAILER => chunks(false, true),
        other if other.starts_with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD") => {
            let text = "Signatures of version 4A are not supported by this version of wharf.";
            Err(fault::not_implemented(text))
        }
        digest if digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok((Framing::None, Some(digest.to_ascii_lowercase())))
        }
        other => Err(fault::no_digest(other)),
    }
}

fn length(request: &RequestParts<'_>, framing: Framing, streams: bool) -> Result<u64, Fault> {
    let name = match framing {
        Framing::None => "content-length",
        Framing::Chunks { .. } => DECODED_LENGTH,
    };
    let may_have_body = match streams {
        true => request.has_body(),
        // A copy is put without a body, and some clients say nothing of one.
        false => request.has_body() && request.header("transfer-encoding").is_some(),
    };
    match request.header(name) {
        Some(length) if length.bytes().all(|b| b.is_ascii_digit()) => {
            length.parse().map_err(|_| fault::too_large())
        }
        // Requests that have no body say no length.
        None if framing == Framing::None && !may_have_body => Ok(0),
        _ => Err(fault::missing_length()),
    }
}

fn checksums(request: &RequestParts<'_>) -> Result<Vec<(Algorithm, Vec<u8>)>, Fault> {
    let mut found = Vec::new();
    for (name, value) in request.headers {
        let Some(algorithm) = Algorithm::of_header(name) else {
            refuse_unknown(name)?;
            continue;
        };
        let sum = decoded(algorithm, value)?;
        found.push((algorithm, sum));
    }
    let added = found.iter().filter(|(it, _)| *it != Algorithm::Md5);
    if added.count() > 1 {
        return Err(several());
    }
    Ok(found)
}

/// A checksum of an algorithm that is not here must not be taken for one that was checked.
fn refuse_unknown(header: &str) -> Result<(), Fault> {
    let name = header.strip_prefix(CHECKSUM_PREFIX).unwrap_or_default();
    match name {
        // What they say is no checksum.
        "" | "algorithm" | "mode" | "type" => Ok(()),
        _ => Err(fault::not_implemented(&format!(
            "The header {header} is not supported by this version of wharf."
        ))),
    }
}

fn several() -> Fault {
    fault::invalid_request(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )
}

pub(super) fn decoded(algorithm: Algorithm, value: &str) -> Result<Vec<u8>, Fault> {
    let sum = BASE64.decode(value.trim()).ok();
    sum.filter(|it| it.len() == algorithm.width())
        .ok_or_else(|| fault::no_checksum(algorithm))
}

/// The checksums that `x-amz-trailer` announces.
fn trailers(request: &RequestParts<'_>, framing: Framing) -> Result<Vec<Algorithm>, Fault> {
    let announced = request.header("x-amz-trailer").unwrap_or_default();
    let names = announced.split(',').map(str::trim);
    let mut found = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        let algorithm = Algorithm::of_header(&name.to_ascii_lowercase());
        let known = algorithm.filter(|it| *it != Algorithm::Md5);
        found.push(known.ok_or_else(|| {
            fault::invalid_request(
                "The value specified in the x-amz-trailer header is not supported",
            )
        })?);
    }
    match framing {
        Framing::Chunks { trailers: true, .. } if found.len() <= 1 => Ok(found),
        _ if found.is_empty() => Ok(found),
        Framing::Chunks { trailers: true, .. } => Err(several()),
        _ => Err(fault::no_trailer()),
    }
}

/// Who names an algorithm must send its checksum.
fn check_algorithm(
    request: &RequestParts<'_>,
    checksums: &[(Algorithm, Vec<u8>)],
    trailers: &[Algorithm],
) -> Result<(), Fault> {
    let Some(named) = request.header(ALGORITHM) else {
        return Ok(());
    };
    let sent = checksums
        .iter()
        .map(|(it, _)| *it)
        .chain(trailers.iter().copied());
    let sent: Vec<Algorithm> = sent.filter(|it| *it != Algorithm::Md5).collect();
    if sent.is_empty() && request.has_body() {
        return Err(fault::invalid_request(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or \
             x-amz-trailer headers were found.",
        ));
    }
    if sent.iter().any(|it| !it.name().eq_ignore_ascii_case(named)) {
        return Err(fault::invalid_request(
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
        ));
    }
    Ok(())
}
