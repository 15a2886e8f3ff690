//! CopyObject and UploadPartCopy. Bytes that need not be sealed anew are shared, all others pass once more.

use percent_encoding::percent_decode_str;
use wharf_api_s3::{
    CopyObjectOutput, CopyObjectRequest, CopyObjectResult, CopyPartResult, UploadPartCopyOutput,
    UploadPartCopyRequest,
};
use wharf_base::ids;
use wharf_wire::{Call, Fault};

use super::{
    asked_sse, check_acl, check_heads, customer, get, heads, multipart, quoted, show_sse, show_sum,
    tagging,
};
use crate::{
    body,
    commit::{self, Made},
    conditions::{Reading, Writing},
    core::{Core, shown_version},
    fault, lifecycle, names,
    notices::What,
    range,
    records::{Body, Heads, Object},
    sse::{self, Customer},
    sum,
};

/// What the header `x-amz-copy-source` names.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    pub bucket: String,
    pub key: String,
    pub version: Option<String>,
}

impl Source {
    /// `[/]BUCKET/KEY[?versionId=ID]`, encoded as a URL.
    pub fn parse(header: &str) -> Result<Self, Fault> {
        let bad = |text: &str| fault::argument(text, "x-amz-copy-source", header);
        let (path, version) = match header.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (header, None),
        };
        if path.starts_with("arn:") {
            return Err(fault::not_implemented(
                "Access points are not supported by this version of wharf.",
            ));
        }
        let path = percent_decode_str(path).decode_utf8();
        let path = path.map_err(|_| {
            bad("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
        })?;
        let found = path.strip_prefix('/').unwrap_or(&path).split_once('/');
        match found {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => Ok(Self {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                version: version.filter(|it| !it.is_empty()),
            }),
            _ => Err(bad(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            )),
        }
    }
}

/// How a request names its source, and what the source must be.
struct From<'a> {
    header: Option<&'a str>,
    owner: Option<&'a str>,
    conditions: Reading<'a>,
}

macro_rules! from {
    ($input:expr) => {
        From {
            header: $input.copy_source.as_deref(),
            owner: $input.expected_source_bucket_owner.as_deref(),
            conditions: Reading {
                matches: $input.copy_source_if_match.as_deref(),
                none_matches: $input.copy_source_if_none_match.as_deref(),
                modified_since: $input.copy_source_if_modified_since,
                unmodified_since: $input.copy_source_if_unmodified_since,
                ..Reading::default()
            },
        }
    };
}

macro_rules! source_key {
    ($input:expr) => {
        Customer {
            algorithm: $input.copy_source_sse_customer_algorithm.clone(),
            key: $input.copy_source_sse_customer_key.clone(),
            md5: $input.copy_source_sse_customer_key_md5.clone(),
        }
    };
}

async fn find(core: &Core, call: &Call, from: From<'_>) -> Result<get::Found, Fault> {
    let source = Source::parse(from.header.unwrap_or_default())?;
    let open = core.open(Some(&source.bucket), from.owner).await?;
    let found = get::find(
        core,
        call,
        open,
        Some(&source.key),
        source.version.as_deref(),
    )
    .await;
    let found = found.map_err(|fault| match (&*fault.code, &source.version) {
        ("MethodNotAllowed", Some(_)) => {
            fault::invalid_request("The source of a copy request may not specifically refer to a delete marker by version id.")
        }
        _ => fault,
    })?;
    from.conditions.check(&found.object, true)?;
    Ok(found)
}

pub async fn copy(
    core: &Core,
    call: &Call,
    input: CopyObjectRequest,
) -> Result<CopyObjectOutput, Fault> {
    for _ in 0..get::TRIES {
        if let Some(copied) = try_copy(core, call, &input).await? {
            return Ok(copied);
        }
    }
    Err(fault::lost())
}

/// `None` if the source was replaced before its bytes were read.
async fn try_copy(
    core: &Core,
    call: &Call,
    input: &CopyObjectRequest,
) -> Result<Option<CopyObjectOutput>, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let key = input.key.clone().unwrap_or_default();
    names::check_key(&key)?;
    let grants = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_read_acp,
        &input.grant_write_acp,
    ];
    check_acl(input.acl.as_deref(), &grants, &open)?;
    core.require_room(&open)?;
    let writing = Writing::new(input.if_match.clone(), input.if_none_match.clone())?;
    let found = find(core, call, from!(input)).await?;
    let source = &found.object;
    if source.size > body::MAX_BODY {
        let text = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
        return Err(fault::invalid_request(text));
    }
    let replaces = replaces(
        input.metadata_directive.as_deref(),
        "x-amz-metadata-directive",
    )?;
    let heads = match replaces {
        true => heads!(input),
        // Where a page leads is never copied.
        false => Heads {
            website_redirect: input.website_redirect_location.clone(),
            ..source.heads.clone()
        },
    };
    check_heads(&heads)?;
    let tags = match replaces_tags(input)? {
        true => tagging::given(input.tagging.as_deref())?,
        false => source.tags.clone(),
    };
    let is_itself = found.open.record.id == open.record.id && found.key == key;
    let changes = replaces
        || input.server_side_encryption.is_some()
        || input.sse_customer_algorithm.is_some()
        || input.website_redirect_location.is_some()
        || input
            .copy_source
            .as_deref()
            .is_some_and(|it| it.contains("?versionId="));
    if is_itself && !changes {
        let text = "This copy request is illegal because it is trying to copy an object to itself without changing the \
                    object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(fault::invalid_request(text));
    }
    let wanted = match input.checksum_algorithm.as_deref() {
        Some(name) => Some(sum::algorithm(name).ok_or_else(unknown_sum)?),
        None => source.sum.as_ref().and_then(|it| it.algorithm()),
    };
    let sealing = sse::sealing(core, call, &open.record, &key, &asked_sse!(input)).await?;
    let opening = sse::opening(
        core,
        call,
        &found.open.record,
        &found.key,
        source.sse.as_ref(),
        &source_key!(input),
    )
    .await?;
    let has_sum = source
        .sum
        .as_ref()
        .is_some_and(|it| !it.is_composite() && it.algorithm() == wanted);
    let mut object = Object {
        heads,
        tags,
        ..Object::default()
    };
    let _held: body::Held;
    match &source.body {
        body @ (Body::Blob(..) | Body::Empty)
            if opening.is_none() && sealing.key.is_none() && has_sum =>
        {
            object.size = source.size;
            object.etag.clone_from(&source.etag);
            object.sum.clone_from(&source.sum);
            object.body = match body {
                Body::Blob(digest, _) => {
                    // Until it is owned, nothing of it goes in this process.
                    let lease = core.parts.wants.blobs.lease(digest).await;
                    _held = Some(Box::new(lease));
                    Body::Blob(*digest, format!("{}.object", ids::hex16()))
                }
                _ => {
                    _held = None;
                    Body::Empty
                }
            };
        }
        _ => {
            let Some(stream) = get::read(core, &found, 0..source.size, opening).await? else {
                return Ok(None);
            };
            let computed = wanted.unwrap_or(wharf_wire::streaming::Algorithm::Crc64Nvme);
            let whose = open.record.account.as_str();
            let key = sealing.key.as_ref();
            let kept = body::receive(core, whose, &stream, Some(computed), key).await?;
            object.size = kept.size;
            object.etag.clone_from(&kept.etag);
            object.sum.clone_from(&kept.sum);
            object.body = kept.body;
            _held = kept.held;
        }
    }
    object.sse = sealing.sse;
    let written = commit::put(
        core,
        call,
        &open,
        &key,
        object,
        &writing,
        Made::by(What::Copy),
    )
    .await?;
    let object = &written.object;
    let mut result = CopyObjectResult {
        e_tag: Some(quoted(&object.etag)),
        last_modified: Some(object.modified),
        checksum_type: object.sum.as_ref().map(|it| it.kind().to_owned()),
        ..CopyObjectResult::default()
    };
    show_sum!(result, &object.sum);
    let mut output = CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: found.version(),
        version_id: shown_version(&written.bucket, &key, object),
        expiration: lifecycle::expiration(&written.bucket, &key, object),
        ..CopyObjectOutput::default()
    };
    show_sse!(output, object.sse.as_ref());
    Ok(Some(output))
}

fn unknown_sum() -> Fault {
    fault::invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    )
}

fn replaces(directive: Option<&str>, name: &str) -> Result<bool, Fault> {
    match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => Err(fault::argument("Unknown metadata directive.", name, other)),
    }
}

fn replaces_tags(input: &CopyObjectRequest) -> Result<bool, Fault> {
    replaces(
        input.tagging_directive.as_deref(),
        "x-amz-tagging-directive",
    )
}

pub async fn copy_part(
    core: &Core,
    call: &Call,
    input: UploadPartCopyRequest,
) -> Result<UploadPartCopyOutput, Fault> {
    for _ in 0..get::TRIES {
        if let Some(copied) = try_copy_part(core, call, &input).await? {
            return Ok(copied);
        }
    }
    Err(fault::lost())
}

/// As [`try_copy`].
async fn try_copy_part(
    core: &Core,
    call: &Call,
    input: &UploadPartCopyRequest,
) -> Result<Option<UploadPartCopyOutput>, Fault> {
    let of = multipart::Named {
        bucket: input.bucket.as_deref(),
        owner: input.expected_bucket_owner.as_deref(),
        key: input.key.as_deref(),
        upload: input.upload_id.as_deref(),
    };
    let to = multipart::open(core, of).await?;
    core.require_room(&to.open)?;
    let number = multipart::number(input.part_number)?;
    let found = find(core, call, from!(input)).await?;
    let source = &found.object;
    let range = match input.copy_source_range.as_deref() {
        Some(header) => range::copied(header, source.size)?,
        None => range::Range::whole(source.size),
    };
    if range.length() > body::MAX_BODY {
        return Err(Fault::sender(
            "EntityTooLarge",
            400,
            "Your proposed upload exceeds the maximum allowed size",
        ));
    }
    let opening = sse::opening(
        core,
        call,
        &found.open.record,
        &found.key,
        source.sse.as_ref(),
        &source_key!(input),
    )
    .await?;
    let key = to.sealing_key(core, call, &customer!(input)).await?;
    let Some(stream) = get::read(core, &found, range.start..range.end, opening).await? else {
        return Ok(None);
    };
    let kept = body::receive_part(core, &stream, to.algorithm(), key.as_ref()).await?;
    let part = multipart::put(core, call, &to, number, &kept).await?;
    let mut result = CopyPartResult {
        e_tag: Some(quoted(&part.etag)),
        last_modified: Some(part.modified),
        ..CopyPartResult::default()
    };
    if to.upload.chosen {
        show_sum!(result, &part.sum);
    }
    let mut output = UploadPartCopyOutput {
        copy_source_version_id: found.version(),
        copy_part_result: Some(result),
        ..UploadPartCopyOutput::default()
    };
    show_sse!(output, to.upload.sse.as_ref());
    Ok(Some(output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let source = |bucket: &str, key: &str, version: Option<&str>| Source {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version: version.map(str::to_owned),
        };
        for (header, expected) in [
            ("b/k", Some(source("b", "k", None))),
            ("/b/a/k%20%C3%BC", Some(source("b", "a/k ü", None))),
            ("b/k?versionId=v", Some(source("b", "k", Some("v")))),
            (
                "b/k%3FversionId=v",
                Some(source("b", "k?versionId=v", None)),
            ),
            ("b", None),
            ("b/", None),
            ("", None),
            ("/", None),
            ("b/%FF", None),
        ] {
            assert_eq!(Source::parse(header).ok(), expected, "{header}");
        }
    }
}
