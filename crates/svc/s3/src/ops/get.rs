//! GetObject and HeadObject.

use wharf_api_s3::{GetObjectOutput, GetObjectRequest, HeadObjectOutput, HeadObjectRequest};
use wharf_wire::{ByteStream, Call, CallerKind, Fault};

use super::{customer, quoted, show_sse, show_sum};
use crate::{
    body::{self, Place},
    conditions::Reading,
    core::{Core, Open, shown_version, version_of},
    current, fault, names,
    range::{self, Range},
    records::{self, Body, Object, Part, Sse},
    sse::{self, Customer},
};

/// An object that a request named.
pub struct Found {
    pub open: Open,
    pub key: String,
    pub object: Object,
}

impl Found {
    pub fn version(&self) -> Option<String> {
        shown_version(&self.open.record, &self.key, &self.object)
    }
}

/// The version that a request names, or the current one. Who may not list learns nothing of what is not there.
pub async fn find(
    core: &Core,
    call: &Call,
    open: Open,
    key: Option<&str>,
    version: Option<&str>,
) -> Result<Found, Fault> {
    let key = key.unwrap_or_default().to_owned();
    names::check_key(&key)?;
    let marker = match any_version(core, &open, &key, version).await? {
        Some(object) if !object.marker => return Ok(Found { open, key, object }),
        marker => marker,
    };
    let shown = (marker.as_ref()).and_then(|it| shown_version(&open.record, &key, it));
    if let (Some(marker), Some(_)) = (&marker, version) {
        let fault = fault::method()
            .with_header("allow", "DELETE")
            .with_header("last-modified", marker.modified.http_date());
        return Err(fault::of_marker(fault, shown));
    }
    let arn = names::bucket_arn(&open.record.name);
    if !core
        .may(call, Core::check(call, &open, "s3:ListBucket", arn))
        .await
    {
        return Err(fault::denied());
    }
    Err(match (marker, version) {
        (Some(_), _) => fault::of_marker(fault::no_key(&key), shown),
        (None, Some(version)) => fault::no_version(&key, version),
        (None, None) => fault::no_key(&key),
    })
}

/// A version, be it a delete marker.
pub async fn any_version(
    core: &Core,
    open: &Open,
    key: &str,
    version: Option<&str>,
) -> Result<Option<Object>, Fault> {
    let id = &open.record.id;
    let current = current::read(core, &open.record, key).await?;
    let Some(version) = version else {
        return Ok(current);
    };
    let seq = match version {
        "null" => match &current {
            Some(current) if current.null => return Ok(Some(current.clone())),
            Some(current) => current.null_at,
            None => None,
        },
        version => Some(names::version_place(id, key, version).ok_or_else(fault::bad_version)?),
    };
    let Some(seq) = seq else {
        return Ok(None);
    };
    if let Some(current) = current.filter(|it| it.seq == seq && !it.null) {
        return Ok(Some(current));
    }
    let is_it = |it: &Object| it.seq == seq && it.null == (version == "null");
    let place = records::version(id, key, seq);
    let found = core.table.read::<Object>(&place).await?;
    if let Some(found) = found.map(|it| it.record).filter(is_it) {
        return Ok(Some(found));
    }
    // It may have become the current one meanwhile.
    let current = current::read(core, &open.record, key).await?;
    Ok(current.filter(is_it))
}

/// Where the bytes of an object are, in their order, with their plain sizes.
pub async fn bytes(core: &Core, object: &Object) -> Result<Vec<(Place, u64)>, Fault> {
    match &object.body {
        Body::Empty => Ok(Vec::new()),
        Body::Blob(digest, _) => Ok(vec![(Place::Blob(*digest), object.size)]),
        Body::Packed { slot, .. } => Ok(vec![(Place::Slot(slot.clone()), object.size)]),
        Body::Parts { count, .. } => {
            let parts = parts(core, object).await?;
            let size: u64 = parts.iter().map(|(_, part)| part.size).sum();
            if parts.len() != *count as usize || size != object.size {
                return Err(fault::gone());
            }
            let blobs = parts.into_iter();
            let blobs = blobs.filter_map(|(_, part)| Some((Place::Blob(part.blob?.0), part.size)));
            Ok(blobs.collect())
        }
    }
}

/// How often an object is found anew that is replaced each time before its bytes are read.
pub const TRIES: usize = 16;

/// A stretch of the bytes of what was found. `None` if that was replaced or deleted since, which lets go of its bytes:
/// it has to be found anew.
pub async fn read(
    core: &Core,
    found: &Found,
    range: std::ops::Range<u64>,
    key: Option<crate::crypt::Key>,
) -> Result<Option<ByteStream>, Fault> {
    let sent = async {
        let pieces = body::pieces(bytes(core, &found.object).await?, range);
        body::send(core, pieces, key).await
    };
    match sent.await {
        Ok(stream) => Ok(Some(stream)),
        Err(_) if !is_as_found(core, found).await? => Ok(None),
        Err(fault) => {
            let (bucket, key) = (&found.open.record.name, &found.key);
            tracing::error!(bucket, key, error = %fault, "failed to read an object");
            Err(fault)
        }
    }
}

async fn is_as_found(core: &Core, found: &Found) -> Result<bool, Fault> {
    let id = version_of(&found.open.record, &found.key, &found.object);
    let now = any_version(core, &found.open, &found.key, Some(&id)).await?;
    Ok(now.is_some_and(|it| it.seq == found.object.seq && it.body == found.object.body))
}

/// The parts of an object that was uploaded in parts; none of others.
pub async fn parts(core: &Core, object: &Object) -> Result<Vec<(u32, Part)>, Fault> {
    let Body::Parts { upload, skip, .. } = &object.body else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in core.table.entries(&records::parts(upload)).await? {
        let number = records::part_number(&entry.key).unwrap_or_default();
        if !skip.contains(&number) {
            let part =
                wharf_records::decode(&entry.value).map_err(crate::core::ChangeError::from)?;
            found.push((number, part));
        }
    }
    Ok(found)
}

/// What of an object is asked for: a range of bytes, or a part.
struct Asked<'a> {
    range: Option<&'a str>,
    part: Option<i32>,
}

struct Selected {
    range: Range,
    parts: Option<i32>,
}

async fn select(core: &Core, object: &Object, asked: Asked<'_>) -> Result<Selected, Fault> {
    let count = match &object.body {
        Body::Parts { count, .. } => i32::try_from(*count).ok(),
        _ => None,
    };
    let Some(number) = asked.part else {
        return Ok(Selected {
            range: range::asked(asked.range, object.size)?,
            parts: None,
        });
    };
    if asked.range.is_some() {
        return Err(fault::invalid_request(
            "Cannot specify both Range header and partNumber query parameter",
        ));
    }
    let bad = || {
        let text = "The requested partnumber is not satisfiable";
        Fault::sender("InvalidPartNumber", 416, text)
            .with("PartNumberRequested", number.to_string())
    };
    if number < 1 {
        return Err(fault::argument(
            "Part number must be an integer between 1 and 10000, inclusive",
            "partNumber",
            &number.to_string(),
        ));
    }
    let Some(count) = count else {
        return match number {
            1 => Ok(Selected {
                range: Range {
                    is_part: object.size > 0,
                    ..Range::whole(object.size)
                },
                parts: None,
            }),
            _ => Err(bad()),
        };
    };
    let mut start = 0;
    for (at, part) in parts(core, object).await? {
        if i64::from(at) == i64::from(number) {
            return Ok(Selected {
                range: Range {
                    start,
                    end: start + part.size,
                    is_part: true,
                },
                parts: Some(count),
            });
        }
        start += part.size;
    }
    Err(bad())
}

macro_rules! show {
    ($output:expr, $input:expr, $found:expr, $selected:expr) => {
        let object = &$found.object;
        let heads = object.heads.clone();
        let tags = i32::try_from(object.tags.len()).ok();
        $output.accept_ranges = Some("bytes".to_owned());
        $output.last_modified = Some(object.modified);
        $output.content_length = i64::try_from($selected.range.length()).ok();
        $output.content_range = $selected.range.header(object.size);
        $output.e_tag = Some(quoted(&object.etag));
        $output.version_id = $found.version();
        $output.parts_count = $selected.parts;
        $output.tag_count = tags.filter(|it| *it > 0);
        $output.metadata = Some($crate::ops::shown_meta(heads.meta));
        $output.website_redirect_location = heads.website_redirect;
        $output.cache_control = $input
            .response_cache_control
            .clone()
            .or(heads.cache_control);
        $output.content_disposition = $input
            .response_content_disposition
            .clone()
            .or(heads.content_disposition);
        $output.content_encoding = $input
            .response_content_encoding
            .clone()
            .or(heads.content_encoding);
        $output.content_language = $input
            .response_content_language
            .clone()
            .or(heads.content_language);
        let kind = heads
            .content_type
            .unwrap_or_else(|| "binary/octet-stream".to_owned());
        $output.content_type = Some($input.response_content_type.clone().unwrap_or(kind));
        $output.expires = $input.response_expires.clone().or(heads.expires);
        $output.expiration =
            $crate::lifecycle::expiration(&$found.open.record, &$found.key, object);
        show_sse!($output, object.sse.as_ref());
        // The checksum is of the whole, so it goes with the whole alone.
        let is_whole = $selected.range.length() == object.size;
        if $input.checksum_mode.as_deref() == Some("ENABLED") && is_whole {
            show_sum!($output, &object.sum);
            $output.checksum_type = object.sum.as_ref().map(|it| it.kind().to_owned());
        }
    };
}

macro_rules! prepare {
    ($core:expr, $call:expr, $input:expr) => {{
        let open = $core
            .open(
                $input.bucket.as_deref(),
                $input.expected_bucket_owner.as_deref(),
            )
            .await?;
        let overrides = [
            &$input.response_cache_control,
            &$input.response_content_disposition,
            &$input.response_content_encoding,
            &$input.response_content_language,
            &$input.response_content_type,
            &$input.response_expires,
        ];
        let is_anonymous = $call.caller.kind == CallerKind::Anonymous;
        if is_anonymous && overrides.iter().any(|it| it.is_some()) {
            let text =
                "Request specific response headers cannot be used for anonymous GET requests.";
            return Err(fault::invalid_request(text));
        }
        let found = find(
            $core,
            $call,
            open,
            $input.key.as_deref(),
            $input.version_id.as_deref(),
        )
        .await?;
        let conditions = Reading {
            matches: $input.if_match.as_deref(),
            none_matches: $input.if_none_match.as_deref(),
            modified_since: $input.if_modified_since,
            unmodified_since: $input.if_unmodified_since,
            cache_control: $input.response_cache_control.as_deref(),
        };
        conditions.check(&found.object, false)?;
        let asked = Asked {
            range: $input.range.as_deref(),
            part: $input.part_number,
        };
        let selected = select($core, &found.object, asked).await?;
        (found, selected)
    }};
}

/// The key that an object opens with.
async fn key_of(
    core: &Core,
    call: &Call,
    found: &Found,
    customer: Customer,
) -> Result<Option<crate::crypt::Key>, Fault> {
    let sse = found.object.sse.as_ref();
    sse::opening(core, call, &found.open.record, &found.key, sse, &customer).await
}

pub async fn get(
    core: &Core,
    call: &Call,
    input: GetObjectRequest,
) -> Result<GetObjectOutput, Fault> {
    for _ in 0..TRIES {
        let (found, selected) = prepare!(core, call, input);
        let key = key_of(core, call, &found, customer!(input)).await?;
        let range = selected.range.start..selected.range.end;
        let Some(body) = read(core, &found, range, key).await? else {
            continue;
        };
        let mut output = GetObjectOutput {
            body: Some(body),
            ..GetObjectOutput::default()
        };
        show!(output, input, found, selected);
        return Ok(output);
    }
    Err(fault::lost())
}

pub async fn head(
    core: &Core,
    call: &Call,
    input: HeadObjectRequest,
) -> Result<HeadObjectOutput, Fault> {
    let (found, selected) = prepare!(core, call, input);
    // A customer shows the key; of KMS nothing is needed but for what tells of the bytes.
    let is_of_kms = matches!(found.object.sse, Some(Sse::Kms { .. }));
    if !is_of_kms || input.checksum_mode.as_deref() == Some("ENABLED") {
        key_of(core, call, &found, customer!(input)).await?;
    }
    let mut output = HeadObjectOutput::default();
    show!(output, input, found, selected);
    Ok(output)
}
