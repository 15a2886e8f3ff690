//! Requests for services that this version does not have, and for paths that belong to no service.
//!
//! A caller whose signature holds reads which service is not supported, in the protocol the request
//! spoke, as for an operation that is missing from a service that is here. Everybody else gets the
//! answer that strangers get, and learns nothing from it.

use http::{Request, Response};
use wharf_base::ids;
use wharf_wire::{
    Fault,
    codec::{cbor, json, xml},
    service::Answer,
    sigv4::is_s3,
};

use super::{
    Apis, Asking, Body, IamMode, Incoming, Peer,
    auth::{self, Claim},
    body,
    head::Head,
    origin, response,
};

/// AWS's longest signing names have about 30 characters.
const MAX_SERVICE_NAME: usize = 40;

/// The largest body that is read, and let go of, before the answer: clients of HTTP/1 read none before
/// they have sent theirs. Lambda's largest, an archive of 50 MB in base 64, is within.
const MAX_BODY: usize = 96 << 20;

/// What a request asks for that is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacking {
    Service,
    /// A path or an API of a service that is here.
    Part,
    /// The older of the two APIs that sign with `elasticloadbalancing`.
    ClassicBalancers,
}

/// The protocol of a request, as far as its head tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    /// awsJson of this minor version.
    Json(u8),
    RestJson,
    RestXml,
    /// S3's own dialect of restXml.
    S3,
    Query,
    /// Smithy RPC v2, which recent SDKs speak to CloudWatch.
    Cbor,
}

fn spoken(head: &Head, service: &str) -> Spoken {
    let kind = head.get("content-type").unwrap_or_default();
    if head.get("smithy-protocol") == Some(cbor::PROTOCOL) || kind == cbor::CONTENT_TYPE {
        return Spoken::Cbor;
    }
    if head.get("x-amz-target").is_some() || kind.starts_with("application/x-amz-json") {
        return Spoken::Json(u8::from(kind != "application/x-amz-json-1.0"));
    }
    if is_s3(service) {
        return Spoken::S3;
    }
    if matches!(service, "route53" | "cloudfront") {
        return Spoken::RestXml;
    }
    let is_form = kind.starts_with("application/x-www-form-urlencoded");
    let names_action = head.query.split('&').any(|it| it.starts_with("Action="));
    if head.path == "/" && (is_form || names_action) {
        return Spoken::Query;
    }
    Spoken::RestJson
}

/// The name of a service if it looks like one: it goes into the answer.
fn presentable(service: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = !service.is_empty() && service.len() <= MAX_SERVICE_NAME;
    (fits && service.bytes().all(plain)).then_some(service)
}

/// What the caller reads.
fn sentence(service: &str, lacking: Lacking) -> String {
    let what = match (lacking, presentable(service)) {
        (Lacking::ClassicBalancers, _) => {
            return "Classic Load Balancers are not supported by this version of wharf, which has \
                    Elastic Load Balancing v2 alone. docs/coverage.md lists the services and operations \
                    that are."
                .to_owned();
        }
        (Lacking::Part, Some(name)) => format!("This request to {name}"),
        (Lacking::Service, Some(name)) => format!("The service {name}"),
        (_, None) => "The service that this request is signed for".to_owned(),
    };
    format!(
        "{what} is not supported by this version of wharf. docs/coverage.md lists the services and operations that are."
    )
}

fn answer(spoken: Spoken, lacking: Lacking, text: String, request_id: &str) -> Answer {
    // S3 has a code of its own for it, and an answer to HEAD shows nothing but the status.
    let fault = match spoken {
        Spoken::S3 => Fault::sender("NotImplemented", 501, text),
        // As for any other name that a service here does not know.
        Spoken::Json(_) if lacking == Lacking::Part => {
            Fault::sender("UnknownOperationException", 400, text)
        }
        _ => Fault::sender("UnsupportedOperation", 400, text),
    };
    let mut headers = Vec::new();
    if spoken == Spoken::Cbor {
        headers.push(("smithy-protocol".into(), cbor::PROTOCOL.to_owned()));
    }
    let (content_type, body) = match spoken {
        Spoken::Json(0) => ("application/x-amz-json-1.0", json::encode_fault(&fault)),
        Spoken::Json(_) => ("application/x-amz-json-1.1", json::encode_fault(&fault)),
        Spoken::RestJson => ("application/json", json::encode_fault(&fault)),
        Spoken::Cbor => (cbor::CONTENT_TYPE, cbor::encode_fault(&fault)),
        Spoken::S3 => (
            "application/xml",
            xml::encode_bare_fault(&fault, request_id),
        ),
        Spoken::Query | Spoken::RestXml => {
            ("text/xml", xml::encode_wrapped_fault(&fault, request_id))
        }
    };
    Answer {
        status: fault.status,
        content_type,
        headers,
        body,
        is_of_limit: false,
    }
}

/// Whether the client sends its body only when it is asked to.
pub(super) fn waits_to_send(head: &Head) -> bool {
    let expect = head.get("expect");
    expect.is_some_and(|expect| expect.eq_ignore_ascii_case("100-continue"))
}

impl Apis {
    /// The answer to a request at a path where nothing is; `None` where it is no signed request of
    /// somebody known.
    pub async fn at_no_path(
        &self,
        request: Request<Incoming>,
        peer: &Peer,
        asking: &Asking,
    ) -> Option<Response<Body>> {
        let head = Head::of(&request);
        let hold = self.bytes.enter(asking.slot().source(), head.size()).ok()?;
        let claim = self.claim(&head).await;
        claim.service()?;
        let body = request.into_body();
        let digest = match self.verified_head(&head, &claim)? {
            Some(promised) => {
                if !waits_to_send(&head) {
                    let _ = body::digest(body, MAX_BODY, &hold).await;
                }
                promised
            }
            None => body::digest(body, MAX_BODY, &hold).await.ok()?,
        };
        let request_id = ids::uuid();
        let service = self.proven_service(&head, claim, &digest, peer, asking)?;
        let answer = self.not_here(&head, &service, &request_id);
        Some(response::respond(answer, &request_id))
    }

    /// The digest that the head promises of the body, if its signature holds so far; `Some(None)`
    /// where only the body can tell, and `None` where nothing can.
    fn verified_head(&self, head: &Head, claim: &Claim) -> Option<Option<String>> {
        if self.iam == IamMode::Off {
            // Nobody looks at the signature.
            return Some(Some(String::new()));
        }
        claim.key.as_ref().ok()?;
        match auth::verify_head(claim, &head.parts(), self.clock.now()) {
            auth::Head::Refused(_) => None,
            auth::Head::Open => Some(None),
            auth::Head::Holds => {
                let signature = claim.signature.as_ref().ok()?;
                let promised = signature.promised_payload(&head.parts());
                Some(promised.map(str::to_owned))
            }
        }
    }

    /// The service that a request is signed for, if its signature holds: who sent it may learn what is
    /// not here.
    pub(super) fn proven_service(
        &self,
        head: &Head,
        claim: Claim,
        body_sha256: &str,
        peer: &Peer,
        asking: &Asking,
    ) -> Option<String> {
        let service = claim.service()?.to_owned();
        // Its paths are wharf's own affair.
        if service == "wharf" {
            return None;
        }
        if self.iam == IamMode::Off {
            let is_foreign = origin::check(&head.raw, &self.own_hosts).is_err();
            if is_foreign || self.is_shut_to(peer) {
                return None;
            }
        } else {
            auth::verify_for_any(claim, &head.parts(), body_sha256, self.clock.now()).ok()?;
        }
        asking.admit();
        Some(service)
    }

    /// That the service of a request, or this part of it, is not supported.
    pub(super) fn not_here(&self, head: &Head, service: &str, request_id: &str) -> Answer {
        let lacking = match self.find(|schema| schema.signing_name == service) {
            Some(_) => Lacking::Part,
            None => Lacking::Service,
        };
        let text = sentence(service, lacking);
        answer(spoken(head, service), lacking, text, request_id)
    }
}

/// That the API of Classic Load Balancers is not supported.
pub(super) fn no_classic_balancers(head: &Head, service: &str, request_id: &str) -> Answer {
    let lacking = Lacking::ClassicBalancers;
    let text = sentence(service, lacking);
    answer(spoken(head, service), lacking, text, request_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(path: &str, headers: &[(&str, &str)]) -> Head {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Head::of(&request.body(()).unwrap())
    }

    #[test]
    fn the_protocol_shows_in_the_head() {
        let kind = "content-type";
        let (json0, json1) = ("application/x-amz-json-1.0", "application/x-amz-json-1.1");
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        for (service, path, headers, expected) in [
            (
                "ssm",
                "/",
                &[("x-amz-target", "AmazonSSM.Get"), (kind, json1)][..],
                Spoken::Json(1),
            ),
            (
                "sqs",
                "/",
                &[("x-amz-target", "AmazonSQS.Get"), (kind, json0)],
                Spoken::Json(0),
            ),
            (
                "monitoring",
                "/service/X/operation/Y",
                &[
                    ("smithy-protocol", "rpc-v2-cbor"),
                    (kind, "application/cbor"),
                ],
                Spoken::Cbor,
            ),
            ("cloudformation", "/", &[(kind, form)], Spoken::Query),
            ("sns", "/?Version=1&Action=ListTopics", &[], Spoken::Query),
            ("s3", "/", &[], Spoken::S3),
            ("s3-outposts", "/bucket/key", &[], Spoken::S3),
            ("route53", "/2013-04-01/hostedzone", &[], Spoken::RestXml),
            ("lambda", "/2015-03-31/functions", &[], Spoken::RestJson),
            ("lambda", "/x", &[(kind, form)], Spoken::RestJson),
        ] {
            assert_eq!(spoken(&head(path, headers), service), expected, "{service}");
        }
    }

    #[test]
    fn only_what_looks_like_a_service_is_repeated() {
        assert!(sentence("ssm", Lacking::Service).starts_with("The service ssm is not supported"));
        assert!(sentence("ecs", Lacking::Part).starts_with("This request to ecs is not supported"));
        let classic = sentence("elasticloadbalancing", Lacking::ClassicBalancers);
        assert!(
            classic.starts_with("Classic Load Balancers are not supported"),
            "{classic}"
        );
        for odd in ["", "<script>", "a b", "SSM", &"x".repeat(41), "é"] {
            assert!(
                sentence(odd, Lacking::Service)
                    .starts_with("The service that this request is signed for is"),
                "{odd}"
            );
        }
    }

    #[test]
    fn each_protocol_has_code_and_text_where_its_clients_look() {
        let said = |spoken| {
            let answer = answer(spoken, Lacking::Service, "Why & what.".to_owned(), "r");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            (answer.status, answer.content_type, body)
        };
        for spoken in [Spoken::Json(0), Spoken::Json(1), Spoken::RestJson] {
            let (status, _, body) = said(spoken);
            let expected = r#"{"__type":"UnsupportedOperation","message":"Why & what."}"#;
            assert_eq!((status, body.as_str()), (400, expected));
        }
        let (status, _, body) = said(Spoken::S3);
        assert_eq!(status, 501);
        assert!(
            body.ends_with(
                "<Error><Code>NotImplemented</Code><Message>Why &amp; what.</Message><RequestId>r</RequestId></Error>"
            ),
            "{body}"
        );
        for spoken in [Spoken::Query, Spoken::RestXml] {
            let (status, kind, body) = said(spoken);
            assert_eq!((status, kind), (400, "text/xml"));
            assert!(
                body.contains(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>UnsupportedOperation</Code>"
                ),
                "{body}"
            );
        }
        let (status, kind, _) = said(Spoken::Cbor);
        assert_eq!((status, kind), (400, "application/cbor"));
    }
}
