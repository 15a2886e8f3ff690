//! ListObjectVersions, and the versioning of a bucket.

use wharf_api_s3::{
    DeleteMarkerEntry, GetBucketVersioningOutput, GetBucketVersioningRequest,
    ListObjectVersionsOutput, ListObjectVersionsRequest, ObjectVersion, PutBucketVersioningRequest,
};
use wharf_records::decode;
use wharf_service::Cause;
use wharf_store::{Entry, Range, Revision, Store, StoreError};
use wharf_wire::{Call, Fault};

use super::{
    buckets::owner,
    list::{Encoding, max_of},
    quoted,
};
use crate::{
    core::{ChangeError, Core, Open, version_of},
    current, fault,
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
    let max = max_of(input.max_keys, "maxKeys")?;
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
    let choice = Choice {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|it| !it.is_empty()),
        after: key_marker.clone(),
        max,
    };
    let marker = key_marker.as_deref().zip(id_marker.as_deref());
    let marker = marker.map(|(key, id)| Marker { key, id });
    if let Some(marker) = &marker
        && marker.id != "null"
        && names::version_place(&open.record.id, marker.key, marker.id).is_none()
    {
        return Err(fault::bad_version());
    }
    let (listing, found) = walk_all(core, &open, &choice, encoding, marker).await?;
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

/// A version behind which a list begins.
#[derive(Clone, Copy)]
struct Marker<'a> {
    key: &'a str,
    id: &'a str,
}

/// How often a list begins anew where the store forgot meanwhile what it was of.
const MAX_TRIES: usize = 16;

/// All of it as of one revision: versions change their places as others come and go.
async fn walk_all<'a>(
    core: &Core,
    open: &'a Open,
    choice: &Choice,
    encoding: Encoding,
    marker: Option<Marker<'_>>,
) -> Result<(Listing, Found<'a>), Fault> {
    let mut tries = 0;
    loop {
        let mut listing = Listing::new(choice.clone());
        let mut found = Found {
            open,
            encoding,
            versions: Vec::new(),
            markers: Vec::new(),
            last: None,
        };
        let store = core.table.store();
        let at = store.revision().await.map_err(ChangeError::from)?;
        tries += 1;
        match walk_versions(store, at, &mut listing, &mut found, marker).await {
            Ok(()) => return Ok((listing, found)),
            Err(error) if is_compacted(&error) && tries < MAX_TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_compacted(error: &ChangeError) -> bool {
    matches!(error.cause, Cause::Store(StoreError::Compacted { .. }))
}

/// Key by key, and the versions of each. Objects and delete markers, of which each key has one, as one sequence.
async fn walk_versions(
    store: &Store,
    at: Revision,
    listing: &mut Listing,
    found: &mut Found<'_>,
    marker: Option<Marker<'_>>,
) -> Result<(), ChangeError> {
    if listing.choice().max == 0 {
        return Ok(());
    }
    let bucket = &found.open.record;
    if let Some(Marker { key, id }) = marker
        && key.starts_with(&listing.choice().prefix)
        && listing.rolled(key).is_none()
    {
        let after = match (id, current::read_at(store, bucket, key, at).await?) {
            ("null", Some(it)) if it.null => Some(it.seq),
            ("null", it) => it.and_then(|it| it.null_at),
            (id, _) => names::version_place(&bucket.id, key, id),
        };
        if after.is_some() && !older(store, at, listing, found, key, after).await? {
            return Ok(());
        }
    }
    let folders = [records::objects(&bucket.id), records::markers(&bucket.id)];
    let [mut objects, mut markers] =
        folders.map(|it| Cursor::new(store, it, listing).by_few().at(at));
    let mut object = objects.next(listing).await?;
    let mut marker = markers.next(listing).await?;
    loop {
        let is_object = match (&object, &marker) {
            (Some((one, _)), Some((other, _))) => one < other,
            (one, _) => one.is_some(),
        };
        let next = if is_object { &object } else { &marker };
        let Some((text, entry)) = next else {
            return Ok(());
        };
        let key = unescaped(text);
        match listing.offer(&key) {
            Offer::Full => return Ok(()),
            Offer::Rolled(prefix) => {
                let behind = behind(&prefix);
                // The one at hand may stand there as well.
                let is_passed = |it: &Option<(String, Entry)>| {
                    it.as_ref().is_some_and(|it| unescaped(&it.0) < behind)
                };
                objects.skip_to(&behind);
                markers.skip_to(&behind);
                if is_passed(&object) {
                    object = objects.next(listing).await?;
                }
                if is_passed(&marker) {
                    marker = markers.next(listing).await?;
                }
                continue;
            }
            Offer::Taken => {
                found.add(&key, &decode(&entry.value)?, true);
                if !older(store, at, listing, found, &key, None).await? {
                    return Ok(());
                }
            }
        }
        match is_object {
            true => object = objects.next(listing).await?,
            false => marker = markers.next(listing).await?,
        }
    }
}

/// The noncurrent versions of a key, those behind `after`; `false` once the list is full.
async fn older(
    store: &Store,
    at: Revision,
    listing: &mut Listing,
    found: &mut Found<'_>,
    key: &str,
    after: Option<u64>,
) -> Result<bool, ChangeError> {
    let id = &found.open.record.id;
    let folder = records::versions(id, key);
    let mut behind = after.map(|seq| records::version(id, key, seq));
    loop {
        let mut range = Range::prefix(folder.clone())
            .limit(listing.room() + 1)
            .at(at);
        range.start_after = behind.take();
        let page = store.range(range).await?;
        listing.looked += page.entries.len();
        for entry in &page.entries {
            if listing.offer_again() == Offer::Full {
                return Ok(false);
            }
            found.add(key, &decode(&entry.value)?, false);
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
        let marker = marker.map(|(key, id)| Marker { key, id });
        let at = store.revision().await.unwrap();
        walk_versions(store, at, &mut listing, &mut found, marker)
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

        // Where there are delete markers, they stand between the others.
        let id = open().record.id;
        let marked = (0..4000).flat_map(|number| {
            let key = format!("{number:05}");
            let marker = Object {
                marker: true,
                ..an_object(2)
            };
            let current = match number % 2 {
                0 => (records::object(&id, &key), an_object(2)),
                _ => (records::marker(&id, &key), marker),
            };
            [current, (records::version(&id, &key, 1), an_object(1))]
        });
        let [shown, _, looked] = page(&filled(marked).await, None, None).await;
        assert_eq!(shown, 750);
        assert!(looked <= 2000, "{looked}");
    }
}
