//! Pages of other sites: what the rules of a bucket let them ask, and read of its answers.

use http::HeaderMap;
use wharf_svc_s3::cors::{self, Asked};
use wharf_wire::{
    Fault,
    schema::ServiceSchema,
    service::{Answer, Reply},
};

use super::{api::Apis, head::Head, host};

const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

/// A request that a browser sends for a page of another site.
pub(super) struct Page {
    bucket: String,
    is_object: bool,
    origin: String,
    method: String,
}

/// The schema of S3, whose paths begin with a bucket.
pub(super) const S3: &ServiceSchema = &wharf_api_s3::schema::SERVICE;

impl Apis {
    /// The bucket that a request is for by its host or path, and whether it is for something in it.
    pub(super) fn bucket<'a>(&self, head: &'a Head) -> Option<(&'a str, bool)> {
        let path = head.path.strip_prefix('/').unwrap_or_default();
        let of_website = head.get("host").and_then(host::website);
        if let Some(bucket) = of_website.or_else(|| self.label(head, S3)) {
            return Some((bucket, !path.is_empty()));
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        host::may_be_bucket(bucket).then_some((bucket, !key.is_empty()))
    }

    /// Whether a request that nobody signed, and whose path is none of wharf's own, is for a bucket.
    pub(super) fn is_for_a_bucket(&self, head: &Head) -> bool {
        self.s3.is_some() && self.bucket(head).is_some()
    }

    pub(super) fn page(&self, head: &Head) -> Option<Page> {
        let origin = head.get("origin")?.to_owned();
        let (bucket, is_object) = self.bucket(head)?;
        Some(Page {
            bucket: bucket.to_owned(),
            is_object,
            origin,
            method: head.method.clone(),
        })
    }

    /// The answer to the question of a browser whether a page may ask.
    pub(super) async fn preflight(&self, head: &Head, request_id: &str) -> Reply {
        let codec = S3.protocol.codec();
        match self.permission(head).await {
            Ok(headers) => {
                let mut answer = Answer::new(200, codec.content_type(), Vec::new());
                answer.headers = headers;
                let id = ("x-amz-request-id".into(), request_id.to_owned());
                answer.headers.push(id);
                answer.into()
            }
            Err(fault) => codec.fault(S3, &fault, request_id).into(),
        }
    }

    async fn permission(&self, head: &Head) -> Result<Headers, Fault> {
        let bad = |text: String| Fault::sender("BadRequest", 400, text);
        let asked = head.get("access-control-request-method");
        let method = asked.filter(|it| METHODS.contains(it)).ok_or_else(|| {
            let shown: String = asked.unwrap_or("null").chars().take(20).collect();
            bad(format!("Invalid Access-Control-Request-Method: {shown}"))
        });
        let page = self.page(head).ok_or_else(|| {
            bad("Insufficient information. Origin request header needed.".to_owned())
        })?;
        let method = method?;
        let refused = |text: &str| {
            let kind = if page.is_object { "OBJECT" } else { "BUCKET" };
            Fault::sender("AccessForbidden", 403, format!("CORSResponse: {text}"))
                .with("Method", method)
                .with("ResourceType", kind)
        };
        let rules = match &self.s3 {
            Some(s3) => s3.cors(&page.bucket).await?,
            None => None,
        };
        let rules = rules.ok_or_else(|| refused("Bucket not found"))?;
        if rules.is_empty() {
            return Err(refused("CORS is not enabled for this bucket."));
        }
        let asked = Asked {
            origin: &page.origin,
            method,
            headers: head.get("access-control-request-headers"),
        };
        let headers = cors::allowed(&rules, asked).ok_or_else(|| {
            refused(
                "This CORS request is not allowed. This is usually because the evalution of Origin, request \
                 method / Access-Control-Request-Method or Access-Control-Request-Headers are not \
                 whitelisted by the resource's CORS spec.",
            )
        })?;
        Ok(named(headers))
    }

    /// Lets the page read the answer, where a rule does.
    pub(super) async fn let_read(&self, page: &Page, reply: &mut Reply) {
        let Some(s3) = &self.s3 else { return };
        let rules = match s3.cors(&page.bucket).await {
            Ok(rules) => rules.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(bucket = page.bucket, %error, "failed to read the CORS rules of a bucket");
                return;
            }
        };
        let asked = Asked {
            origin: &page.origin,
            method: &page.method,
            headers: None,
        };
        if let (Reply::Whole(answer) | Reply::Stream(answer, _), Some(headers)) =
            (reply, cors::allowed(&rules, asked))
        {
            answer.headers.extend(named(headers));
        }
    }
}

type Headers = Vec<(std::borrow::Cow<'static, str>, String)>;

fn named(headers: Vec<(&'static str, String)>) -> Headers {
    headers
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect()
}

/// Whether a request asks what a page may ask.
pub(super) fn is_preflight(method: &http::Method, headers: &HeaderMap) -> bool {
    method == http::Method::OPTIONS
        && (headers.contains_key("origin") || headers.contains_key("access-control-request-method"))
}
