//! The current version of a key: where its record is, and how it gets there. Delete markers lie apart from objects, so
//! that a list of objects passes over none of them. A key has one current version, in one of the two places.

use wharf_records::decode;
use wharf_store::{Revision, Store};
use wharf_wire::Fault;

use crate::{
    core::{Change, ChangeError, Core},
    records::{self, Bucket, Object, Versioning},
};

/// Where the record of a key's current version is to be.
fn place(bucket_id: &str, key: &str, object: &Object) -> String {
    match object.marker {
        true => records::marker(bucket_id, key),
        false => records::object(bucket_id, key),
    }
}

/// Where it may be. A bucket that never kept versions has no markers; those of versions before are among the objects.
fn places(bucket: &Bucket, key: &str) -> impl Iterator<Item = String> {
    let marker = (bucket.versioning != Versioning::Off).then(|| records::marker(&bucket.id, key));
    std::iter::once(records::object(&bucket.id, key)).chain(marker)
}

/// It, be it a delete marker.
pub async fn read(core: &Core, bucket: &Bucket, key: &str) -> Result<Option<Object>, ChangeError> {
    for place in places(bucket, key) {
        if let Some(found) = core.table.read::<Object>(&place).await? {
            return Ok(Some(found.record));
        }
    }
    Ok(None)
}

/// As it stood.
pub async fn read_at(
    store: &Store,
    bucket: &Bucket,
    key: &str,
    at: Revision,
) -> Result<Option<Object>, ChangeError> {
    for place in places(bucket, key) {
        if let Some(found) = store.get_at(&place, at).await? {
            return Ok(Some(decode(&found.value)?));
        }
    }
    Ok(None)
}

/// It and where its record is, for a change that relies on it.
pub async fn find(
    tx: &mut Change<'_>,
    bucket: &Bucket,
    key: &str,
) -> Result<Option<(String, Object)>, Fault> {
    for place in places(bucket, key) {
        if let Some(found) = tx.find::<Object>(&place).await? {
            return Ok(Some((place, found)));
        }
    }
    Ok(None)
}

/// Makes a version the current one, after the one whose record is at `before`.
pub fn put(
    tx: &mut Change<'_>,
    bucket: &Bucket,
    key: &str,
    before: Option<String>,
    object: &Object,
) {
    let place = place(&bucket.id, key, object);
    if let Some(before) = before.filter(|it| *it != place) {
        tx.delete(before);
    }
    tx.put(place, object);
}
