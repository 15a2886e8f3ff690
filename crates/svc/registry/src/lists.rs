//! Repositories, tags and referrers, page by page: a `Link` names the next one.

use http::{
    HeaderName, Response, StatusCode,
    header::{CONTENT_TYPE, LINK},
};
use serde_json::{Value, json};
use wharf_svc_ecr::{Referrer, Status};

use crate::{
    answer::{self, Answer, Refusal},
    asked::Asked,
    body::Body,
};

/// Entries of a page at most, and where the request does not say.
const MAX_PAGE: usize = 1000;
/// Referrers of a page: each one's manifest is read for its annotations.
const REFERRERS_PAGE: usize = 100;
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

pub(crate) async fn catalog(asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    asked.may_list("DescribeRepositories").await?;
    let (limit, last) = (limit(asked)?, asked.parameter("last"));
    if limit == 0 {
        return Ok(Answer::new(StatusCode::OK).json(&json!({ "repositories": [] })));
    }
    let (found, more) = asked
        .catalog
        .repositories(&asked.registry, last.as_deref(), limit)
        .await?;
    let names: Vec<String> = found
        .into_iter()
        .map(|repository| repository.name)
        .collect();
    let end = names.last().cloned();
    let answer = linked("/v2/_catalog", limit, end.filter(|_| more));
    Ok(answer.json(&json!({ "repositories": names })))
}

pub(crate) async fn tags(asked: &Asked<'_>, name: &str) -> Result<Response<Body>, Refusal> {
    asked.may("ListImages", name).await?;
    let (limit, last) = (limit(asked)?, asked.parameter("last"));
    // Asked also where nothing is wanted: an unknown repository is an error all the same.
    let (mut tags, more) = asked
        .catalog
        .tags(&asked.registry, name, last.as_deref(), limit.max(1))
        .await?;
    tags.truncate(limit);
    let end = tags.last().cloned();
    let answer = linked(
        &asked.location(name, "tags/list"),
        limit,
        end.filter(|_| more),
    );
    Ok(answer.json(&json!({ "name": asked.full_name(name), "tags": tags })))
}

pub(crate) async fn referrers(
    asked: &Asked<'_>,
    name: &str,
    digest: &str,
) -> Result<Response<Body>, Refusal> {
    asked.may("BatchGetImage", name).await?;
    asked.within_bounds()?;
    let subject = answer::digest(digest)?;
    let wanted = asked
        .parameter("artifactType")
        .filter(|kind| !kind.is_empty());
    let last = asked.parameter("last");
    let after = last.as_deref().map(answer::digest).transpose()?;
    let (registry, page) = (&asked.registry, REFERRERS_PAGE);
    let (found, end) = asked
        .catalog
        .referrers(registry, name, &subject, after.as_ref(), page)
        .await?;
    // What is in the archive is not offered to who cannot pull it.
    let matches = |referrer: &&Referrer| {
        referrer.image.status == Status::Active
            && (wanted.is_none() || referrer.image.artifact_type.as_deref() == wanted.as_deref())
    };
    let manifests: Vec<Value> = found.iter().filter(matches).map(descriptor).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests });

    let mut answer = Answer::new(StatusCode::OK).header(CONTENT_TYPE, OCI_INDEX);
    if wanted.is_some() {
        answer = answer.header(FILTERS_APPLIED, "artifactType");
    }
    if let Some(end) = end {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(kind) = &wanted {
            query.append_pair("artifactType", kind);
        }
        let query = query.append_pair("last", &end.to_string()).finish();
        let path = asked.location(name, &format!("referrers/{subject}"));
        let link = format!("<{path}?{query}>; rel=\"next\"");
        answer = answer.header(LINK, &link);
    }
    Ok(answer.body(index.to_string()))
}

fn descriptor(referrer: &Referrer) -> Value {
    let image = &referrer.image;
    let mut shown = json!({
        "mediaType": image.media_type,
        "digest": image.digest,
        "size": image.manifest_size,
    });
    if let Some(kind) = &image.artifact_type {
        shown["artifactType"] = json!(kind);
    }
    if !referrer.annotations.is_empty() {
        shown["annotations"] = json!(referrer.annotations);
    }
    shown
}

/// `n`, at most what a page holds.
fn limit(asked: &Asked<'_>) -> Result<usize, Refusal> {
    let Some(text) = asked.parameter("n") else {
        return Ok(MAX_PAGE);
    };
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        let text = "n must be a number of entries";
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "PAGINATION_NUMBER_INVALID",
            text,
        ));
    }
    // More digits than fit are more entries than there are.
    Ok(text.parse().unwrap_or(MAX_PAGE).min(MAX_PAGE))
}

/// 200, with a link to the page behind `end`.
fn linked(path: &str, limit: usize, end: Option<String>) -> Answer {
    let answer = Answer::new(StatusCode::OK);
    let Some(end) = end else { return answer };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("last", &end)
        .append_pair("n", &limit.to_string())
        .finish();
    answer.header(LINK, &format!("<{path}?{query}>; rel=\"next\""))
}
