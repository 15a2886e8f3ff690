//! DeleteObject and DeleteObjects.

use futures_util::{StreamExt as _, stream};
use wharf_api_s3::{
    DeleteObjectOutput, DeleteObjectRequest, DeleteObjectsOutput, DeleteObjectsRequest,
    DeletedObject, Error, ObjectIdentifier,
};
use wharf_base::Timestamp;
use wharf_wire::{Call, Fault};

use crate::{
    authorize, commit,
    conditions::Writing,
    core::{Core, Open},
    fault, names,
    records::Object,
};

/// Keys of one request.
const MAX_KEYS: usize = 1000;
/// Keys that are deleted at once: they share the store's syncs.
const AT_ONCE: usize = 64;

/// What an object must be to be deleted.
#[derive(Default)]
struct Must {
    etag: Option<String>,
    modified: Option<Timestamp>,
    size: Option<i64>,
}

impl Must {
    fn check(&self, object: &Object) -> Result<(), Fault> {
        if let Some(etag) = &self.etag {
            let writing = Writing {
                matches: Some(etag.clone()),
                none_matches: None,
            };
            writing.check(Some(object), "")?;
        }
        let at = |it: Timestamp| it.millis() / 1000;
        if self
            .modified
            .is_some_and(|it| at(it) != at(object.modified))
        {
            return Err(fault::precondition("x-amz-if-match-last-modified-time"));
        }
        if self
            .size
            .is_some_and(|it| u64::try_from(it) != Ok(object.size))
        {
            return Err(fault::precondition("x-amz-if-match-size"));
        }
        Ok(())
    }
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteObjectRequest,
) -> Result<DeleteObjectOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let key = input.key.unwrap_or_default();
    names::check_key(&key)?;
    let must = Must {
        etag: input.if_match,
        modified: input.if_match_last_modified_time,
        size: input.if_match_size,
    };
    let version = input.version_id.as_deref();
    let deleted = commit::delete(core, call, &open, &key, version, |it| must.check(it)).await?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: deleted.version,
        request_charged: None,
    })
}

pub async fn delete_many(
    core: &Core,
    call: &Call,
    input: DeleteObjectsRequest,
) -> Result<DeleteObjectsOutput, Fault> {
    let name = input.bucket.as_deref();
    let open = core
        .open(name, input.expected_bucket_owner.as_deref())
        .await?;
    let delete = input.delete.unwrap_or_default();
    let quiet = delete.quiet.unwrap_or_default();
    let objects = delete.objects.unwrap_or_default();
    if objects.is_empty() || objects.len() > MAX_KEYS {
        return Err(fault::malformed_xml());
    }
    let open = &open;
    let results = stream::iter(objects).map(|object| async move {
        let outcome = delete_one(core, call, open, &object).await;
        (object, outcome)
    });
    let results: Vec<_> = results.buffered(AT_ONCE).collect().await;
    let mut output = DeleteObjectsOutput::default();
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for (object, outcome) in results {
        match outcome {
            Ok(_) if quiet => {}
            Ok(done) => deleted.push(shown(object, done)),
            Err(fault) => errors.push(Error {
                key: object.key,
                version_id: object.version_id,
                code: Some(fault.code.into_owned()),
                message: Some(fault.message),
            }),
        }
    }
    output.deleted = Some(deleted);
    output.errors = Some(errors);
    Ok(output)
}

async fn delete_one(
    core: &Core,
    call: &Call,
    open: &Open,
    object: &ObjectIdentifier,
) -> Result<commit::Deleted, Fault> {
    let key = object.key.as_deref().unwrap_or_default();
    let version = object.version_id.as_deref();
    let action = match version {
        Some(_) => "s3:DeleteObjectVersion",
        None => "s3:DeleteObject",
    };
    let check = authorize::on_object(core, call, open, action, (key, version)).await?;
    if !core.may(call, check).await {
        return Err(fault::denied());
    }
    names::check_key(key)?;
    let must = Must {
        etag: object.e_tag.clone(),
        modified: object.last_modified_time,
        size: object.size,
    };
    commit::delete(core, call, open, key, version, |it| must.check(it)).await
}

fn shown(object: ObjectIdentifier, done: commit::Deleted) -> DeletedObject {
    let made = object.version_id.is_none() && done.marker;
    DeletedObject {
        key: object.key,
        delete_marker: done.marker.then_some(true),
        delete_marker_version_id: done.version.filter(|_| done.marker),
        version_id: object.version_id.filter(|_| !made),
    }
}
