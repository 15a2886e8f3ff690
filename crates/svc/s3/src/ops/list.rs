//! ListObjects and ListObjectsV2.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wharf_api_s3::{
    CommonPrefix, ListObjectsOutput, ListObjectsRequest, ListObjectsV2Output, ListObjectsV2Request,
    Object as Shown,
};
use wharf_service::Pages;
use wharf_wire::{Call, Fault};

use super::{buckets::owner, quoted};
use crate::{
    core::{Core, Open},
    fault::{self, S3Faults},
    list::{Choice, Listing},
    records::{self, Object},
    walk::walk,
};

/// Keys of a page.
const MAX_KEYS: usize = 1000;

/// How many a request asks for.
pub fn max_of(asked: Option<i32>, name: &str) -> Result<usize, Fault> {
    match asked {
        None => Ok(MAX_KEYS),
        Some(asked) => usize::try_from(asked)
            .map(|it| it.min(MAX_KEYS))
            .map_err(|_| {
                let text = format!("Argument {name} must be an integer between 0 and 2147483647");
                fault::argument(text, name, &asked.to_string())
            }),
    }
}

/// Texts of a list, in the encoding that the request asks for.
#[derive(Clone, Copy)]
pub struct Encoding(bool);

/// What stays as it is in URLs that S3 answers.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/');

impl Encoding {
    pub fn of(asked: Option<&str>) -> Result<Self, Fault> {
        match asked {
            None => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            Some(other) => Err(fault::bad_encoding(other)),
        }
    }

    pub fn text(self, text: &str) -> String {
        match self.0 {
            true => utf8_percent_encode(text, KEPT)
                .to_string()
                .replace("%20", "+"),
            false => text.to_owned(),
        }
    }

    pub fn some(self, text: Option<&String>) -> Option<String> {
        text.map(|it| self.text(it))
    }

    pub fn prefixes(self, found: &[String]) -> Option<Vec<CommonPrefix>> {
        let shown = found.iter().map(|it| CommonPrefix {
            prefix: Some(self.text(it)),
        });
        Some(shown.collect::<Vec<_>>()).filter(|it| !it.is_empty())
    }
}

async fn read(
    core: &Core,
    open: &Open,
    choice: Choice,
    encoding: Encoding,
    owned: bool,
) -> Result<(Listing, Vec<Shown>), Fault> {
    let mut listing = Listing::new(choice);
    let mut shown = Vec::new();
    let hold = |key: String, object: Object| {
        shown.push(Shown {
            key: Some(encoding.text(&key)),
            last_modified: Some(object.modified),
            e_tag: Some(quoted(&object.etag)),
            size: i64::try_from(object.size).ok(),
            checksum_algorithm: object.sum.as_ref().map(|it| vec![it.algorithm.clone()]),
            checksum_type: object.sum.as_ref().map(|it| it.kind().to_owned()),
            storage_class: Some("STANDARD".to_owned()),
            owner: owned.then(|| owner(&open.record.account)),
            restore_status: None,
        });
    };
    let folder = records::objects(&open.record.id);
    let store = core.table.store();
    walk(store, folder, &mut listing, |it: &Object| !it.marker, hold).await?;
    Ok((listing, shown))
}

pub async fn list_v2(
    core: &Core,
    call: &Call,
    input: ListObjectsV2Request,
) -> Result<ListObjectsV2Output, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let encoding = Encoding::of(input.encoding_type.as_deref())?;
    let max = max_of(input.max_keys, "maxKeys")?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.clone().filter(|it| !it.is_empty());
    let bucket = &open.record;
    // Whoever may list it may go on with a list.
    let pages: Pages<'_, S3Faults> = Pages::at(
        &core.parts.keyring,
        &bucket.account,
        &bucket.region,
        "s3/ListObjectsV2",
        &(&bucket.id, &prefix, &delimiter),
    );
    if input.continuation_token.as_deref() == Some("") {
        return Err(fault::argument(
            "The continuation token provided is incorrect",
            "continuation-token",
            "",
        ));
    }
    let after = match pages.after(input.continuation_token.as_deref())? {
        Some(after) => Some(after),
        None => input.start_after.clone().filter(|it| !it.is_empty()),
    };
    let choice = Choice {
        prefix,
        delimiter,
        after,
        max,
    };
    let _ = call;
    let owned = input.fetch_owner.unwrap_or_default();
    let (listing, contents) = read(core, &open, choice, encoding, owned).await?;
    let next = listing.last.as_ref().filter(|_| listing.truncated);
    Ok(ListObjectsV2Output {
        is_truncated: Some(listing.truncated),
        name: input.bucket,
        prefix: Some(encoding.text(&listing.choice().prefix)),
        delimiter: encoding.some(input.delimiter.as_ref()),
        max_keys: i32::try_from(max).ok(),
        common_prefixes: encoding.prefixes(&listing.prefixes),
        encoding_type: input.encoding_type,
        key_count: i32::try_from(listing.count()).ok(),
        continuation_token: input.continuation_token,
        next_continuation_token: next.map(|it| pages.token(it)),
        start_after: encoding.some(input.start_after.as_ref()),
        contents: Some(contents).filter(|it| !it.is_empty()),
        request_charged: None,
    })
}

pub async fn list_v1(
    core: &Core,
    _: &Call,
    input: ListObjectsRequest,
) -> Result<ListObjectsOutput, Fault> {
    let open = core
        .open(
            input.bucket.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
    let encoding = Encoding::of(input.encoding_type.as_deref())?;
    let max = max_of(input.max_keys, "maxKeys")?;
    let choice = Choice {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|it| !it.is_empty()),
        after: input.marker.clone().filter(|it| !it.is_empty()),
        max,
    };
    let (listing, contents) = read(core, &open, choice, encoding, true).await?;
    // Without a delimiter, the last key says it.
    let next = listing
        .last
        .as_ref()
        .filter(|_| listing.truncated && input.delimiter.is_some());
    Ok(ListObjectsOutput {
        is_truncated: Some(listing.truncated),
        marker: Some(encoding.text(&input.marker.unwrap_or_default())),
        next_marker: encoding.some(next),
        contents: Some(contents).filter(|it| !it.is_empty()),
        name: input.bucket,
        prefix: Some(encoding.text(&listing.choice().prefix)),
        delimiter: encoding.some(input.delimiter.as_ref()),
        max_keys: i32::try_from(max).ok(),
        common_prefixes: encoding.prefixes(&listing.prefixes),
        encoding_type: input.encoding_type,
        request_charged: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_urls() {
        let url = Encoding::of(Some("url")).unwrap();
        assert_eq!(url.text("a b/ü+*~"), "a+b/%C3%BC%2B*%7E");
        assert_eq!(Encoding::of(None).unwrap().text("a b"), "a b");
        assert!(Encoding::of(Some("x")).is_err());
        assert_eq!(max_of(Some(5_000), "maxKeys"), Ok(1000));
        assert!(max_of(Some(-1), "maxKeys").is_err());
    }
}
