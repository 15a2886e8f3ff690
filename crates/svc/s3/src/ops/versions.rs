//! ListObjectVersions, and the versioning of a bucket.

use wharf_api_s3::{
    DeleteMarkerEntry, GetBucketVersioningOutput, GetBucketVersioningRequest,
    ListObjectVersionsOutput, ListObjectVersionsRequest, ObjectVersion, PutBucketVersioningRequest,
};
use wharf_records::decode;
use wharf_store::Range;
use wharf_wire::{Call, Fault};

use super::{
    buckets::owner,
    list::{Encoding, max_of},
    quoted,
};
use crate::{
    core::{ChangeError, Core, Open, version_of},
    fault,
    list::{Choice, Listing, Offer, behind},
    names,
    records::{self, Bucket, Object, Versioning, escaped, unescaped},
};

/// Noncurrent versions read at a time.
const CHUNK: usize = 200;

struct Found<'a> {
    open: &'a Open,
    encoding: Encoding,
    versions: Vec<ObjectVersion>,
    markers: Vec<DeleteMarkerEntry>,
    /// What stands last, if it is a version.
    last: Option<(String, String)>,
}

impl Found<'_> {
    fn add(&mut self, key: &str, object: &Object, is_latest: bool) {
        let bucket = &self.open.record;
        let id = version_of(bucket, key, object);
        self.last = Some((key.to_owned(), id.clone()));
        let (key, owner) = (Some(self.encoding.text(key)), Some(owner(&bucket.account)));
        if object.marker {
            self.markers.push(DeleteMarkerEntry {
                owner,
                key,
                version_id: Some(id),
                is_latest: Some(is_latest),
                last_modified: Some(object.modified),
            });
            return;
        }
        self.versions.push(ObjectVersion {
            e_tag: Some(quoted(&object.etag)),
            checksum_algorithm: object.sum.as_ref().map(|it| vec![it.algorithm.clone()]),
            checksum_type: object.sum.as_ref().map(|it| it.kind().to_owned()),
            size: i64::try_from(object.size).ok(),
            storage_class: Some("STANDARD".to_owned()),
            key,
            version_id: Some(id),
            is_latest: Some(is_latest),
            last_modified: Some(object.modified),
            owner,
            restore_status: None,
        });
    }
}

pub async fn list(
    core: &Core,
    _: &Call,
    input: ListObjectVersionsRequest,
) -> Result<ListObjectVersionsOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let encoding = Encoding::of(input.encoding_type.as_deref())?;
    let max = max_of(input.max_keys, "max-keys")?;
    let key_marker = input.key_marker.clone().filter(|it| !it.is_empty());
    let id_marker = input.version_id_marker.clone().filter(|it| !it.is_empty());
    if id_marker.is_some() && key_marker.is_none() {
        let text = "A version-id marker cannot be specified without a key marker.";
        return Err(fault::argument(
            text,
            "version-id-marker",
            id_marker.as_deref().unwrap_or_default(),
        ));
    }
    let mut listing = Listing::new(Choice {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|it| !it.is_empty()),
        after: key_marker.clone(),
        max,
    });
    let mut found = Found {
        open: &open,
        encoding,
        versions: Vec::new(),
        markers: Vec::new(),
        last: None,
    };
    walk_versions(
        core,
        &mut listing,
        &mut found,
        key_marker.as_deref().zip(id_marker.as_deref()),
    )
    .await?;
    let next_prefix = listing
        .last
        .clone()
        .filter(|last| listing.prefixes.last() == Some(last));
    let (next_key, next_id) = match (listing.truncated, next_prefix, found.last) {
        (false, ..) => (None, None),
        (true, Some(prefix), _) => (Some(prefix), None),
        (true, None, Some((key, id))) => (Some(key), Some(id)),
        (true, None, None) => (listing.last.clone(), None),
    };
    Ok(ListObjectVersionsOutput {
        is_truncated: Some(listing.truncated),
        key_marker: Some(encoding.text(&input.key_marker.unwrap_or_default())),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        next_key_marker: encoding.some(next_key.as_ref()),
        next_version_id_marker: next_id,
        versions: Some(found.versions).filter(|it| !it.is_empty()),
        delete_markers: Some(found.markers).filter(|it| !it.is_empty()),
        name: input.bucket,
        prefix: Some(encoding.text(&listing.choice().prefix)),
        delimiter: encoding.some(input.delimiter.as_ref()),
        max_keys: i32::try_from(max).ok(),
        common_prefixes: encoding.prefixes(&listing.prefixes),
        encoding_type: input.encoding_type,
        request_charged: None,
    })
}

/// Key by key, and the versions of each. `marker` is a key and a version of it, behind which the list begins.
async fn walk_versions(
    core: &Core,
    listing: &mut Listing,
    found: &mut Found<'_>,
    marker: Option<(&str, &str)>,
) -> Result<(), Fault> {
    let choice = listing.choice().clone();
    if choice.max == 0 {
        return Ok(());
    }
    let bucket = found.open.record.clone();
    if let Some((key, id)) = marker {
        let current = core
            .table
            .read::<Object>(&records::object(&bucket.id, key))
            .await?
            .map(|it| it.record);
        let after = match (id, current) {
            ("null", Some(it)) if it.null => Some(it.seq),
            ("null", it) => it.and_then(|it| it.null_at),
            (id, _) => {
                Some(names::version_place(&bucket.id, key, id).ok_or_else(fault::bad_version)?)
            }
        };
        if let Some(after) = after
            && listing.rolled(key).is_none()
            && !older(core, listing, found, key, Some(after)).await?
        {
            return Ok(());
        }
    }
    let folder = records::objects(&bucket.id);
    let start = folder.clone() + &escaped(&choice.prefix);
    let end = behind(&start);
    let mut from = start;
    if let Some(after) = &choice.after {
        let next = match listing.rolled(after).as_ref() == Some(after) {
            true => behind(after),
            false => format!("{after}\0"),
        };
        from = from.max(folder.clone() + &escaped(&next));
    }
    while from < end {
        let range = Range::between(from.clone(), end.clone()).limit(CHUNK);
        let page = core
            .table
            .store()
            .range(range)
            .await
            .map_err(ChangeError::from)?;
        let mut jump: Option<String> = None;
        for entry in &page.entries {
            if jump.as_ref().is_some_and(|to| entry.key < *to) {
                continue;
            }
            let key = unescaped(&entry.key[folder.len()..]);
            match listing.offer(&key) {
                Offer::Full => return Ok(()),
                Offer::Rolled(prefix) => {
                    jump = Some(folder.clone() + &escaped(&behind(&prefix)));
                }
                Offer::Taken => {
                    let object: Object = decode(&entry.value).map_err(ChangeError::from)?;
                    found.add(&key, &object, true);
                    if !older(core, listing, found, &key, None).await? {
                        return Ok(());
                    }
                }
            }
        }
        let Some(last) = page.entries.last().filter(|_| page.more) else {
            return Ok(());
        };
        let next = last.key.clone() + "\0";
        from = jump.filter(|to| *to > next).unwrap_or(next);
    }
    Ok(())
}

/// The noncurrent versions of a key, those behind `after`; `false` once the list is full.
async fn older(
    core: &Core,
    listing: &mut Listing,
    found: &mut Found<'_>,
    key: &str,
    after: Option<u64>,
) -> Result<bool, Fault> {
    let id = &found.open.record.id;
    let folder = records::versions(id, key);
    let mut behind = after.map(|seq| records::version(id, key, seq));
    loop {
        let mut range = Range::prefix(folder.clone()).limit(CHUNK);
        range.start_after = behind.take();
        let page = core
            .table
            .store()
            .range(range)
            .await
            .map_err(ChangeError::from)?;
        for entry in &page.entries {
            if listing.offer_again() == Offer::Full {
                return Ok(false);
            }
            let object: Object = decode(&entry.value).map_err(ChangeError::from)?;
            found.add(key, &object, false);
        }
        if !page.more {
            return Ok(true);
        }
        behind = page.entries.last().map(|it| it.key.clone());
    }
}

pub async fn get_versioning(
    core: &Core,
    _: &Call,
    input: GetBucketVersioningRequest,
) -> Result<GetBucketVersioningOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let status = match open.record.versioning {
        Versioning::Off => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    Ok(GetBucketVersioningOutput {
        status: status.map(str::to_owned),
        ..GetBucketVersioningOutput::default()
    })
}

pub async fn put_versioning(
    core: &Core,
    call: &Call,
    input: PutBucketVersioningRequest,
) -> Result<(), Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let asked = input.versioning_configuration.unwrap_or_default();
    if asked.mfa_delete.as_deref() == Some("Enabled") {
        return Err(fault::not_implemented(
            "MFA delete is not supported by this version of wharf.",
        ));
    }
    let versioning = match asked.status.as_deref() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => {
            let text = "The Versioning element must be specified";
            return Err(Fault::sender(
                "IllegalVersioningConfigurationException",
                400,
                text,
            ));
        }
    };
    super::buckets::change(core, call, &open, |bucket: &mut Bucket| {
        bucket.versioning = versioning;
        Ok(())
    })
    .await
}
