//! How a version comes to be the current one, and how one goes. What was there before is kept, or its bytes are
//! let go of, in the transaction that says so.

use wharf_blobs::Digest;
use wharf_service::transact;
use wharf_store::Range;
use wharf_wanted::MARKER;
use wharf_wire::{Call, CallerKind, Fault};

use crate::{
    conditions::Writing,
    core::{Change, Core, Open, next_seq},
    current, fault,
    notices::{Happening, What},
    records::{self, Body, Bucket, LeftOut, Object, Upload, Versioning},
};

/// A version as it was written, and the bucket as it was then.
pub struct Written {
    pub object: Object,
    pub bucket: Bucket,
}

/// How a version came to be.
pub struct Made<'a> {
    pub what: What,
    /// Where the record of an upload is that ends by it.
    pub upload: Option<&'a str>,
}

impl Made<'_> {
    pub fn by(what: What) -> Self {
        Self { what, upload: None }
    }
}

/// Makes `new` the current version.
pub async fn put(
    core: &Core,
    call: &Call,
    open: &Open,
    key: &str,
    new: Object,
    writing: &Writing,
    made: Made<'_>,
) -> Result<Written, Fault> {
    Ok(transact!(core.table, &call.permit, |tx| {
        let bucket = core.within(&mut tx, open).await?;
        let (before, current) = current::find(&mut tx, &bucket, key).await?.unzip();
        writing.check(current.as_ref(), key)?;
        let mut object = new.clone();
        object.modified = core.now();
        object.seq = next_seq(object.modified, current.as_ref().map(|it| it.seq));
        own(core, &mut tx, &object.body).await?;
        supersede(&mut tx, &bucket, key, current, &mut object).await?;
        current::put(&mut tx, &bucket, key, before, &object);
        if let Some(upload) = made.upload {
            match tx.find::<Upload>(upload).await? {
                Some(it) if it.completing => {}
                // Its parts may be others by now.
                Some(_) => return Err(fault::aborted()),
                None => {
                    let id = upload.rsplit('\0').next().unwrap_or_default();
                    return Err(fault::no_upload(id));
                }
            }
            tx.delete(upload);
            leave_out(&mut tx, &object.body);
        }
        let happening = Happening {
            bucket: &bucket,
            key,
            what: made.what,
            object: &object,
            sequencer: object.seq,
            at: object.modified,
        };
        core.tell(&mut tx, call, &happening);
        Written { object, bucket }
    }))
}

/// Says that the object needs its bytes, which are there.
pub async fn own(core: &Core, tx: &mut Change<'_>, body: &Body) -> Result<(), Fault> {
    match body {
        Body::Blob(digest, who) => own_blob(core, tx, digest, who).await,
        Body::Packed {
            slot,
            place: Some(place),
        } => {
            tx.put(records::slot(slot), place);
            Ok(())
        }
        Body::Empty | Body::Packed { place: None, .. } | Body::Parts { .. } => Ok(()),
    }
}

pub async fn own_blob(
    core: &Core,
    tx: &mut Change<'_>,
    digest: &Digest,
    who: &str,
) -> Result<(), Fault> {
    let relied = core
        .parts
        .wants
        .rely(digest, true)
        .await
        .map_err(fault::wanted)?;
    let relied = relied.ok_or_else(fault::lost)?;
    tx.when(relied.stays);
    tx.put(wharf_wanted::owner(digest, who), &MARKER);
    Ok(())
}

/// What becomes of the current version when `new` takes its place.
async fn supersede(
    tx: &mut Change<'_>,
    bucket: &Bucket,
    key: &str,
    current: Option<Object>,
    new: &mut Object,
) -> Result<(), Fault> {
    new.null = bucket.versioning != Versioning::Enabled;
    new.null_at = None;
    let Some(mut old) = current else {
        return Ok(());
    };
    if new.null {
        // There is one null version at most.
        if let Some(seq) = old.null_at.take() {
            let place = records::version(&bucket.id, key, seq);
            if let Some(null) = tx.find::<Object>(&place).await? {
                let_go(tx, &null.body);
            }
            tx.delete(place);
        }
        if old.null {
            let_go(tx, &old.body);
            return Ok(());
        }
    } else {
        new.null_at = if old.null {
            Some(old.seq)
        } else {
            old.null_at.take()
        };
    }
    tx.put(records::version(&bucket.id, key, old.seq), &old);
    Ok(())
}

/// Parts of an upload that the object is not made of are needed by nobody.
fn leave_out(tx: &mut Change<'_>, body: &Body) {
    if let Body::Parts { upload, skip, .. } = body
        && !skip.is_empty()
    {
        let parts = skip.clone();
        tx.put(records::left_out(upload), &LeftOut { parts });
    }
}

/// What an object was made of is needed by it no more.
pub fn let_go(tx: &mut Change<'_>, body: &Body) {
    match body {
        Body::Empty => {}
        Body::Blob(digest, who) => tx.delete(wharf_wanted::owner(digest, who)),
        Body::Packed { slot, .. } => tx.delete(records::slot(slot)),
        Body::Parts { upload, .. } => tx.put(records::doomed(upload), &MARKER),
    }
}

/// What a deletion did.
#[derive(Debug, Default)]
pub struct Deleted {
    /// The version that was deleted, or the delete marker that was made.
    pub version: Option<String>,
    /// It is a delete marker.
    pub marker: bool,
}

/// Deletes a version: the one named, or what is current, which where versions are kept means a delete marker.
pub async fn delete(
    core: &Core,
    call: &Call,
    open: &Open,
    key: &str,
    version: Option<&str>,
    fits: impl Fn(&Object) -> Result<(), Fault>,
) -> Result<Deleted, Fault> {
    // What tells of it, and a delete marker, are records of their own.
    let permit = call.permit.giving_back();
    let deleted = match version {
        None => {
            transact!(core.table, &permit, |tx| {
                let bucket = core.within(&mut tx, open).await?;
                let current = current::find(&mut tx, &bucket, key).await?;
                if let Some((_, current)) = &current {
                    fits(current)?;
                }
                if bucket.versioning == Versioning::Off {
                    if let Some((place, current)) = &current {
                        let_go(&mut tx, &current.body);
                        tx.delete(place);
                        gone(core, &mut tx, call, &bucket, key, current);
                    }
                    Deleted::default()
                } else {
                    let (before, current) = current.unzip();
                    let now = core.now();
                    let mut marker = Object {
                        marker: true,
                        modified: now,
                        seq: next_seq(now, current.as_ref().map(|it| it.seq)),
                        ..Object::default()
                    };
                    supersede(&mut tx, &bucket, key, current, &mut marker).await?;
                    current::put(&mut tx, &bucket, key, before, &marker);
                    gone(core, &mut tx, call, &bucket, key, &marker);
                    Deleted {
                        version: Some(crate::core::version_of(&bucket, key, &marker)),
                        marker: true,
                    }
                }
            })
        }
        Some(id) => {
            transact!(core.table, &permit, |tx| {
                let bucket = core.within(&mut tx, open).await?;
                let (deleted, version) =
                    delete_version(core, &mut tx, &bucket, key, id, &fits).await?;
                if let Some(version) = version {
                    let version = Object {
                        // What a deletion makes is told of otherwise.
                        marker: false,
                        ..version
                    };
                    gone(core, &mut tx, call, &bucket, key, &version);
                }
                deleted
            })
        }
    };
    Ok(deleted)
}

/// Tells of a version that went, or of a delete marker that was made.
fn gone(
    core: &Core,
    tx: &mut Change<'_>,
    call: &Call,
    bucket: &Bucket,
    key: &str,
    object: &Object,
) {
    let by_rule = call.caller.kind == CallerKind::Service;
    let at = core.now();
    let happening = Happening {
        bucket,
        key,
        what: match (by_rule, object.marker) {
            (false, false) => What::Deleted,
            (false, true) => What::Marked,
            (true, false) => What::Expired,
            (true, true) => What::ExpiredToMarker,
        },
        object,
        sequencer: match object.marker {
            true => object.seq,
            false => next_seq(at, Some(object.seq)),
        },
        at,
    };
    core.tell(tx, call, &happening);
}

/// What was done, and the version that went.
async fn delete_version(
    core: &Core,
    tx: &mut Change<'_>,
    bucket: &Bucket,
    key: &str,
    id: &str,
    fits: &impl Fn(&Object) -> Result<(), Fault>,
) -> Result<(Deleted, Option<Object>), Fault> {
    let of = Version { bucket, key, id };
    loop {
        if let Some(old) = take_out(core, tx, &of, fits).await? {
            let deleted = Deleted {
                version: Some(id.to_owned()),
                marker: old.marker,
            };
            return Ok((deleted, Some(old)));
        }
        // Nothing is written then, so that nothing tells whether it became the current version between two reads.
        if of.is_nowhere(core).await? {
            let deleted = Deleted {
                version: Some(id.to_owned()),
                marker: false,
            };
            return Ok((deleted, None));
        }
    }
}

/// A version that a request names.
struct Version<'a> {
    bucket: &'a Bucket,
    key: &'a str,
    id: &'a str,
}

impl Version<'_> {
    /// Its place among the versions of its key, of which `current` is one.
    fn seq(&self, current: &Object) -> Result<Option<u64>, Fault> {
        Ok(match self.id {
            "null" if current.null => Some(current.seq),
            "null" => current.null_at,
            id => {
                let seq = crate::names::version_place(&self.bucket.id, self.key, id);
                Some(seq.ok_or_else(fault::bad_version)?)
            }
        })
    }

    fn is(&self, object: &Object, seq: u64) -> bool {
        object.seq == seq && object.null == (self.id == "null")
    }

    /// As of one moment.
    async fn is_nowhere(&self, core: &Core) -> Result<bool, Fault> {
        let store = core.table.store();
        let at = store.revision().await;
        let at = at.map_err(crate::core::ChangeError::from)?;
        let Some(current) = current::read_at(store, self.bucket, self.key, at).await? else {
            return Ok(true);
        };
        let Some(seq) = self.seq(&current)? else {
            return Ok(true);
        };
        let place = records::version(&self.bucket.id, self.key, seq);
        let found = store.get_at(&place, at).await;
        let found = found.map_err(crate::core::ChangeError::from)?;
        let noncurrent = found.map(|it| wharf_records::decode::<Object>(&it.value));
        let noncurrent = noncurrent.transpose();
        let noncurrent = noncurrent.map_err(crate::core::ChangeError::from)?;
        let mut both = [Some(current), noncurrent].into_iter().flatten();
        Ok(!both.any(|it| self.is(&it, seq)))
    }
}

/// Takes a version out, if it is found.
async fn take_out(
    core: &Core,
    tx: &mut Change<'_>,
    of: &Version<'_>,
    fits: &impl Fn(&Object) -> Result<(), Fault>,
) -> Result<Option<Object>, Fault> {
    let Version { bucket, key, .. } = *of;
    let Some((place, mut current)) = current::find(tx, bucket, key).await? else {
        return Ok(None);
    };
    let Some(seq) = of.seq(&current)? else {
        return Ok(None);
    };
    if !of.is(&current, seq) {
        let at = records::version(&bucket.id, key, seq);
        let found = tx.find::<Object>(&at).await?;
        let Some(old) = found.filter(|it| of.is(it, seq)) else {
            return Ok(None);
        };
        fits(&old)?;
        let_go(tx, &old.body);
        tx.delete(at);
        if old.null {
            current.null_at = None;
            tx.put(place, &current);
        }
        return Ok(Some(old));
    }
    fits(&current)?;
    let_go(tx, &current.body);
    match newest(core, tx, bucket, key).await? {
        Some((at, mut next)) => {
            let null_at = if current.null { None } else { current.null_at };
            next.null_at = null_at.filter(|seq| *seq != next.seq);
            tx.delete(at);
            current::put(tx, bucket, key, Some(place), &next);
        }
        None => tx.delete(place),
    }
    Ok(Some(current))
}

/// The newest of the noncurrent versions. Who adds one changes the current version, so that there is none stays true;
/// but who deletes one does not: what went since it was found leaves its place to the next.
async fn newest(
    core: &Core,
    tx: &mut Change<'_>,
    bucket: &Bucket,
    key: &str,
) -> Result<Option<(String, Object)>, Fault> {
    loop {
        let range = Range::prefix(records::versions(&bucket.id, key))
            .limit(1)
            .keys_only();
        let found = core.table.store().range(range).await;
        let found = found.map_err(crate::core::ChangeError::from)?;
        let Some(entry) = found.entries.into_iter().next() else {
            return Ok(None);
        };
        if let Some(next) = tx.find::<Object>(&entry.key).await? {
            return Ok(Some((entry.key, next)));
        }
    }
}
