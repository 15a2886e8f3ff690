//! Lists of multipart uploads under way, and of the parts of one.

use wharf_api_s3::{
    Initiator, ListMultipartUploadsOutput, ListMultipartUploadsRequest, ListPartsOutput,
    ListPartsRequest, MultipartUpload, Part as Shown,
};
use wharf_wire::{Call, Fault};

use super::{
    buckets::owner,
    list::{Encoding, max_of},
    multipart, quoted, show_sum,
};
use crate::{
    core::Core,
    fault,
    list::{Choice, Listing, Offer, behind},
    records::{self, Upload, escaped, unescaped},
    sum,
    walk::Cursor,
};

fn initiator(arn: &str) -> Initiator {
    Initiator {
        id: Some(arn.to_owned()),
        display_name: None,
    }
}

pub async fn list(
    core: &Core,
    _: &Call,
    input: ListMultipartUploadsRequest,
) -> Result<ListMultipartUploadsOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let encoding = Encoding::of(input.encoding_type.as_deref())?;
    let max = max_of(input.max_uploads, "max-uploads")?;
    let key_marker = input.key_marker.clone().filter(|it| !it.is_empty());
    let id_marker = input
        .upload_id_marker
        .clone()
        .filter(|_| key_marker.is_some());
    let choice = Choice {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|it| !it.is_empty()),
        after: key_marker.clone(),
        max,
    };
    let mut listing = Listing::new(choice);
    let (mut uploads, mut last): (Vec<MultipartUpload>, Option<(String, String)>) =
        (Vec::new(), None);
    let folder = records::all_uploads(&open.record.id);
    let mut cursor = Cursor::new(core.table.store(), folder, &listing);
    if let Some((key, id)) = key_marker.as_ref().zip(id_marker)
        && key.starts_with(&listing.choice().prefix)
        && listing.rolled(key).is_none()
    {
        // Further uploads of the same key.
        cursor = cursor.begin_at(&format!("{}\0{id}\0", escaped(key)));
    }
    while let Some((text, entry)) = cursor.next(&mut listing).await? {
        let Some((key, _)) = text.split_once('\0') else {
            continue;
        };
        let key = unescaped(key);
        let again = last.as_ref().is_some_and(|it| it.0 == key) && listing.rolled(&key).is_none();
        let offer = if again {
            listing.offer_again()
        } else {
            listing.offer(&key)
        };
        match offer {
            Offer::Full => break,
            Offer::Rolled(prefix) => {
                last = None;
                cursor.skip_to(&behind(&prefix));
            }
            Offer::Taken => {
                let upload: Upload =
                    wharf_records::decode(&entry.value).map_err(crate::core::ChangeError::from)?;
                last = Some((key.clone(), upload.id.clone()));
                uploads.push(MultipartUpload {
                    upload_id: Some(upload.id),
                    key: Some(encoding.text(&key)),
                    initiated: Some(upload.begun_at),
                    storage_class: Some("STANDARD".to_owned()),
                    owner: Some(owner(&open.record.account)),
                    initiator: Some(initiator(&upload.initiator)),
                    checksum_algorithm: upload.chosen.then_some(upload.algorithm),
                    checksum_type: upload
                        .chosen
                        .then(|| sum::kind(upload.full_object).to_owned()),
                    version_id: None,
                });
            }
        }
    }
    let (next_key, next_id) = match (listing.truncated, last) {
        (false, _) => (None, None),
        (true, Some((key, id))) => (Some(key), Some(id)),
        (true, None) => (listing.last.clone(), None),
    };
    Ok(ListMultipartUploadsOutput {
        bucket: input.bucket,
        key_marker: Some(encoding.text(&input.key_marker.unwrap_or_default())),
        upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
        next_key_marker: encoding.some(next_key.as_ref()),
        prefix: Some(encoding.text(&listing.choice().prefix)),
        delimiter: encoding.some(input.delimiter.as_ref()),
        next_upload_id_marker: next_id,
        max_uploads: i32::try_from(max).ok(),
        is_truncated: Some(listing.truncated),
        uploads: Some(uploads).filter(|it| !it.is_empty()),
        common_prefixes: encoding.prefixes(&listing.prefixes),
        encoding_type: input.encoding_type,
        request_charged: None,
    })
}

pub async fn list_parts(
    core: &Core,
    _: &Call,
    input: ListPartsRequest,
) -> Result<ListPartsOutput, Fault> {
    let of = multipart::Named {
        bucket: input.bucket.as_deref(),
        owner: input.expected_bucket_owner.as_deref(),
        key: input.key.as_deref(),
        upload: input.upload_id.as_deref(),
    };
    let found = multipart::open(core, of).await?;
    let max = max_of(input.max_parts, "max-parts")?;
    let marker = input.part_number_marker.unwrap_or_default();
    let after = u32::try_from(marker).map_err(|_| {
        let text = "Argument part-number-marker must be an integer between 0 and 2147483647";
        fault::argument(text, "part-number-marker", &marker.to_string())
    })?;
    let all = multipart::parts(core, &found.upload.id).await?;
    let mut behind = all.into_iter().filter(|it| it.0 > after);
    let page: Vec<_> = behind.by_ref().take(max).collect();
    let truncated = behind.next().is_some();
    let last = page.last().map_or(after, |it| it.0);
    let upload = found.upload;
    let parts = page.into_iter().map(|(number, part)| {
        let mut shown = Shown {
            part_number: i32::try_from(number).ok(),
            last_modified: Some(part.modified),
            e_tag: Some(quoted(&part.etag)),
            size: i64::try_from(part.size).ok(),
            ..Shown::default()
        };
        if upload.chosen {
            show_sum!(shown, &part.sum);
        }
        shown
    });
    let parts: Vec<Shown> = parts.collect();
    let (abort_date, abort_rule_id) =
        crate::lifecycle::abortion(&found.open.record, &found.key, upload.begun_at).unzip();
    Ok(ListPartsOutput {
        abort_date,
        abort_rule_id,
        bucket: input.bucket,
        key: input.key,
        upload_id: input.upload_id,
        part_number_marker: Some(marker),
        next_part_number_marker: i32::try_from(last).ok(),
        max_parts: i32::try_from(max).ok(),
        is_truncated: Some(truncated),
        parts: Some(parts).filter(|it| !it.is_empty()),
        initiator: Some(initiator(&upload.initiator)),
        owner: Some(owner(&found.open.record.account)),
        storage_class: Some("STANDARD".to_owned()),
        checksum_algorithm: upload.chosen.then_some(upload.algorithm),
        checksum_type: upload
            .chosen
            .then(|| sum::kind(upload.full_object).to_owned()),
        ..ListPartsOutput::default()
    })
}
