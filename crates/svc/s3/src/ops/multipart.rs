//! Multipart uploads: begun, given parts, or given up; `complete` makes objects of them.

use wharf_api_s3::{
    AbortMultipartUploadOutput, AbortMultipartUploadRequest, CreateMultipartUploadOutput,
    CreateMultipartUploadRequest, UploadPartOutput, UploadPartRequest,
};
use wharf_base::ids;
use wharf_service::transact;
use wharf_wanted::MARKER;
use wharf_wire::{Call, Fault, streaming::Algorithm};

use super::{
    asked_sse, check_acl, check_heads, customer, given_sum, heads, quoted, show_sse, show_sum,
    tagging,
};
use crate::{
    body::{self, Kept},
    commit,
    core::{ChangeError, Core, Open},
    crypt::Key,
    fault, names,
    records::{self, Part, Upload},
    sse::{self, Customer},
    sum,
};

pub const MAX_PARTS: i32 = 10_000;

/// An upload that a request named.
pub struct Named<'a> {
    pub bucket: Option<&'a str>,
    pub owner: Option<&'a str>,
    pub key: Option<&'a str>,
    pub upload: Option<&'a str>,
}

pub struct Found {
    pub open: Open,
    pub key: String,
    /// Where its record is.
    pub place: String,
    pub upload: Upload,
}

impl Found {
    /// The key that its parts are sealed under.
    pub async fn sealing_key(
        &self,
        core: &Core,
        call: &Call,
        customer: &Customer,
    ) -> Result<Option<Key>, Fault> {
        let sse = self.upload.sse.as_ref();
        sse::opening(core, call, &self.open.record, &self.key, sse, customer).await
    }

    pub fn algorithm(&self) -> Option<Algorithm> {
        sum::algorithm(&self.upload.algorithm)
    }
}

pub async fn open(core: &Core, of: Named<'_>) -> Result<Found, Fault> {
    let open = core.open(of.bucket, of.owner).await?;
    let key = of.key.unwrap_or_default();
    names::check_key(key)?;
    let id = of.upload.unwrap_or_default();
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric()) && id.len() <= 64;
    let place = records::upload(&open.record.id, key, id);
    let found = match plain {
        true => core.table.read::<Upload>(&place).await?,
        false => None,
    };
    let upload = found.ok_or_else(|| fault::no_upload(id))?.record;
    Ok(Found {
        open,
        key: key.to_owned(),
        place,
        upload,
    })
}

pub fn number(given: Option<i32>) -> Result<u32, Fault> {
    let given = given.unwrap_or_default();
    let number = u32::try_from(given)
        .ok()
        .filter(|_| (1..=MAX_PARTS).contains(&given));
    number.ok_or_else(|| {
        let text = "Part number must be an integer between 1 and 10000, inclusive";
        fault::argument(text, "partNumber", &given.to_string())
    })
}

/// The algorithm of an upload's checksums, and whether they are of the whole object.
fn checksums(algorithm: Option<&str>, kind: Option<&str>) -> Result<(Algorithm, bool), Fault> {
    let Some(name) = algorithm else {
        if kind.is_some() {
            let text = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
            return Err(fault::invalid_request(text));
        }
        return Ok((Algorithm::Crc64Nvme, true));
    };
    let found = sum::algorithm(name).ok_or_else(|| {
        let text = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, \
                    CRC32C, CRC64NVME, SHA1, SHA256]";
        fault::invalid_request(text)
    })?;
    let can_be_whole = matches!(
        found,
        Algorithm::Crc32 | Algorithm::Crc32c | Algorithm::Crc64Nvme
    );
    let can_be_parts = found != Algorithm::Crc64Nvme;
    let whole = match kind {
        None => !can_be_parts,
        Some("FULL_OBJECT") => true,
        Some("COMPOSITE") => false,
        Some(other) => {
            let text = "Value for x-amz-checksum-type header is invalid.";
            return Err(fault::argument(text, "x-amz-checksum-type", other));
        }
    };
    if (whole && !can_be_whole) || (!whole && !can_be_parts) {
        let (kind, name) = (sum::kind(whole), found.name().to_ascii_lowercase());
        let text =
            format!("The {kind} checksum type cannot be used with the {name} checksum algorithm.");
        return Err(fault::invalid_request(text));
    }
    Ok((found, whole))
}

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateMultipartUploadRequest,
) -> Result<CreateMultipartUploadOutput, Fault> {
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
    let heads = heads!(input);
    check_heads(&heads)?;
    let (algorithm, full_object) = checksums(
        input.checksum_algorithm.as_deref(),
        input.checksum_type.as_deref(),
    )?;
    let sealing = sse::sealing(core, call, &open.record, &key, &asked_sse!(input)).await?;
    let now = core.now();
    let upload = Upload {
        id: records::upload_id(now.millis(), &open.record.id, &ids::hex32()),
        begun_at: now,
        initiator: call.caller.arn.clone(),
        heads,
        tags: tagging::given(input.tagging.as_deref())?,
        sse: sealing.sse,
        algorithm: algorithm.name().to_owned(),
        full_object,
        chosen: input.checksum_algorithm.is_some(),
        completing: false,
        unknown: Default::default(),
    };
    transact!(core.table, &call.permit, |tx| {
        let bucket = core.within(&mut tx, &open).await?;
        tx.put(records::upload(&bucket.id, &key, &upload.id), &upload);
    });
    let (abort_date, abort_rule_id) = crate::lifecycle::abortion(&open.record, &key, now).unzip();
    let mut output = CreateMultipartUploadOutput {
        abort_date,
        abort_rule_id,
        bucket: input.bucket,
        key: input.key,
        upload_id: Some(upload.id),
        checksum_algorithm: upload.chosen.then_some(upload.algorithm),
        checksum_type: upload.chosen.then(|| sum::kind(full_object).to_owned()),
        ..CreateMultipartUploadOutput::default()
    };
    show_sse!(output, upload.sse.as_ref());
    Ok(output)
}

pub async fn upload_part(
    core: &Core,
    call: &Call,
    input: UploadPartRequest,
) -> Result<UploadPartOutput, Fault> {
    let of = Named {
        bucket: input.bucket.as_deref(),
        owner: input.expected_bucket_owner.as_deref(),
        key: input.key.as_deref(),
        upload: input.upload_id.as_deref(),
    };
    let found = open(core, of).await?;
    core.require_room(&found.open)?;
    let number = number(input.part_number)?;
    let key = found.sealing_key(core, call, &customer!(input)).await?;
    let algorithm = found.algorithm();
    let given = given_sum!(input)
        .map(|it| it.algorithm)
        .or_else(|| input.checksum_algorithm.clone());
    if let Some(given) = &given
        && found.upload.chosen
        && *given != found.upload.algorithm
    {
        return Err(fault::other_checksum(&found.upload.algorithm, given));
    }
    let is_given = given.as_ref() == Some(&found.upload.algorithm);
    let stream = input.body.unwrap_or_default();
    let kept =
        body::receive_part(core, &stream, algorithm.filter(|_| !is_given), key.as_ref()).await?;
    let part = put(core, call, &found, number, &kept).await?;
    let mut output = UploadPartOutput {
        e_tag: Some(quoted(&part.etag)),
        ..UploadPartOutput::default()
    };
    if found.upload.chosen {
        show_sum!(output, &part.sum);
    } else {
        show_sum!(output, &kept.given);
    }
    show_sse!(output, found.upload.sse.as_ref());
    Ok(output)
}

/// Writes a part down, in the place of one that has its number.
pub async fn put(
    core: &Core,
    call: &Call,
    found: &Found,
    number: u32,
    kept: &Kept,
) -> Result<Part, Fault> {
    let part = Part {
        size: kept.size,
        etag: kept.etag.clone(),
        modified: core.now(),
        sum: kept.sum.clone(),
        blob: kept.blob(),
    };
    let place = records::part(&found.upload.id, number);
    transact!(core.table, &call.permit, |tx| {
        core.within(&mut tx, &found.open).await?;
        let upload = tx.find::<Upload>(&found.place).await?;
        let upload = upload.ok_or_else(|| fault::no_upload(&found.upload.id))?;
        if upload.completing {
            let text =
                "A conflicting operation is in progress: the upload is being completed. Try again.";
            return Err(Fault::sender("OperationAborted", 409, text));
        }
        if let Some((digest, who)) = tx.find::<Part>(&place).await?.and_then(|it| it.blob) {
            tx.delete(wharf_wanted::owner(&digest, &who));
        }
        if let Some((digest, who)) = &part.blob {
            commit::own_blob(core, &mut tx, digest, who).await?;
        }
        tx.put(place.clone(), &part);
    });
    Ok(part)
}

pub async fn abort(
    core: &Core,
    call: &Call,
    input: AbortMultipartUploadRequest,
) -> Result<AbortMultipartUploadOutput, Fault> {
    let of = Named {
        bucket: input.bucket.as_deref(),
        owner: input.expected_bucket_owner.as_deref(),
        key: input.key.as_deref(),
        upload: input.upload_id.as_deref(),
    };
    let found = open(core, of).await?;
    if let Some(time) = input.if_match_initiated_time
        && time.millis() / 1000 != found.upload.begun_at.millis() / 1000
    {
        return Err(fault::precondition("x-amz-if-match-initiated-time"));
    }
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Upload>(&found.place).await?.is_none() {
            return Err(fault::no_upload(&found.upload.id));
        }
        tx.delete(found.place.clone());
        tx.put(records::doomed(&found.upload.id), &MARKER);
    });
    core.doomed.notify_one();
    Ok(AbortMultipartUploadOutput::default())
}

/// All parts of an upload, by number.
pub async fn parts(core: &Core, upload: &str) -> Result<Vec<(u32, Part)>, Fault> {
    let mut found = Vec::new();
    for entry in core.table.entries(&records::parts(upload)).await? {
        if let Some(number) = records::part_number(&entry.key) {
            let part = wharf_records::decode(&entry.value).map_err(ChangeError::from)?;
            found.push((number, part));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_checksums_there_are() {
        let of = |algorithm, kind| {
            checksums(algorithm, kind)
                .map(|it| (it.0.name(), it.1))
                .ok()
        };
        assert_eq!(of(None, None), Some(("CRC64NVME", true)));
        assert_eq!(of(Some("CRC64NVME"), None), Some(("CRC64NVME", true)));
        assert_eq!(of(Some("CRC32"), None), Some(("CRC32", false)));
        assert_eq!(
            of(Some("CRC32"), Some("FULL_OBJECT")),
            Some(("CRC32", true))
        );
        assert_eq!(
            of(Some("SHA256"), Some("COMPOSITE")),
            Some(("SHA256", false))
        );
        for (algorithm, kind) in [
            (Some("SHA256"), Some("FULL_OBJECT")),
            (Some("CRC64NVME"), Some("COMPOSITE")),
            (Some("MD5"), None),
            (None, Some("COMPOSITE")),
        ] {
            assert_eq!(of(algorithm, kind), None);
        }
    }
}
