//! Tags of buckets and of objects.

use wharf_api_s3::{
    DeleteBucketTaggingRequest, DeleteObjectTaggingOutput, DeleteObjectTaggingRequest,
    GetBucketTaggingOutput, GetBucketTaggingRequest, GetObjectTaggingOutput,
    GetObjectTaggingRequest, PutBucketTaggingRequest, PutObjectTaggingOutput,
    PutObjectTaggingRequest, Tag,
};
use wharf_service::{
    tags::{Refused, Rules, Tags},
    transact,
};
use wharf_wire::{Call, Fault, codec::form::Form};

use super::{buckets, get};
use crate::{
    core::Core,
    fault,
    notices::{Happening, What},
    records::{self, Object},
};

const OF_OBJECTS: Rules<Fault> = Rules {
    most: 10,
    ..Rules::usual(refused_of_object)
};
const OF_BUCKETS: Rules<Fault> = Rules::usual(refused_of_bucket);

fn refused(why: Refused<'_>, most: &str) -> Fault {
    let bad = |text: &str| Fault::sender("InvalidTag", 400, text);
    match why {
        Refused::Key(key) => bad("The TagKey you have provided is invalid").with("TagKey", key),
        Refused::Value(key) => bad("The TagValue you have provided is invalid").with("TagKey", key),
        Refused::Reserved(_) => bad("System tags cannot be added/updated by requester"),
        Refused::Twice(key) => {
            bad("Cannot provide multiple Tags with the same key").with("TagKey", key)
        }
        Refused::TooMany => Fault::sender("BadRequest", 400, most),
    }
}

fn refused_of_object(why: Refused<'_>) -> Fault {
    refused(why, "Object tags cannot be greater than 10")
}

fn refused_of_bucket(why: Refused<'_>) -> Fault {
    refused(why, "Bucket tag count cannot be greater than 50")
}

/// The tags in a header, as they stand.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let form = Form::parse(text.as_bytes());
    let form = form.map_err(|_| {
        let text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without \
                    tag name duplicates.";
        fault::argument(text, "x-amz-tagging", "")
    })?;
    Ok(form.into_pairs())
}

/// The tags of a new object.
pub fn given(header: Option<&str>) -> Result<Tags, Fault> {
    OF_OBJECTS.given(parse(header.unwrap_or_default())?)
}

fn pairs(tags: Vec<Tag>) -> impl Iterator<Item = (String, String)> {
    tags.into_iter()
        .map(|it| (it.key.unwrap_or_default(), it.value.unwrap_or_default()))
}

pub fn of_bucket(tags: Vec<Tag>) -> Result<Tags, Fault> {
    OF_BUCKETS.given(pairs(tags))
}

fn shown(tags: Tags) -> Option<Vec<Tag>> {
    let tags = tags.into_iter().map(|(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    });
    Some(tags.collect())
}

pub async fn get_of_bucket(
    core: &Core,
    _: &Call,
    input: GetBucketTaggingRequest,
) -> Result<GetBucketTaggingOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    match open.record.tags.is_empty() {
        true => Err(fault::nothing(
            "NoSuchTagSet",
            "The TagSet does not exist",
            &open.record.name,
        )),
        false => Ok(GetBucketTaggingOutput {
            tag_set: shown(open.record.tags),
        }),
    }
}

pub async fn put_of_bucket(
    core: &Core,
    call: &Call,
    input: PutBucketTaggingRequest,
) -> Result<(), Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let tags = of_bucket(
        input
            .tagging
            .unwrap_or_default()
            .tag_set
            .unwrap_or_default(),
    )?;
    buckets::change(core, call, &open, |bucket| {
        bucket.tags.clone_from(&tags);
        Ok(())
    })
    .await
}

pub async fn delete_of_bucket(
    core: &Core,
    call: &Call,
    input: DeleteBucketTaggingRequest,
) -> Result<(), Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    buckets::change(core, call, &open, |bucket| {
        bucket.tags.clear();
        Ok(())
    })
    .await
}

pub async fn get_of_object(
    core: &Core,
    call: &Call,
    input: GetObjectTaggingRequest,
) -> Result<GetObjectTaggingOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let found = get::find(
        core,
        call,
        open,
        input.key.as_deref(),
        input.version_id.as_deref(),
    )
    .await
    .map_err(fault::of_tags)?;
    Ok(GetObjectTaggingOutput {
        version_id: found.version(),
        tag_set: shown(found.object.tags),
    })
}

/// Where a version's record is.
struct Changed<'a> {
    bucket: Option<&'a str>,
    owner: Option<&'a str>,
    key: Option<&'a str>,
    version: Option<&'a str>,
}

async fn change(
    core: &Core,
    call: &Call,
    of: Changed<'_>,
    tags: Tags,
    what: What,
) -> Result<Option<String>, Fault> {
    let open = core.open(of.bucket, of.owner).await?;
    let id = open.record.id.clone();
    let found = get::find(core, call, open, of.key, of.version).await;
    let found = found.map_err(fault::of_tags)?;
    // The version as it is found once more in the transaction: current, or noncurrent by then.
    let places = [
        records::object(&id, &found.key),
        records::version(&id, &found.key, found.object.seq),
    ];
    transact!(core.table, &call.permit, |tx| {
        let bucket = core.within(&mut tx, &found.open).await?;
        let mut done = false;
        for place in &places {
            if let Some(mut object) = tx
                .find::<Object>(place)
                .await?
                .filter(|it| it.seq == found.object.seq && !done)
            {
                object.tags.clone_from(&tags);
                tx.put(place, &object);
                let happening = Happening {
                    bucket: &bucket,
                    key: &found.key,
                    what,
                    object: &object,
                    sequencer: object.seq,
                    at: core.now(),
                };
                core.tell(&mut tx, call, &happening);
                done = true;
            }
        }
        if !done {
            return Err(fault::no_key(&found.key));
        }
    });
    Ok(found.version())
}

pub async fn put_of_object(
    core: &Core,
    call: &Call,
    input: PutObjectTaggingRequest,
) -> Result<PutObjectTaggingOutput, Fault> {
    let tags = OF_OBJECTS.given(pairs(
        input
            .tagging
            .unwrap_or_default()
            .tag_set
            .unwrap_or_default(),
    ))?;
    let of = Changed {
        bucket: input.bucket.as_deref(),
        owner: input.expected_bucket_owner.as_deref(),
        key: input.key.as_deref(),
        version: input.version_id.as_deref(),
    };
    let version_id = change(core, call, of, tags, What::Tagged).await?;
    Ok(PutObjectTaggingOutput { version_id })
}

pub async fn delete_of_object(
    core: &Core,
    call: &Call,
    input: DeleteObjectTaggingRequest,
) -> Result<DeleteObjectTaggingOutput, Fault> {
    let of = Changed {
        bucket: input.bucket.as_deref(),
        owner: input.expected_bucket_owner.as_deref(),
        key: input.key.as_deref(),
        version: input.version_id.as_deref(),
    };
    let version_id = change(core, call, of, Tags::new(), What::Untagged).await?;
    Ok(DeleteObjectTaggingOutput { version_id })
}
