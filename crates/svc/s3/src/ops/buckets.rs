//! Buckets: made, found, listed and deleted.

use wharf_api_s3::{
    Bucket as Shown, CreateBucketOutput, CreateBucketRequest, DeleteBucketRequest,
    GetBucketLocationOutput, GetBucketLocationRequest, HeadBucketOutput, HeadBucketRequest,
    ListBucketsOutput, ListBucketsRequest, Owner, faults,
};
use wharf_base::{Permit, ids};
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_store::Range;
use wharf_wanted::MARKER;
use wharf_wire::{Call, Fault};

use super::tagging;
use crate::{
    config_records::{PublicAccess, Settings},
    core::{ChangeError, Core, Open},
    fault, names,
    records::{self, Bucket, Name, SERVICE, Upload, Versioning},
};

/// Buckets of an account, as AWS has it unless asked for more.
pub const MAX_BUCKETS: usize = 10_000;
const HOME: &str = "us-east-1";

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateBucketRequest,
) -> Result<CreateBucketOutput, Fault> {
    let name = input.bucket.unwrap_or_default();
    names::check_bucket(&name)?;
    let grants = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_read_acp,
        &input.grant_write,
        &input.grant_write_acp,
    ];
    if input.acl.as_deref().is_some_and(|it| it != "private")
        || grants.iter().any(|it| it.is_some())
    {
        let text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(Fault::sender(
            "InvalidBucketAclWithObjectOwnership",
            400,
            text,
        ));
    }
    let ownership = input
        .object_ownership
        .unwrap_or_else(|| crate::acl::ENFORCED.to_owned());
    if ownership != crate::acl::ENFORCED {
        return Err(fault::no_acls());
    }
    let configuration = input.create_bucket_configuration.unwrap_or_default();
    let region = region_of(&call.region, configuration.location_constraint.as_deref())?;
    let tags = tagging::of_bucket(configuration.tags.unwrap_or_default())?;
    let bucket = Bucket {
        id: ids::hex16(),
        name: name.clone(),
        account: call.account.clone(),
        region: region.clone(),
        created_at: core.now(),
        tags,
        versioning: Versioning::Off,
        policy: None,
        settings: Settings {
            public_access: Some(PublicAccess::ALL),
            ownership: Some(ownership),
            ..Settings::default()
        },
        deleting: false,
        unknown: Default::default(),
    };
    let owned = core
        .table
        .count(&Scope::new(SERVICE, &call.account, &region).prefix(Bucket::KIND))
        .await?;
    if owned >= MAX_BUCKETS {
        let text = "You have attempted to create more buckets than allowed";
        return Err(Fault::sender("TooManyBuckets", 400, text));
    }
    let location = format!("/{name}");
    let output = CreateBucketOutput {
        location: Some(location),
        bucket_arn: Some(names::bucket_arn(&name)),
    };
    let claim = Name {
        account: call.account.clone(),
        region: region.clone(),
        unknown: Default::default(),
    };
    transact!(core.table, &call.permit, |tx| {
        let key = records::name(&name);
        let found = tx.find::<Name>(&key).await?;
        if let Some(found) = &found
            && found.account == call.account
        {
            let place = records::bucket(&found.account, &found.region, &name);
            let bucket = tx.find::<Bucket>(&place).await?;
            // What becomes of it nobody knows yet, and a yes has to stay true.
            if bucket.is_none_or(|it| it.deleting) {
                return Err(fault::aborted());
            }
        }
        match found {
            // As it always was in this region: it is there, as asked for.
            Some(found)
                if found.account == call.account && found.region == HOME && region == HOME =>
            {
                return Ok(output);
            }
            Some(found) if found.account == call.account => {
                let text = "Your previous request to create the named bucket succeeded and you already own it.";
                return Err(faults::bucket_already_owned_by_you(text).with("BucketName", name));
            }
            Some(_) => {
                let text = "The requested bucket name is not available. The bucket namespace is shared by all users of \
                            the system. Please select a different name and try again.";
                return Err(faults::bucket_already_exists(text).with("BucketName", name));
            }
            None => {}
        }
        tx.put(key, &claim);
        tx.put(records::bucket(&call.account, &region, &name), &bucket);
    });
    let store = &core.parts.store;
    store.assign(SERVICE, &bucket.id, &call.account);
    Ok(output)
}

/// Where a bucket is to be: what a request says at the endpoint of a region.
fn region_of(here: &str, constraint: Option<&str>) -> Result<String, Fault> {
    let wrong = |text: String| {
        Err(Fault::sender(
            "IllegalLocationConstraintException",
            400,
            text,
        ))
    };
    match constraint {
        None if here == HOME => Ok(here.to_owned()),
        None => wrong(
            "The unspecified location constraint is incompatible for the region specific endpoint this request was \
             sent to."
                .to_owned(),
        ),
        Some("EU") if here == HOME || here == "eu-west-1" => Ok("eu-west-1".to_owned()),
        Some(asked) if asked == HOME || !wharf_base::regions::REGIONS.iter().any(|it| it.0 == asked) => {
            Err(fault::bad_location(asked))
        }
        Some(asked) if asked == here || here == HOME => Ok(asked.to_owned()),
        Some(asked) => wrong(format!(
            "The {asked} location constraint is incompatible for the region specific endpoint this request was sent \
             to."
        )),
    }
}

pub async fn head(
    core: &Core,
    call: &Call,
    input: HeadBucketRequest,
) -> Result<HeadBucketOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let _ = call;
    Ok(HeadBucketOutput {
        bucket_region: Some(open.record.region),
        access_point_alias: Some(false),
        bucket_arn: Some(names::bucket_arn(&open.record.name)),
        ..HeadBucketOutput::default()
    })
}

pub async fn location(
    core: &Core,
    _: &Call,
    input: GetBucketLocationRequest,
) -> Result<GetBucketLocationOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let region = open.record.region;
    Ok(GetBucketLocationOutput {
        location_constraint: (region != HOME).then_some(region),
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListBucketsRequest,
) -> Result<ListBucketsOutput, Fault> {
    let max = match input.max_buckets {
        None => MAX_BUCKETS,
        Some(max) => usize::try_from(max)
            .ok()
            .filter(|it| (1..=MAX_BUCKETS).contains(it))
            .ok_or_else(|| {
                fault::argument(
                    "Argument max-buckets must be an integer between 1 and 10000",
                    "max-buckets",
                    &max.to_string(),
                )
            })?,
    };
    let prefix = input.prefix.clone().unwrap_or_default();
    let folder = format!("{}{}/", Scope::service_prefix(SERVICE), call.account);
    let mut found = Vec::new();
    for entry in core.table.entries(&folder).await? {
        if !matches!(Scope::parse(&entry.key), Some((_, Bucket::KIND, _))) {
            continue;
        }
        let bucket: Bucket = wharf_records::decode(&entry.value).map_err(ChangeError::from)?;
        let of_region = input
            .bucket_region
            .as_ref()
            .is_none_or(|it| *it == bucket.region);
        if bucket.name.starts_with(&prefix) && of_region && !bucket.deleting {
            found.push(bucket);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let list = wharf_service::Pages::<fault::S3Faults>::new(
        &core.parts.keyring,
        call,
        "s3/ListBuckets",
        &(&input.prefix, &input.bucket_region),
    );
    let page = list.page(input.continuation_token.as_deref(), max)?;
    let (found, token) = page.cut(found, |it| &it.name);
    let shown = found.into_iter().map(|it| Shown {
        bucket_arn: Some(names::bucket_arn(&it.name)),
        name: Some(it.name),
        creation_date: Some(it.created_at),
        bucket_region: Some(it.region),
    });
    Ok(ListBucketsOutput {
        buckets: Some(shown.collect()),
        owner: Some(owner(&call.account)),
        continuation_token: token,
        prefix: input.prefix,
    })
}

pub fn owner(account: &str) -> Owner {
    Owner {
        id: Some(names::owner_id(account)),
        display_name: None,
    }
}

/// Changes the record of a bucket.
pub async fn change(
    core: &Core,
    call: &Call,
    open: &Open,
    change: impl Fn(&mut Bucket) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let changed = core
        .table
        .change(&call.permit, &open.key, |bucket: &mut Bucket| {
            match bucket.id == open.record.id && !bucket.deleting {
                true => change(bucket),
                false => Err(fault::no_bucket(&bucket.name)),
            }
        });
    changed
        .await?
        .map(|_| ())
        .ok_or_else(|| fault::no_bucket(&open.record.name))
}

/// Marked first: from then on nothing is added, and what is there can be counted. Only then it goes.
pub async fn delete(core: &Core, call: &Call, input: DeleteBucketRequest) -> Result<(), Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    must_be_empty(core, &open).await?;
    // One at a time: what one found empty, another must not open to writers.
    let _turn = core.turns.take(&open.record.id).await;
    let _work = core.at_work.begin(&open.record.id);
    mark(core, call, &open, true).await?;
    if let Err(fault) = must_be_empty(core, &open).await {
        mark(core, call, &open, false).await?;
        return Err(fault);
    }
    drop_uploads(core, &call.permit, &open.record.id).await?;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Bucket>(&open.key).await?;
        // Still marked: it is as empty as it was found.
        if !found.is_some_and(|it| it.id == open.record.id && it.deleting) {
            return Err(fault::no_bucket(&open.record.name));
        }
        tx.delete(open.key.clone());
        tx.delete(records::name(&open.record.name));
    });
    core.parts.store.release(SERVICE, &open.record.id);
    Ok(())
}

async fn mark(core: &Core, call: &Call, open: &Open, deleting: bool) -> Result<(), Fault> {
    let marked = core
        .table
        .change(&call.permit, &open.key, |bucket: &mut Bucket| {
            if bucket.id == open.record.id {
                bucket.deleting = deleting;
            }
            Ok::<_, Fault>(())
        });
    marked
        .await?
        .map(|_| ())
        .ok_or_else(|| fault::no_bucket(&open.record.name))
}

async fn must_be_empty(core: &Core, open: &Open) -> Result<(), Fault> {
    let any = async |folder: String| {
        let range = Range::prefix(folder).limit(1).keys_only();
        let found = core
            .table
            .store()
            .range(range)
            .await
            .map_err(ChangeError::from)?;
        Ok::<_, Fault>(!found.entries.is_empty())
    };
    let bucket = &open.record;
    if any(records::all_versions(&bucket.id)).await? {
        return Err(fault::not_empty_of_versions(&bucket.name));
    }
    if any(records::markers(&bucket.id)).await? {
        return Err(fault::not_empty_of_versions(&bucket.name));
    }
    match any(records::objects(&bucket.id)).await? {
        true if bucket.versioning == Versioning::Off => Err(fault::not_empty(&bucket.name)),
        true => Err(fault::not_empty_of_versions(&bucket.name)),
        false => Ok(()),
    }
}

/// Uploads under way go with their bucket.
pub async fn drop_uploads(core: &Core, permit: &Permit, bucket_id: &str) -> Result<(), Fault> {
    let folder = records::all_uploads(bucket_id);
    for key in core.table.keys(&folder).await? {
        transact!(core.table, permit, |tx| {
            if let Some(upload) = tx.find::<Upload>(&key).await? {
                tx.delete(key.clone());
                tx.put(records::doomed(&upload.id), &MARKER);
            }
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_bucket_is_made() {
        let of = |here, asked| region_of(here, asked).map_err(|it| it.code.into_owned());
        let (home, far) = ("us-east-1", "eu-central-1");
        let illegal = Err("IllegalLocationConstraintException".to_owned());
        assert_eq!(of(home, None), Ok(home.to_owned()));
        assert_eq!(of(home, Some(far)), Ok(far.to_owned()));
        assert_eq!(of(far, Some(far)), Ok(far.to_owned()));
        assert_eq!(of(far, None), illegal);
        assert_eq!(of(far, Some("eu-west-1")), illegal);
        for odd in ["us-east-1", "nowhere", ""] {
            assert_eq!(
                of(home, Some(odd)),
                Err("InvalidLocationConstraint".to_owned())
            );
        }
    }
}
