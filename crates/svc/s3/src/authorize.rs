//! What each operation does to which resource, under which condition keys. What the bucket itself says, its
//! policy and its block of public access, goes along (`Core::check`).

use wharf_api_s3::{Input, Input as In};
use wharf_service::tags;
use wharf_wire::{CallerKind, Check, Context, Fault};

use crate::{
    core::{Core, Open},
    fault, names, ops,
    records::Object,
};

/// The rows.
pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    match input {
        In::ListBuckets(_) => return Ok(vec![Check::any("s3:ListAllMyBuckets")]),
        // Each key of it is asked about by itself.
        In::DeleteObjects(_) => {
            return Ok(vec![Check::weighed_by_the_operation("s3:DeleteObject")]);
        }
        In::CreateBucket(it) => return Ok(vec![creation(cx, it)]),
        _ => {}
    }
    let row = Row::of(core, cx, target(&input)).await?;
    if row.open.is_none() && cx.caller.kind == CallerKind::Anonymous {
        // Names of buckets are no secret: who is nobody learns at once that there is none.
        return Err(fault::no_bucket(target(&input).bucket.unwrap_or_default()));
    }
    let first = row.check(action(&input));
    let mut first = match &input {
        In::ListObjects(it) => listing(
            first,
            it.prefix.as_deref(),
            it.delimiter.as_deref(),
            it.max_keys,
        ),
        In::ListObjectsV2(it) => listing(
            first,
            it.prefix.as_deref(),
            it.delimiter.as_deref(),
            it.max_keys,
        ),
        In::ListObjectVersions(it) => listing(
            first,
            it.prefix.as_deref(),
            it.delimiter.as_deref(),
            it.max_keys,
        ),
        In::ListMultipartUploads(it) => {
            listing(first, it.prefix.as_deref(), it.delimiter.as_deref(), None)
        }
        In::PutObject(it) => with_encryption(
            first.with_some("s3:x-amz-acl", it.acl.as_deref()),
            it.server_side_encryption.as_deref(),
            it.ssekms_key_id.as_deref(),
            it.sse_customer_algorithm.as_deref(),
        ),
        In::CreateMultipartUpload(it) => with_encryption(
            first.with_some("s3:x-amz-acl", it.acl.as_deref()),
            it.server_side_encryption.as_deref(),
            it.ssekms_key_id.as_deref(),
            it.sse_customer_algorithm.as_deref(),
        ),
        In::CopyObject(it) => {
            let first = first.with_some("s3:x-amz-copy-source", it.copy_source.as_deref());
            let first = first.with_some(
                "s3:x-amz-metadata-directive",
                it.metadata_directive.as_deref(),
            );
            with_encryption(
                first.with_some("s3:x-amz-acl", it.acl.as_deref()),
                it.server_side_encryption.as_deref(),
                it.ssekms_key_id.as_deref(),
                it.sse_customer_algorithm.as_deref(),
            )
        }
        In::UploadPartCopy(it) => {
            first.with_some("s3:x-amz-copy-source", it.copy_source.as_deref())
        }
        In::PutBucketTagging(it) => {
            let given = it.tagging.iter().flat_map(|it| it.tag_set.iter().flatten());
            tags::requested(
                first,
                given.map(|it| (it.key.as_deref(), it.value.as_deref())),
            )
        }
        In::PutObjectTagging(it) => {
            let given = it.tagging.iter().flat_map(|it| it.tag_set.iter().flatten());
            with_object_tags(
                first,
                given.map(|it| {
                    (
                        it.key.clone().unwrap_or_default(),
                        it.value.clone().unwrap_or_default(),
                    )
                }),
            )
        }
        _ => first,
    };
    first = with_creation(first, &input);
    let tagging = match &input {
        In::PutObject(it) => it.tagging.as_deref(),
        In::CreateMultipartUpload(it) => it.tagging.as_deref(),
        In::CopyObject(it) if it.tagging_directive.as_deref() == Some("REPLACE") => {
            it.tagging.as_deref()
        }
        _ => None,
    };
    let mut more = Vec::new();
    if let Some(text) = tagging.filter(|it| !it.is_empty()) {
        let given = ops::tagging::parse(text)?;
        first = with_object_tags(first, given.clone());
        more.push(with_object_tags(row.check("s3:PutObjectTagging"), given));
    }
    let copied = match &input {
        In::CopyObject(it) => Some(Copied::of(core, cx, it.copy_source.as_deref()).await?),
        In::UploadPartCopy(it) => Some(Copied::of(core, cx, it.copy_source.as_deref()).await?),
        _ => None,
    };
    if let (In::CopyObject(it), Some(copied)) = (&input, &copied)
        && it.tagging_directive.as_deref() != Some("REPLACE")
        && let Some(tags) = copied.tags()
    {
        // They are read there, and given here.
        more.push(copied.check("s3:GetObjectTagging", "s3:GetObjectVersionTagging"));
        first = with_object_tags(first, tags.clone());
        more.push(with_object_tags(row.check("s3:PutObjectTagging"), tags));
    }
    if is_of_the_policy(&input) && row.is_asked_by_root_of_the_owner() {
        // A policy that locks everybody out can be taken away by somebody.
        first = first.with_resource_policy(None);
    }
    let mut checks = vec![first];
    checks.extend(more);
    checks.extend(copied.map(|it| it.check("s3:GetObject", "s3:GetObjectVersion")));
    if let In::GetObjectAttributes(it) = &input {
        checks.push(row.check(versioned(
            it.version_id.as_deref(),
            "s3:GetObjectAttributes",
            "s3:GetObjectVersionAttributes",
        )));
    }
    Ok(checks)
}

fn is_of_the_policy(input: &Input<'_>) -> bool {
    matches!(
        input,
        In::DeleteBucketPolicy(_) | In::GetBucketPolicy(_) | In::PutBucketPolicy(_)
    )
}

fn creation(cx: &Context, it: &wharf_api_s3::CreateBucketRequest) -> Check {
    let name = it.bucket.as_deref().unwrap_or_default();
    let check = Check::new("s3:CreateBucket", names::bucket_arn(name)).of_account(&cx.account);
    let location = it.create_bucket_configuration.as_ref();
    let location = location.and_then(|it| it.location_constraint.as_deref());
    let check = check.with_some("s3:LocationConstraint", location);
    let check = check.with_some("s3:x-amz-acl", it.acl.as_deref());
    check.with_some("s3:x-amz-object-ownership", it.object_ownership.as_deref())
}

/// What an operation is about.
#[derive(Default)]
struct Target<'a> {
    bucket: Option<&'a str>,
    key: Option<&'a str>,
    version: Option<&'a str>,
}

macro_rules! targets {
    ($input:expr; $($bucket:ident)* ; $($object:ident)* ; $($version:ident)*) => {
        match $input {
            $(In::$bucket(it) => Target { bucket: it.bucket.as_deref(), ..Target::default() },)*
            $(In::$object(it) => Target {
                bucket: it.bucket.as_deref(), key: it.key.as_deref(), ..Target::default()
            },)*
            $(In::$version(it) => Target {
                bucket: it.bucket.as_deref(), key: it.key.as_deref(), version: it.version_id.as_deref(),
            },)*
            In::ListBuckets(_) => Target::default(),
        }
    };
}

fn target<'a>(input: &Input<'a>) -> Target<'a> {
    targets! { *input;
        CreateBucket DeleteBucket DeleteBucketCors DeleteBucketEncryption DeleteBucketLifecycle
        DeleteBucketOwnershipControls DeleteBucketPolicy DeleteBucketTagging DeleteBucketWebsite
        DeletePublicAccessBlock GetBucketAcl
        GetBucketCors GetBucketEncryption GetBucketLifecycleConfiguration GetBucketLocation
        GetBucketNotificationConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus
        GetBucketTagging GetBucketVersioning GetBucketWebsite GetPublicAccessBlock HeadBucket ListMultipartUploads
        ListObjectVersions ListObjects ListObjectsV2 PutBucketAcl PutBucketCors PutBucketEncryption
        PutBucketLifecycleConfiguration PutBucketNotificationConfiguration PutBucketOwnershipControls
        PutBucketPolicy PutBucketTagging PutBucketVersioning PutBucketWebsite PutPublicAccessBlock DeleteObjects;
        AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload ListParts PutObject
        UploadPart UploadPartCopy;
        DeleteObject DeleteObjectTagging GetObject GetObjectAcl GetObjectAttributes GetObjectTagging HeadObject
        PutObjectAcl PutObjectTagging
    }
}

fn versioned<'a>(version: Option<&str>, current: &'a str, of_version: &'a str) -> &'a str {
    match version {
        Some(_) => of_version,
        None => current,
    }
}

/// The action of IAM; most are not called as their operations are.
fn action(input: &Input<'_>) -> &'static str {
    let version = target(input).version;
    let object = |current, of_version| match version {
        Some(_) => of_version,
        None => current,
    };
    match input {
        In::AbortMultipartUpload(_) => "s3:AbortMultipartUpload",
        In::PutObject(_)
        | In::CompleteMultipartUpload(_)
        | In::CopyObject(_)
        | In::CreateMultipartUpload(_)
        | In::UploadPart(_)
        | In::UploadPartCopy(_) => "s3:PutObject",
        In::CreateBucket(_) => "s3:CreateBucket",
        In::DeleteBucket(_) => "s3:DeleteBucket",
        In::DeleteBucketCors(_) | In::PutBucketCors(_) => "s3:PutBucketCORS",
        In::GetBucketCors(_) => "s3:GetBucketCORS",
        In::DeleteBucketEncryption(_) | In::PutBucketEncryption(_) => {
            "s3:PutEncryptionConfiguration"
        }
        In::GetBucketEncryption(_) => "s3:GetEncryptionConfiguration",
        In::DeleteBucketLifecycle(_) | In::PutBucketLifecycleConfiguration(_) => {
            "s3:PutLifecycleConfiguration"
        }
        In::GetBucketLifecycleConfiguration(_) => "s3:GetLifecycleConfiguration",
        In::DeleteBucketOwnershipControls(_) | In::PutBucketOwnershipControls(_) => {
            "s3:PutBucketOwnershipControls"
        }
        In::GetBucketOwnershipControls(_) => "s3:GetBucketOwnershipControls",
        In::DeleteBucketPolicy(_) => "s3:DeleteBucketPolicy",
        In::PutBucketPolicy(_) => "s3:PutBucketPolicy",
        In::GetBucketPolicy(_) => "s3:GetBucketPolicy",
        In::GetBucketPolicyStatus(_) => "s3:GetBucketPolicyStatus",
        In::DeleteBucketTagging(_) | In::PutBucketTagging(_) => "s3:PutBucketTagging",
        In::GetBucketTagging(_) => "s3:GetBucketTagging",
        In::DeleteBucketWebsite(_) => "s3:DeleteBucketWebsite",
        In::GetBucketWebsite(_) => "s3:GetBucketWebsite",
        In::PutBucketWebsite(_) => "s3:PutBucketWebsite",
        In::DeletePublicAccessBlock(_) | In::PutPublicAccessBlock(_) => {
            "s3:PutBucketPublicAccessBlock"
        }
        In::GetPublicAccessBlock(_) => "s3:GetBucketPublicAccessBlock",
        In::DeleteObject(_) | In::DeleteObjects(_) => {
            object("s3:DeleteObject", "s3:DeleteObjectVersion")
        }
        In::DeleteObjectTagging(_) => {
            object("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging")
        }
        In::GetObjectTagging(_) => object("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
        In::PutObjectTagging(_) => object("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
        In::GetBucketAcl(_) => "s3:GetBucketAcl",
        In::PutBucketAcl(_) => "s3:PutBucketAcl",
        In::GetObjectAcl(_) => object("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
        In::PutObjectAcl(_) => object("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
        In::GetBucketLocation(_) => "s3:GetBucketLocation",
        In::GetBucketNotificationConfiguration(_) => "s3:GetBucketNotification",
        In::PutBucketNotificationConfiguration(_) => "s3:PutBucketNotification",
        In::GetBucketVersioning(_) => "s3:GetBucketVersioning",
        In::PutBucketVersioning(_) => "s3:PutBucketVersioning",
        In::GetObject(_) | In::HeadObject(_) | In::GetObjectAttributes(_) => {
            object("s3:GetObject", "s3:GetObjectVersion")
        }
        In::HeadBucket(_) | In::ListObjects(_) | In::ListObjectsV2(_) => "s3:ListBucket",
        In::ListObjectVersions(_) => "s3:ListBucketVersions",
        In::ListMultipartUploads(_) => "s3:ListBucketMultipartUploads",
        In::ListParts(_) => "s3:ListMultipartUploadParts",
        In::ListBuckets(_) => "s3:ListAllMyBuckets",
    }
}

/// A bucket, or an object in it, and who asks.
struct Row<'a> {
    cx: &'a Context,
    open: Option<Open>,
    resource: String,
    version: Option<&'a str>,
    /// The version that is there.
    object: Option<Object>,
}

impl<'a> Row<'a> {
    async fn of(core: &Core, cx: &'a Context, target: Target<'a>) -> Result<Self, Fault> {
        let bucket = target.bucket.unwrap_or_default();
        let open = core.look(bucket).await?;
        let object = match (&open, target.key) {
            (Some(open), Some(key)) => there(core, open, key, target.version).await?,
            _ => None,
        };
        let resource = match target.key {
            Some(key) => names::object_arn(bucket, key),
            None => names::bucket_arn(bucket),
        };
        Ok(Self {
            cx,
            open,
            resource,
            version: target.version,
            object,
        })
    }

    fn check(&self, action: &str) -> Check {
        let check = on(self.cx, self.open.as_ref(), action, &self.resource);
        with_version(check, self.version, self.object.as_ref())
    }

    fn is_asked_by_root_of_the_owner(&self) -> bool {
        let caller = &self.cx.caller;
        let owner = self.open.as_ref().map(|it| &it.record.account);
        caller.kind == CallerKind::Account && owner == Some(&caller.account)
    }
}

/// A question about what is in a bucket, or about a bucket that there is none of.
fn on(cx: &Context, open: Option<&Open>, action: &str, resource: &str) -> Check {
    let resource = resource.to_owned();
    match open {
        Some(open) => Core::check(cx, open, action, resource),
        None => Check::new(action, resource).of_account(&cx.account),
    }
}

/// The version that is asked about, of which policies may want to know the tags.
async fn there(
    core: &Core,
    open: &Open,
    key: &str,
    version: Option<&str>,
) -> Result<Option<Object>, Fault> {
    // What cannot be there is refused by the operation, in its own words.
    let can_be = match version {
        None | Some("null") => true,
        Some(id) => names::version_place(&open.record.id, key, id).is_some(),
    };
    match key.len() <= names::MAX_KEY && can_be {
        true => ops::get::any_version(core, open, key, version).await,
        false => Ok(None),
    }
}

/// What a question says of the version that it is about.
fn with_version(check: Check, version: Option<&str>, object: Option<&Object>) -> Check {
    let mut check = check.with_some("s3:VersionId", version);
    for (key, value) in object.iter().flat_map(|it| &it.tags) {
        check = check.with(&format!("s3:ExistingObjectTag/{key}"), value.clone());
    }
    check
}

/// A question about an object that a batch names.
pub async fn on_object(
    core: &Core,
    cx: &Context,
    open: &Open,
    action: &str,
    (key, version): (&str, Option<&str>),
) -> Result<Check, Fault> {
    let resource = names::object_arn(&open.record.name, key);
    let object = there(core, open, key, version).await?;
    let check = Core::check(cx, open, action, resource);
    Ok(with_version(check, version, object.as_ref()))
}

/// The source of a copy.
struct Copied<'a> {
    cx: &'a Context,
    open: Option<Open>,
    resource: String,
    version: Option<String>,
    object: Option<Object>,
}

impl<'a> Copied<'a> {
    async fn of(core: &Core, cx: &'a Context, header: Option<&str>) -> Result<Self, Fault> {
        let source = ops::copy::Source::parse(header.unwrap_or_default())?;
        let target = Target {
            bucket: Some(&source.bucket),
            key: Some(&source.key),
            version: source.version.as_deref(),
        };
        let Row {
            open,
            resource,
            object,
            ..
        } = Row::of(core, cx, target).await?;
        Ok(Self {
            cx,
            open,
            resource,
            object,
            version: source.version,
        })
    }

    fn check(&self, current: &str, of_version: &str) -> Check {
        let version = self.version.as_deref();
        let action = versioned(version, current, of_version);
        let check = on(self.cx, self.open.as_ref(), action, &self.resource);
        with_version(check, version, self.object.as_ref())
    }

    /// The tags that go along with it; `None` where there are none.
    fn tags(&self) -> Option<Vec<(String, String)>> {
        let tags = &self.object.as_ref()?.tags;
        let owned = tags.iter().map(|(key, value)| (key.clone(), value.clone()));
        (!tags.is_empty()).then(|| owned.collect())
    }
}

/// What is said of a new object beside its encryption and tags.
fn with_creation(check: Check, input: &Input<'_>) -> Check {
    let (class, redirect) = match input {
        In::PutObject(it) => (&it.storage_class, &it.website_redirect_location),
        In::CopyObject(it) => (&it.storage_class, &it.website_redirect_location),
        In::CreateMultipartUpload(it) => (&it.storage_class, &it.website_redirect_location),
        _ => (&None, &None),
    };
    let check = check.with_some("s3:x-amz-storage-class", class.as_deref());
    let redirect = redirect.as_deref();
    let check = check.with_some("s3:x-amz-website-redirect-location", redirect);
    let (matches, none_matches) = match input {
        In::PutObject(it) => (&it.if_match, &it.if_none_match),
        In::CopyObject(it) => (&it.if_match, &it.if_none_match),
        In::CompleteMultipartUpload(it) => (&it.if_match, &it.if_none_match),
        In::DeleteObject(it) => (&it.if_match, &None),
        _ => (&None, &None),
    };
    let check = check.with_some("s3:if-match", matches.as_deref());
    let check = check.with_some("s3:if-none-match", none_matches.as_deref());
    let creates = match input {
        In::PutObject(_) | In::CopyObject(_) | In::CompleteMultipartUpload(_) => "true",
        In::CreateMultipartUpload(_) | In::UploadPart(_) | In::UploadPartCopy(_) => "false",
        _ => return check,
    };
    check.with("s3:ObjectCreationOperation", creates)
}

fn listing(check: Check, prefix: Option<&str>, delimiter: Option<&str>, max: Option<i32>) -> Check {
    let check = check.with_some("s3:prefix", prefix);
    let check = check.with_some("s3:delimiter", delimiter);
    match max {
        Some(max) => check.with("s3:max-keys", max.to_string()),
        None => check,
    }
}

fn with_encryption(
    check: Check,
    algorithm: Option<&str>,
    key: Option<&str>,
    customer: Option<&str>,
) -> Check {
    let check = check.with_some("s3:x-amz-server-side-encryption", algorithm);
    let check = check.with_some("s3:x-amz-server-side-encryption-aws-kms-key-id", key);
    check.with_some(
        "s3:x-amz-server-side-encryption-customer-algorithm",
        customer,
    )
}

fn with_object_tags(mut check: Check, given: impl IntoIterator<Item = (String, String)>) -> Check {
    for (key, value) in given {
        check = check.with(&format!("s3:RequestObjectTag/{key}"), value);
        check = check.with("s3:RequestObjectTagKeys", key);
    }
    check
}
