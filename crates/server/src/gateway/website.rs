//! Websites of buckets: pages by hosts such as `BUCKET.s3-website.localhost`, where nobody signs anything. What is
//! shown passes the gate as GetObject of who says nothing of themselves; `wharf_svc_s3::website` decides the rest.

use std::sync::Arc;

use http::{Request, header::HOST};
use percent_encoding::percent_decode_str;
use wharf_svc_s3::{
    Website,
    website::{self, Asked as Page, Failure, Sent},
};
use wharf_wire::{
    Context, Fault, Service,
    codec::{Body as Input, element, rest::RestRequest},
    service::{Answer, Reply},
    sigv4::UNSIGNED_PAYLOAD,
};

use super::{
    Apis, Asking, Peer,
    api::Wanted,
    auth::{Claim, Proof},
    bytes_in_flight::Hold,
    cors::S3,
    detached,
    head::Head,
    host,
};

const HTML: &str = "text/html; charset=utf-8";
/// Where an object says that who asks for it is sent elsewhere.
const REDIRECT: &str = "x-amz-website-redirect-location";
/// What a request says of the page that it wants.
const HEEDED: [&str; 5] = [
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// A request for a page.
pub(super) struct Asked<'a> {
    pub head: &'a Head,
    pub peer: &'a Peer,
    pub request_id: &'a str,
    pub hold: &'a Arc<Hold>,
    pub asking: &'a Asking,
}

impl Apis {
    pub(super) fn is_for_a_website<B>(&self, request: &Request<B>) -> bool {
        let authority = request.uri().authority().map(|it| it.as_str());
        let host = || request.headers().get(HOST)?.to_str().ok();
        let named = authority.or_else(host);
        self.s3.is_some() && named.and_then(host::website).is_some()
    }

    /// The bucket whose website a request is for.
    pub(super) fn website_of<'a>(&self, head: &'a Head) -> Option<&'a str> {
        self.s3.as_ref()?;
        host::website(head.get("host")?)
    }

    pub(super) async fn visit(&self, bucket: &str, asked: Asked<'_>) -> Reply {
        let request_id = asked.request_id;
        let reply = self.visited(bucket, asked).await;
        reply.unwrap_or_else(|failure| error(&failure, None, request_id))
    }

    async fn visited(&self, bucket: &str, asked: Asked<'_>) -> Result<Reply, Failure> {
        let operation = match asked.head.method.as_str() {
            "GET" => "GetObject",
            "HEAD" => "HeadObject",
            _ => return Err(not_allowed(&asked.head.method)),
        };
        let service = self.find(|it| it.name == S3.name);
        let Some((s3, service)) = self.s3.as_ref().zip(service) else {
            return Err(no_bucket(bucket));
        };
        let head = of_nobody(asked.head);
        let wanted = Wanted {
            head: &head,
            schema: S3,
            operation,
            protocol: S3.protocol,
            narrowed: false,
            peer: asked.peer,
            request_id: asked.request_id,
            hold: asked.hold,
            asking: asked.asking,
        };
        let claim = Claim::unsigned(&head.parts());
        let cx = self
            .pass(&wanted, claim, Proof::Request(UNSIGNED_PAYLOAD))
            .await
            .map_err(of_fault)?;
        asked.hold.complete();
        let site = s3.website(bucket).await.map_err(of_fault)?;
        let site = site.ok_or_else(|| no_bucket(bucket))?;
        let site = site.ok_or_else(|| named(of_fault(website::none(bucket)), bucket))?;
        let path = asked.head.path.strip_prefix('/').unwrap_or_default();
        let key = percent_decode_str(path).decode_utf8();
        let key = key.map_err(|_| bad_uri(path))?;
        let page = Page {
            protocol: if asked.peer.secure { "https" } else { "http" },
            host: asked.head.get("host").unwrap_or_default(),
            key: &key,
        };
        if let Some(sent) = site.at_once(page) {
            return Ok(redirect(&sent));
        }
        let visit = Visit {
            apis: self,
            service,
            cx,
            bucket,
            hold: asked.hold,
        };
        let headers = asked.head.headers.iter();
        let headers = headers.filter(|(name, _)| HEEDED.contains(&name.as_str()));
        let document = site.document(&key);
        let found = visit.look(operation, &document, headers.cloned().collect());
        Ok(match found.await {
            Ok(reply) => as_object_says(reply),
            Err(failure) => visit.instead(&site, page, operation, &failure).await,
        })
    }
}

/// A visitor who was let in.
struct Visit<'a> {
    apis: &'a Apis,
    service: &'a Arc<dyn Service>,
    cx: Context,
    bucket: &'a str,
    hold: &'a Arc<Hold>,
}

impl Visit<'_> {
    /// An object, or why the visitor does not get it.
    async fn look(
        &self,
        operation: &str,
        key: &str,
        headers: Vec<(String, String)>,
    ) -> Result<Reply, Failure> {
        let request = RestRequest {
            labels: vec![
                ("Bucket".to_owned(), self.bucket.to_owned()),
                ("Key".to_owned(), key.to_owned()),
            ],
            query: Vec::new(),
            headers,
            body: Vec::new(),
            stream: None,
        };
        let reply = detached::dispatch(
            &self.apis.dispatcher,
            self.service,
            self.cx.clone(),
            operation.to_owned(),
            Input::Rest(Box::new(request)),
            Arc::clone(self.hold),
        );
        match reply.await {
            Reply::Whole(answer) if answer.status >= 400 => Err(failure_of(&answer)),
            reply => Ok(reply),
        }
    }

    /// What is shown in place of a page that there is not.
    async fn instead(
        &self,
        site: &Website,
        page: Page<'_>,
        operation: &str,
        failure: &Failure,
    ) -> Reply {
        // Who may not list is told of what is not there that it is not allowed.
        if matches!(failure.status, 403 | 404)
            && let Some((index, location)) = site.as_folder(page.key)
            && self.look("HeadObject", &index, Vec::new()).await.is_ok()
        {
            let status = 302;
            return redirect(&Sent { status, location });
        }
        if let Some(sent) = site.after(page, failure.status) {
            return redirect(&sent);
        }
        let is_shown = (400..500).contains(&failure.status);
        let Some(key) = site.error.as_deref().filter(|_| is_shown) else {
            return error(failure, None, &self.cx.request_id);
        };
        match self.look(operation, key, Vec::new()).await {
            Ok(mut reply) => {
                if let Reply::Whole(answer) | Reply::Stream(answer, _) = &mut reply {
                    answer.status = failure.status;
                    answer.headers.extend(told(failure));
                }
                reply
            }
            Err(why) => error(failure, Some(&why), &self.cx.request_id),
        }
    }
}

/// The head of a request without what it says of its sender: a website asks nobody.
fn of_nobody(head: &Head) -> Head {
    let kept = |name: &str| name != "authorization" && !name.starts_with("x-amz-");
    let headers = head.headers.iter().filter(|(name, _)| kept(name));
    Head {
        method: head.method.clone(),
        path: "/".to_owned(),
        query: String::new(),
        headers: headers.cloned().collect(),
        raw: head.raw.clone(),
    }
}

/// An object may say that who asks for it is sent elsewhere.
fn as_object_says(reply: Reply) -> Reply {
    let (Reply::Whole(answer) | Reply::Stream(answer, _)) = &reply else {
        return reply;
    };
    let mut headers = answer.headers.iter();
    let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(REDIRECT));
    match found {
        Some((_, location)) => redirect(&Sent {
            status: 301,
            location: location.clone(),
        }),
        None => reply,
    }
}

fn redirect(sent: &Sent) -> Reply {
    let mut answer = Answer::new(sent.status, HTML, Vec::new());
    let location = ("location".into(), sent.location.clone());
    answer.headers.push(location);
    answer.into()
}

fn error(failure: &Failure, instead: Option<&Failure>, request_id: &str) -> Reply {
    let page = website::page(failure, instead, request_id);
    let mut answer = Answer::new(failure.status, HTML, page.into_bytes());
    answer.headers.extend(told(failure));
    answer.is_of_limit = Fault::is_code_of_limit(&failure.code);
    answer.into()
}

/// The error as headers, for whoever does not read the page.
fn told(failure: &Failure) -> Vec<(std::borrow::Cow<'static, str>, String)> {
    let code = ("x-amz-error-code".into(), failure.code.clone());
    let message = ("x-amz-error-message".into(), failure.message.clone());
    let more = failure.more.iter();
    let more =
        more.map(|(name, value)| (format!("x-amz-error-detail-{name}").into(), value.clone()));
    [code, message].into_iter().chain(more).collect()
}

fn failure_of(answer: &Answer) -> Failure {
    let said = element::parse(&answer.body).unwrap_or_default();
    let text = |name| {
        said.child(name)
            .map(|it| it.text.clone())
            .unwrap_or_default()
    };
    let shown = ["Key", "BucketName", "Condition", "RangeRequested"];
    let children = said.children.iter();
    let more = children.filter(|it| shown.contains(&it.name.as_str()));
    Failure {
        status: answer.status,
        code: text("Code"),
        message: text("Message"),
        more: more.map(|it| (it.name.clone(), it.text.clone())).collect(),
    }
}

fn of_fault(fault: Fault) -> Failure {
    Failure {
        status: fault.status,
        code: fault.code.into_owned(),
        message: fault.message,
        more: Vec::new(),
    }
}

fn named(failure: Failure, bucket: &str) -> Failure {
    let more = vec![("BucketName".to_owned(), bucket.to_owned())];
    Failure { more, ..failure }
}

fn no_bucket(bucket: &str) -> Failure {
    let text = "The specified bucket does not exist";
    named(of_fault(Fault::sender("NoSuchBucket", 404, text)), bucket)
}

fn not_allowed(method: &str) -> Failure {
    let text = "The specified method is not allowed against this resource.";
    let shown = method.chars().take(20).collect();
    Failure {
        more: vec![("Method".to_owned(), shown)],
        ..of_fault(Fault::sender("MethodNotAllowed", 405, text))
    }
}

fn bad_uri(path: &str) -> Failure {
    let text = "Couldn't parse the specified URI.";
    Failure {
        more: vec![("URI".to_owned(), path.to_owned())],
        ..of_fault(Fault::sender("InvalidURI", 400, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_says_why_tells_of_limits() {
        let shown = |code: &'static str| {
            let failure = of_fault(Fault::sender(code, 503, "no"));
            error(&failure, None, "r").is_of_limit()
        };
        assert!(shown("SlowDown") && !shown("NoSuchKey"));
    }
}
