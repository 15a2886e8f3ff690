//! ListObjectVersions, and the versioning of a bucket.

use wharf_api_s3::{
    DeleteMarkerEntry, GetBucketVersioningOutput, GetBucketVersioningRequest,
    ListObjectVersionsOutput, ListObjectVersionsRequest, ObjectVersion, PutBucketVersioningRequest,
};
use wharf_records::decode;
use wharf_store::{Range, Store};
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
    records::{self, Bucket, Object, Versioning, unescaped},
    walk::Cursor,
};

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
        core.table.store(),
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
    store: &Store,
    listing: &mut Listing,
    found: &mut Found<'_>,
    marker: Option<(&str, &str)>,
) -> Result<(), Fault> {
    if listing.choice().max == 0 {
        return Ok(());
    }
    let bucket = &found.open.record;
    if let Some((key, id)) = marker {
        let current = store.get(&records::object(&bucket.id, key)).await;
        let current = current.map_err(ChangeError::from)?;
        let current = current.map(|it| decode::<Object>(&it.value)).transpose();
        let current = current.map_err(ChangeError::from)?;
        let after = match (id, current) {
            ("null", Some(it)) if it.null => Some(it.seq),
            ("null", it) => it.and_then(|it| it.null_at),
            (id, _) => {
                Some(names::version_place(&bucket.id, key, id).ok_or_else(fault::bad_version)?)
            }
        };
        if let Some(after) = after
            && key.starts_with(&listing.choice().prefix)
            && listing.rolled(key).is_none()
            && !older(store, listing, found, key, Some(after)).await?
        {
            return Ok(());
        }
    }
    let mut cursor = Cursor::new(store, records::objects(&bucket.id), listing).by_few();
    while let Some((text, entry)) = cursor.next(listing).await? {
        let key = unescaped(&text);
        match listing.offer(&key) {
            Offer::Full => return Ok(()),
            Offer::Rolled(prefix) => cursor.skip_to(&behind(&prefix)),
            Offer::Taken => {
                let object: Object = decode(&entry.value).map_err(ChangeError::from)?;
                found.add(&key, &object, true);
                if !older(store, listing, found, &key, None).await? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// The noncurrent versions of a key, those behind `after`; `false` once the list is full.
async fn older(
    store: &Store,
    listing: &mut Listing,
    found: &mut Found<'_>,
    key: &str,
    after: Option<u64>,
) -> Result<bool, Fault> {
    let id = &found.open.record.id;
    let folder = records::versions(id, key);
    let mut behind = after.map(|seq| records::version(id, key, seq));
    loop {
        let mut range = Range::prefix(folder.clone()).limit(listing.room() + 1);
        range.start_after = behind.take();
        let page = store.range(range).await.map_err(ChangeError::from)?;
        listing.looked += page.entries.len();
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

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;

    use super::*;
    use crate::walk::tests::{an_object, filled};

    fn open() -> Open {
        let record = Bucket {
            id: "0123456789abcdef".to_owned(),
            name: "bucket".to_owned(),
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            created_at: Timestamp(0),
            tags: Default::default(),
            versioning: Versioning::Enabled,
            policy: None,
            settings: Default::default(),
            deleting: false,
            unknown: Default::default(),
        };
        Open {
            key: String::new(),
            record,
            revision: 0,
            created: 0,
        }
    }

    /// How many versions a page of 1,000 shows, common prefixes, and how many entries are read for it.
    async fn page(
        store: &Store,
        delimiter: Option<&str>,
        after: Option<(&str, u64)>,
    ) -> [usize; 3] {
        let open = open();
        let mut listing = Listing::new(Choice {
            delimiter: delimiter.map(str::to_owned),
            after: after.map(|it| it.0.to_owned()),
            max: 1000,
            ..Choice::default()
        });
        let mut found = Found {
            open: &open,
            encoding: Encoding::of(None).unwrap(),
            versions: Vec::new(),
            markers: Vec::new(),
            last: None,
        };
        let id = after.map(|(key, seq)| names::version_id(&open.record.id, key, seq));
        let marker = after.map(|it| it.0).zip(id.as_deref());
        walk_versions(store, &mut listing, &mut found, marker)
            .await
            .unwrap();
        [found.versions.len(), listing.prefixes.len(), listing.looked]
    }

    /// So many keys with so many noncurrent versions each.
    async fn versions(keys: usize, each: u64, name: impl Fn(usize) -> String) -> Store {
        let id = open().record.id;
        let all = (0..keys).flat_map(|number| {
            let (id, key) = (id.clone(), name(number));
            let current = (records::object(&id, &key), an_object(each + 1));
            let older =
                (1..=each).map(move |seq| (records::version(&id, &key, seq), an_object(seq)));
            std::iter::once(current).chain(older)
        });
        filled(all).await
    }

    #[tokio::test]
    async fn a_page_reads_what_it_shows() {
        let flat = versions(3, 2500, |it| it.to_string()).await;
        let [shown, _, looked] = page(&flat, None, None).await;
        assert_eq!(shown, 1000);
        assert!(looked <= 1001 + 16, "{looked}");
        let [shown, _, looked] = page(&flat, None, Some(("1", 1200))).await;
        assert_eq!(shown, 1000);
        assert!(looked <= 1001, "{looked}");

        let small = versions(2000, 1, |it| format!("{it:05}")).await;
        let [shown, _, looked] = page(&small, None, None).await;
        assert_eq!(shown, 1000);
        assert!(looked <= 2000, "{looked}");

        // Versions in a common prefix are not looked at.
        let many = versions(4000, 2, |it| format!("{:05}/{it}", it / 2)).await;
        let [shown, prefixes, looked] = page(&many, Some("/"), None).await;
        assert_eq!((shown, prefixes), (0, 1000));
        assert!(looked <= 1017, "{looked}");
    }
}
