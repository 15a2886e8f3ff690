//! Forms that browsers post to a bucket (`POST Object`): the fields in front of the file say who made the form and
//! what it uploads; the file passes to PutObject piece by piece.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::header;
use http_body_util::BodyExt as _;
use multer::{Field, Multipart};
use wharf_svc_s3::form::{self, Fields, MAX_FIELDS, Policy, Sizes};
use wharf_wire::{
    Fault, async_trait,
    codec::{Body as Input, element, rest::RestRequest},
    schema::Checksums,
    service::Reply,
    sigv4::{RequestParts, Signature, UNSIGNED_PAYLOAD},
    streaming::{Algorithm, ByteStream, Inbound, Promise, Source, fault},
};

use super::{
    Apis, Asking, Incoming, Paced, Peer,
    api::Wanted,
    auth::{Claim, Proof},
    bytes_in_flight::Hold,
    cors::S3,
    detached, form_answer,
    head::Head,
};

const OPERATION: &str = "PutObject";
/// What comes of a form before its file, with the heads of its parts.
const MAX_BEFORE: usize = MAX_FIELDS + (12 << 10);
/// Fields that PutObject has as headers of the same name.
const HEADERS: [&str; 14] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "expires",
    "x-amz-acl",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];
const PREFIXES: [&str; 3] = [
    "x-amz-meta-",
    "x-amz-checksum-",
    "x-amz-server-side-encryption-customer-",
];

/// A form by its head.
pub(super) struct Form {
    bucket: String,
    boundary: String,
}

/// A request that posts one.
pub(super) struct Asked<'a> {
    pub head: &'a Head,
    pub peer: &'a Peer,
    pub request_id: &'a str,
    pub hold: &'a Arc<Hold>,
    pub asking: &'a Asking,
}

impl Apis {
    /// The form that a request posts to a bucket, if it does.
    pub(super) fn form(&self, head: &Head) -> Option<Form> {
        let kind = head.get(header::CONTENT_TYPE.as_str())?;
        if head.method != "POST" || !head.query.is_empty() || self.s3.is_none() {
            return None;
        }
        let boundary = multer::parse_boundary(kind).ok()?;
        let (bucket, is_object) = self.bucket(head)?;
        (!is_object).then(|| Form {
            bucket: bucket.to_owned(),
            boundary,
        })
    }

    pub(super) async fn post(&self, form: Form, asked: Asked<'_>, body: Incoming) -> Reply {
        let request_id = asked.request_id;
        let posted = self.posted(form, asked, body).await;
        posted.unwrap_or_else(|fault| refused(&fault, request_id))
    }

    async fn posted(&self, of: Form, asked: Asked<'_>, body: Incoming) -> Result<Reply, Fault> {
        let began = Arc::new(Began::default());
        let mut parts = Multipart::new(bounded(body, began.clone()), of.boundary.clone());
        let mut fields = Fields::default();
        let file = read_fields(&mut parts, &mut fields).await?;
        began.file.store(true, Ordering::Release);
        fields.expand(file.file_name().unwrap_or_default())?;
        let key = form::key(&fields)?.to_owned();
        let policy = fields.get("policy").unwrap_or_default();
        let signature = Signature::of_form(|name| fields.get(name));
        let claim = Claim::of(signature, &*self.directory, self.clock.now()).await;
        let service = self
            .find(|it| it.name == S3.name)
            .ok_or_else(form::malformed)?;
        let wanted = Wanted {
            head: asked.head,
            schema: S3,
            operation: OPERATION,
            protocol: S3.protocol,
            narrowed: false,
            peer: asked.peer,
            request_id: asked.request_id,
            hold: asked.hold,
            asking: asked.asking,
        };
        let cx = self.pass(&wanted, claim, Proof::Policy(policy)).await?;
        asked.hold.complete();
        let sizes = sizes(&fields, &of.bucket, cx.now)?;
        let stream = file_of(file, &fields, sizes)?;
        let request = RestRequest {
            labels: vec![
                ("Bucket".to_owned(), of.bucket.clone()),
                ("Key".to_owned(), key.clone()),
            ],
            query: Vec::new(),
            headers: headers(&fields)?,
            body: Vec::new(),
            stream: Some(stream),
        };
        let endpoint = cx.endpoint.clone();
        let input = Input::Rest(Box::new(request));
        let (name, held) = (OPERATION.to_owned(), Arc::clone(asked.hold));
        let reply = detached::dispatch(&self.dispatcher, service, cx, name, input, held).await;
        let made = form_answer::Made {
            endpoint: &endpoint,
            bucket: &of.bucket,
            key: &key,
        };
        Ok(form_answer::answer(reply, &fields, &made))
    }
}

/// How far a form has come.
#[derive(Default)]
struct Began {
    bytes: AtomicUsize,
    file: AtomicBool,
}

/// The body, which ends with an error if too much comes before its file does.
fn bounded(
    body: Incoming,
    began: Arc<Began>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let body = Paced::new(body);
    stream::unfold((body, began), |(mut body, began)| async move {
        // Whoever reads takes all that is there: piece by piece, so that it looks at one before the next comes.
        tokio::task::yield_now().await;
        loop {
            let data = match body.frame().await? {
                Ok(frame) => frame.into_data(),
                Err(error) => return Some((Err(error), (body, began))),
            };
            // Trailers of HTTP are none of the form's.
            let Ok(data) = data else { continue };
            let before = began.bytes.fetch_add(data.len(), Ordering::AcqRel);
            // A piece may hold the whole form: what came before it must not be too much.
            let is_too_much = before > MAX_BEFORE && !began.file.load(Ordering::Acquire);
            let piece = match is_too_much {
                true => Err(std::io::ErrorKind::FileTooLarge.into()),
                false => Ok(data),
            };
            return Some((piece, (body, began)));
        }
    })
    .fuse()
}

/// Reads up to the file, which is the last that counts.
async fn read_fields(
    parts: &mut Multipart<'static>,
    fields: &mut Fields,
) -> Result<Field<'static>, Fault> {
    let mut size = 0;
    loop {
        let field = parts.next_field().await.map_err(broken)?;
        let mut field = field.ok_or_else(form::no_file)?;
        let name = field.name().unwrap_or_default().to_owned();
        if name.eq_ignore_ascii_case("file") {
            return Ok(field);
        }
        let mut value = Vec::new();
        size += name.len();
        while let Some(piece) = field.chunk().await.map_err(broken)? {
            size += piece.len();
            if size > MAX_FIELDS {
                return Err(form::too_large());
            }
            value.extend_from_slice(&piece);
        }
        let value = String::from_utf8(value).map_err(|_| form::malformed())?;
        fields.add(&name, value);
    }
}

fn refused(fault: &Fault, request_id: &str) -> Reply {
    let answer = S3.protocol.codec().fault(S3, fault, request_id);
    answer.telling(fault).into()
}

fn broken(error: multer::Error) -> Fault {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast_ref::<std::io::Error>() {
            Some(error) if error.kind() == std::io::ErrorKind::FileTooLarge => form::too_large(),
            Some(error) if error.kind() == std::io::ErrorKind::TimedOut => fault::too_slow(),
            _ => fault::incomplete(),
        },
        _ => form::malformed(),
    }
}

/// What the policy of a form says to it; one without is nobody's.
fn sizes(fields: &Fields, bucket: &str, now: wharf_wire::Timestamp) -> Result<Sizes, Fault> {
    use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
    let Some(policy) = fields.get("policy") else {
        return Ok(Sizes::ANY);
    };
    let text = BASE64.decode(policy).map_err(|_| {
        let text = "Invalid Policy: Invalid Base64 Encoding.";
        Fault::sender("InvalidPolicyDocument", 400, text)
    })?;
    Policy::parse(&text)?.check(fields, bucket, now)
}

/// What PutObject is told in headers.
fn headers(fields: &Fields) -> Result<Vec<(String, String)>, Fault> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in fields.iter() {
        let is_header = HEADERS.contains(&name) || PREFIXES.iter().any(|it| name.starts_with(it));
        match name {
            "acl" => headers.push(("x-amz-acl".to_owned(), value.to_owned())),
            "tagging" => headers.push(("x-amz-tagging".to_owned(), tags(value)?)),
            name if is_header => headers.push((name.to_owned(), value.to_owned())),
            _ => {}
        }
    }
    Ok(headers)
}

/// `<Tagging><TagSet><Tag><Key>…</Key><Value>…</Value></Tag></TagSet></Tagging>` as a header has it.
fn tags(xml: &str) -> Result<String, Fault> {
    let bad = || {
        let text = "The XML you provided was not well-formed or did not validate against our published schema";
        Fault::sender("MalformedXML", 400, text)
    };
    let root = element::parse(xml.as_bytes()).map_err(|_| bad())?;
    let set = root.child("TagSet").ok_or_else(bad)?;
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    for tag in &set.children {
        let text = |name| tag.child(name).map(|it| it.text.as_str());
        let (key, value) = text("Key").zip(text("Value")).ok_or_else(bad)?;
        encoded.append_pair(key, value);
    }
    Ok(encoded.finish())
}

/// The file as a body, held to what the fields promise.
fn file_of(file: Field<'static>, fields: &Fields, sizes: Sizes) -> Result<ByteStream, Fault> {
    let operation = S3.find_operation(OPERATION).map(|at| &S3.operations[at]);
    let most = operation.map_or(0, |it| it.max_body);
    let mut promised: Vec<(String, String)> = headers(fields)?
        .into_iter()
        .filter(|(name, _)| name.contains("checksum") || name == "content-md5")
        .collect();
    promised.push(("content-length".to_owned(), most.to_string()));
    let parts = RequestParts {
        method: "POST",
        path: "/",
        query: "",
        headers: &promised,
    };
    let promise = Promise::read(&parts, UNSIGNED_PAYLOAD, &Checksums::default(), true)?;
    let arriving = File {
        field: file,
        inbound: Some(Inbound::of_any_length(promise)),
        came: Bytes::new(),
        size: 0,
        sizes: Sizes {
            most: sizes.most.min(most),
            ..sizes
        },
        checksums: Vec::new(),
    };
    Ok(ByteStream::new(arriving, None))
}

struct File {
    field: Field<'static>,
    /// Gone once the file has ended, well or not.
    inbound: Option<Inbound>,
    came: Bytes,
    size: u64,
    sizes: Sizes,
    checksums: Vec<(Algorithm, String)>,
}

impl File {
    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            let Some(inbound) = &mut self.inbound else {
                return Ok(None);
            };
            if let Some(piece) = inbound.next(&mut self.came)? {
                return Ok(Some(piece));
            }
            match self.field.chunk().await.map_err(broken)? {
                Some(came) => {
                    self.size += came.len() as u64;
                    self.sizes.check_most(self.size)?;
                    self.came = came;
                }
                None => {
                    self.sizes.check_least(self.size)?;
                    if let Some(inbound) = self.inbound.take() {
                        self.checksums = inbound.finish()?;
                    }
                }
            }
        }
    }
}

#[async_trait]
impl Source for File {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        self.piece().await.transpose()
    }

    fn checksums(&self) -> &[(Algorithm, String)] {
        &self.checksums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_form_says_whether_it_met_a_limit() {
        for (code, is_of_limit) in [("SlowDown", true), ("AccessDenied", false)] {
            let reply = refused(&Fault::sender(code, 403, "no"), "r");
            assert_eq!(reply.is_of_limit(), is_of_limit, "{code}");
        }
    }
}
