//! CompleteMultipartUpload: parts become an object, where they are.

use md5::Md5;
use sha2::Digest as _;
use wharf_api_s3::{CompleteMultipartUploadOutput, CompleteMultipartUploadRequest, CompletedPart};
use wharf_wire::{Call, Fault};

use super::{
    given_sum,
    multipart::{Found, Named, open, parts},
    quoted, show_sum,
};
use crate::{
    commit::{self, Made},
    conditions::Writing,
    core::{Core, shown_version},
    current, fault, lifecycle,
    notices::What,
    records::{Body, Bucket, Object, Part, Upload},
    sse,
    sum::{self, Sum},
};

/// Bytes of each part but the last.
const MIN_PART: u64 = 5 << 20;

/// Whether a part has the checksum that the request gives of it. It must give one where the whole has but a checksum of
/// those of its parts, which nobody else could compare with the bytes; and none of another algorithm than was chosen.
fn has_its_sum(upload: &Upload, wanted: &CompletedPart, part: &Part) -> Result<bool, Fault> {
    let given = given_sum!(wanted);
    let is_own = |it: &Sum| it.algorithm == upload.algorithm;
    let is_own = given.as_ref().is_some_and(is_own);
    if upload.chosen && !is_own {
        if !upload.full_object {
            let text = format!(
                "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was \
                 missing for part {} in the request.",
                upload.algorithm.to_ascii_lowercase(),
                wanted.part_number.unwrap_or_default(),
            );
            return Err(fault::invalid_request(text));
        }
        if let Some(other) = &given {
            return Err(fault::other_checksum(&upload.algorithm, &other.algorithm));
        }
    }
    Ok(!is_own || part.sum.is_none() || part.sum == given)
}

/// The object that parts make, of those that the request lists. Pure.
fn assemble(
    upload: &Upload,
    listed: &[CompletedPart],
    there: Vec<(u32, Part)>,
) -> Result<Object, Fault> {
    let numbers: Vec<i32> = listed
        .iter()
        .map(|it| it.part_number.unwrap_or_default())
        .collect();
    if numbers.is_empty() {
        return Err(fault::malformed_xml());
    }
    if numbers.windows(2).any(|it| it[0] >= it[1]) {
        let text =
            "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(Fault::sender("InvalidPartOrder", 400, text));
    }
    let missing = |number: i32, etag: &str| {
        let text = "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                    specified entity tag may not match the part's entity tag.";
        Fault::sender("InvalidPart", 400, text)
            .with("UploadId", upload.id.clone())
            .with("PartNumber", number.to_string())
            .with("ETag", etag)
    };
    let mut chosen: Vec<(i32, &Part)> = Vec::with_capacity(listed.len());
    for wanted in listed {
        let number = wanted.part_number.unwrap_or_default();
        let etag = wanted
            .e_tag
            .as_deref()
            .unwrap_or_default()
            .trim_matches('"');
        let at = u32::try_from(number)
            .ok()
            .and_then(|it| there.binary_search_by_key(&it, |it| it.0).ok());
        let part = at.map(|at| &there[at].1).filter(|it| it.etag == etag);
        let part = part.ok_or_else(|| missing(number, etag))?;
        if !has_its_sum(upload, wanted, part)? {
            return Err(missing(number, etag));
        }
        chosen.push((number, part));
    }
    let last = chosen.len() - 1;
    if let Some((number, part)) = chosen[..last].iter().find(|it| it.1.size < MIN_PART) {
        let text = "Your proposed upload is smaller than the minimum allowed size";
        return Err(Fault::sender("EntityTooSmall", 400, text)
            .with("ProposedSize", part.size.to_string())
            .with("MinSizeAllowed", MIN_PART.to_string())
            .with("PartNumber", number.to_string())
            .with("ETag", part.etag.clone()));
    }
    let mut md5 = Md5::new();
    for (_, part) in &chosen {
        md5.update(hex::decode(&part.etag).unwrap_or_default());
    }
    let sums: Vec<(u64, Option<&Sum>)> = chosen
        .iter()
        .map(|it| (it.1.size, it.1.sum.as_ref()))
        .collect();
    let algorithm = sum::algorithm(&upload.algorithm);
    let skip = there.iter().map(|it| it.0);
    let skip =
        skip.filter(|it| i32::try_from(*it).is_ok_and(|it| numbers.binary_search(&it).is_err()));
    Ok(Object {
        size: chosen.iter().map(|it| it.1.size).sum(),
        etag: format!("{}-{}", hex::encode(md5.finalize()), chosen.len()),
        sum: algorithm.and_then(|it| sum::joined(it, upload.full_object, &sums)),
        body: Body::Parts {
            upload: upload.id.clone(),
            count: u32::try_from(chosen.len()).unwrap_or(u32::MAX),
            skip: skip.collect(),
        },
        heads: upload.heads.clone(),
        tags: upload.tags.clone(),
        sse: upload.sse.clone(),
        ..Object::default()
    })
}

/// While an upload is being completed its parts stay as they are, so that they need not be compared one by one.
async fn mark(core: &Core, call: &Call, found: &Found, completing: bool) -> Result<(), Fault> {
    let marked = core
        .table
        .change(&call.permit, &found.place, |it: &mut Upload| {
            it.completing = completing;
            Ok::<_, Fault>(())
        });
    marked
        .await?
        .map(|_| ())
        .ok_or_else(|| fault::no_upload(&found.upload.id))
}

pub async fn complete(
    core: &Core,
    call: &Call,
    input: CompleteMultipartUploadRequest,
) -> Result<CompleteMultipartUploadOutput, Fault> {
    let of = Named {
        bucket: input.bucket.as_deref(),
        owner: input.expected_bucket_owner.as_deref(),
        key: input.key.as_deref(),
        upload: input.upload_id.as_deref(),
    };
    let found = match open(core, of).await {
        Err(fault) if fault.code == "NoSuchUpload" => {
            return again(core, call, &input, fault).await;
        }
        found => found?,
    };
    let writing = Writing::new(input.if_match.clone(), input.if_none_match.clone())?;
    // One at a time: what one marks, another must not open while parts are put together.
    let _turn = core.turns.take(&found.place).await;
    let _work = core.at_work.begin(&found.place);
    if let Err(fault) = mark(core, call, &found, true).await {
        return again(core, call, &input, fault).await;
    }
    let completed = commit(core, call, &found, &input, &writing).await;
    let written = match completed {
        Ok(written) => {
            core.doomed.notify_one();
            written
        }
        Err(fault) => {
            // It can be given parts again. What is in the way of that is in the way of the next try, too.
            let _ = mark(core, call, &found, false).await;
            return Err(fault);
        }
    };
    Ok(shown(call, &written.bucket, &found.key, &written.object))
}

/// What a client is told once more that did not hear it: the upload is gone, for it is the current version.
async fn again(
    core: &Core,
    call: &Call,
    input: &CompleteMultipartUploadRequest,
    none: Fault,
) -> Result<CompleteMultipartUploadOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let key = input.key.as_deref().unwrap_or_default();
    let current = current::read(core, &open.record, key).await?;
    let made = current.filter(|it| match &it.body {
        Body::Parts { upload, .. } => Some(upload) == input.upload_id.as_ref(),
        _ => false,
    });
    let object = made.ok_or(none)?;
    Ok(shown(call, &open.record, key, &object))
}

fn shown(
    call: &Call,
    bucket: &Bucket,
    key: &str,
    object: &Object,
) -> CompleteMultipartUploadOutput {
    let name = &bucket.name;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("{}/{name}/{key}", call.endpoint)),
        bucket: Some(name.clone()),
        key: Some(key.to_owned()),
        e_tag: Some(quoted(&object.etag)),
        checksum_type: object.sum.as_ref().map(|it| it.kind().to_owned()),
        version_id: shown_version(bucket, key, object),
        expiration: lifecycle::expiration(bucket, key, object),
        ..CompleteMultipartUploadOutput::default()
    };
    show_sum!(output, &object.sum);
    let shown = sse::Shown::of(object.sse.as_ref());
    output.server_side_encryption = shown.algorithm;
    output.ssekms_key_id = shown.key;
    output.bucket_key_enabled = shown.bucket_key;
    output
}

async fn commit(
    core: &Core,
    call: &Call,
    found: &Found,
    input: &CompleteMultipartUploadRequest,
    writing: &Writing,
) -> Result<commit::Written, Fault> {
    let there = parts(core, &found.upload.id).await?;
    let listed = input
        .multipart_upload
        .as_ref()
        .and_then(|it| it.parts.as_deref());
    let object = assemble(&found.upload, listed.unwrap_or_default(), there)?;
    if input
        .mpu_object_size
        .is_some_and(|it| u64::try_from(it) != Ok(object.size))
    {
        let text =
            "The provided 'x-amz-mp-object-size' header value does not match what was computed.";
        return Err(fault::invalid_request(text));
    }
    let kind = sum::kind(found.upload.full_object);
    if input.checksum_type.as_ref().is_some_and(|it| it != kind) {
        let text = format!(
            "The upload was created using the {kind} checksum mode. The complete request must use the same checksum mode."
        );
        return Err(fault::invalid_request(text));
    }
    if let Some(given) = given_sum!(input)
        && object
            .sum
            .as_ref()
            .is_some_and(|it| it.algorithm != given.algorithm || !same(it, &given))
    {
        let text = format!(
            "The {} you specified did not match the calculated checksum.",
            given.algorithm
        );
        return Err(Fault::sender("BadDigest", 400, text));
    }
    let made = Made {
        what: What::Completed,
        upload: Some(&found.place),
    };
    commit::put(core, call, &found.open, &found.key, object, writing, made).await
}

/// Clients give composite checksums with and without the number of parts.
fn same(one: &Sum, given: &Sum) -> bool {
    one.value == given.value
        || one
            .value
            .split_once('-')
            .is_some_and(|it| it.0 == given.value)
}

#[cfg(test)]
#[path = "complete_tests.rs"]
mod tests;
