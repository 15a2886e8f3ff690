//! GetObjectAttributes.

use wharf_api_s3::{
    Checksum, GetObjectAttributesOutput, GetObjectAttributesParts, GetObjectAttributesRequest,
    ObjectPart,
};
use wharf_wire::{Call, Fault};

use super::{customer, get, list::max_of, show_sum};
use crate::{core::Core, fault, records::Body, sse};

const KNOWN: [&str; 5] = [
    "ETag",
    "Checksum",
    "ObjectParts",
    "StorageClass",
    "ObjectSize",
];

pub async fn get(
    core: &Core,
    call: &Call,
    input: GetObjectAttributesRequest,
) -> Result<GetObjectAttributesOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let asked = input.object_attributes.clone().unwrap_or_default();
    let asked: Vec<&str> = asked
        .iter()
        .flat_map(|it| it.split(','))
        .map(str::trim)
        .collect();
    if asked.is_empty() || asked.iter().any(|it| !KNOWN.contains(it)) {
        return Err(fault::argument(
            "Invalid attribute name specified.",
            "x-amz-object-attributes",
            &asked.join(","),
        ));
    }
    let found = get::find(
        core,
        call,
        open,
        input.key.as_deref(),
        input.version_id.as_deref(),
    )
    .await?;
    let object = &found.object;
    sse::opening(
        core,
        call,
        &found.open.record,
        &found.key,
        object.sse.as_ref(),
        &customer!(input),
    )
    .await?;
    let wants = |name: &str| asked.contains(&name);
    let mut output = GetObjectAttributesOutput {
        last_modified: Some(object.modified),
        version_id: found.version(),
        e_tag: wants("ETag").then(|| object.etag.clone()),
        storage_class: wants("StorageClass").then(|| "STANDARD".to_owned()),
        object_size: i64::try_from(object.size)
            .ok()
            .filter(|_| wants("ObjectSize")),
        ..GetObjectAttributesOutput::default()
    };
    if let Some(sum) = object.sum.as_ref().filter(|_| wants("Checksum")) {
        let mut checksum = Checksum {
            checksum_type: Some(sum.kind().to_owned()),
            ..Checksum::default()
        };
        // Here the number of parts does not follow.
        let plain = sum.value.split('-').next().unwrap_or_default();
        let plain = Some(crate::sum::Sum {
            algorithm: sum.algorithm.clone(),
            value: plain.to_owned(),
        });
        show_sum!(checksum, &plain);
        output.checksum = Some(checksum);
    }
    if let Body::Parts { count, .. } = &object.body
        && wants("ObjectParts")
    {
        output.object_parts = Some(parts(core, &found, *count, &input).await?);
    }
    Ok(output)
}

async fn parts(
    core: &Core,
    found: &get::Found,
    count: u32,
    input: &GetObjectAttributesRequest,
) -> Result<GetObjectAttributesParts, Fault> {
    let mut shown = GetObjectAttributesParts {
        total_parts_count: i32::try_from(count).ok(),
        ..GetObjectAttributesParts::default()
    };
    let composite = found.object.sum.as_ref().filter(|it| it.is_composite());
    // Parts are listed where each has a checksum that is shown.
    let Some(composite) = composite else {
        return Ok(shown);
    };
    let max = max_of(input.max_parts, "max-parts")?;
    let after = u32::try_from(input.part_number_marker.unwrap_or_default()).unwrap_or_default();
    let all = get::parts(core, &found.object).await?;
    let mut behind = all.into_iter().filter(|it| it.0 > after);
    let page: Vec<_> = behind.by_ref().take(max).collect();
    shown.is_truncated = Some(behind.next().is_some());
    shown.part_number_marker = i32::try_from(after).ok();
    shown.next_part_number_marker = page.last().and_then(|it| i32::try_from(it.0).ok());
    shown.max_parts = i32::try_from(max).ok();
    let page = page.into_iter().map(|(number, part)| {
        let mut shown = ObjectPart {
            part_number: i32::try_from(number).ok(),
            size: i64::try_from(part.size).ok(),
            ..ObjectPart::default()
        };
        let sum = part.sum.filter(|it| it.algorithm == composite.algorithm);
        show_sum!(shown, &sum);
        shown
    });
    shown.parts = Some(page.collect());
    Ok(shown)
}
