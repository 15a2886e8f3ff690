//! PutObject.

use wharf_api_s3::{PutObjectOutput, PutObjectRequest};
use wharf_wire::{Call, Fault};

use super::{
    asked_sse, check_acl, check_heads, given_sum, heads, quoted, show_sse, show_sum, tagging,
};
use crate::{
    body,
    commit::{self, Made},
    conditions::Writing,
    core::{Core, shown_version},
    lifecycle, names,
    notices::What,
    records::Object,
    sse, sum,
};

pub async fn put(
    core: &Core,
    call: &Call,
    input: PutObjectRequest,
) -> Result<PutObjectOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let key = input.key.clone().unwrap_or_default();
    names::check_key(&key)?;
    let grants = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_read_acp,
        &input.grant_write_acp,
    ];
    check_acl(input.acl.as_deref(), &grants, &open)?;
    core.require_room(&open)?;
    let heads = heads!(input);
    check_heads(&heads)?;
    let tags = tagging::given(input.tagging.as_deref())?;
    let writing = Writing::new(input.if_match.clone(), input.if_none_match.clone())?;
    let sealing = sse::sealing(core, call, &open.record, &key, &asked_sse!(input)).await?;
    let gives_one = input.checksum_algorithm.is_some() || given_sum!(input).is_some();
    let stream = input.body.unwrap_or_default();
    let kept = body::receive(
        core,
        &open.record.account,
        &stream,
        body::to_compute(gives_one),
        sealing.key.as_ref(),
    )
    .await?;
    let object = Object {
        size: kept.size,
        etag: kept.etag.clone(),
        body: kept.body.clone(),
        sum: kept.sum.clone(),
        heads,
        tags,
        sse: sealing.sse,
        ..Object::default()
    };
    let what = match call.by_form {
        true => What::Post,
        false => What::Put,
    };
    let written = commit::put(core, call, &open, &key, object, &writing, Made::by(what)).await?;
    let object = &written.object;
    let mut output = PutObjectOutput {
        e_tag: Some(quoted(&object.etag)),
        version_id: shown_version(&written.bucket, &key, object),
        expiration: lifecycle::expiration(&written.bucket, &key, object),
        checksum_type: object.sum.as_ref().map(|_| sum::kind(true).to_owned()),
        ..PutObjectOutput::default()
    };
    show_sum!(output, &object.sum);
    show_sse!(output, object.sse.as_ref());
    Ok(output)
}
