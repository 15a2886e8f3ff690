//! Requests whose head says it all: S3's. Signature, caller and operation are known before the body has come,
//! and what the body must be is promised, so it passes to the operation piece by piece, and is held to the
//! promise on its way (`wharf_wire::streaming`). Operations that take their body as a whole get it so, too.

use std::{io, sync::Arc};

use bytes::Bytes;
use http_body_util::BodyExt;
use wharf_wire::{
    Fault, Service, async_trait,
    codec::{Body as Input, rest, rest::RestRequest},
    schema::{Checksums, OperationSchema, ServiceSchema},
    service::Reply,
    sigv4::{ChunkSigner, PAYLOAD_HEADER, UNSIGNED_PAYLOAD, is_s3},
    streaming::{Algorithm, ByteStream, Inbound, Promise, Source, fault, promise::Framing},
};

use super::{
    Apis, IamMode, Incoming, Paced,
    api::{Wanted, stopped},
    auth::{Claim, Proof},
    body, detached,
    head::Head,
    host,
    unknown_service::waits_to_send,
};

/// What is read, and let go of, of a body that no operation wants: many clients of HTTP/1 read no answer before
/// they have sent theirs, and one that ends within this keeps its connection. Others linger ([`super::lingering`]).
const MAX_DRAINED: usize = 1 << 20;

/// What S3 has beside buckets and objects, and this version has not: parts of a query which change what a
/// request is for.
const SUBRESOURCES: [&str; 21] = [
    "abac",
    "accelerate",
    "analytics",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "logging",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "object-lock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "torrent",
];

/// A request that is known by its head.
pub(super) struct ByHead<'a> {
    pub service: &'a Arc<dyn Service>,
    pub operation: &'static OperationSchema,
    request: RestRequest,
    /// What it is for instead, and is not here.
    lacking: Option<&'static str>,
}

impl Apis {
    /// What a request asks for, if its head says it all.
    pub(super) fn by_head(&self, head: &Head, claim: &Claim) -> Option<ByHead<'_>> {
        let service = self.by_rest(head, claim.service())?;
        let schema = service.schema();
        if !is_s3(schema.signing_name) {
            return None;
        }
        let label = self.label(head, schema);
        let found = rest::read(schema, &head.parts(), label, Vec::new());
        let (index, request) = found.ok()??;
        let is_asked = |name: &&&str| request.query.iter().any(|(key, _)| key == **name);
        let lacking = SUBRESOURCES.iter().find(is_asked).copied();
        Some(ByHead {
            service,
            operation: &schema.operations[index],
            request,
            lacking,
        })
    }

    /// The label of the path that the host's name has in its place.
    pub(super) fn label<'a>(&self, head: &'a Head, schema: &ServiceSchema) -> Option<&'a str> {
        if !is_s3(schema.signing_name) {
            return None;
        }
        host::label(head.get("host")?, schema.endpoint_prefix, &self.own_hosts)
    }

    pub(super) async fn answer_by_head(
        &self,
        found: ByHead<'_>,
        wanted: &Wanted<'_>,
        claim: Claim,
        body: Incoming,
    ) -> Reply {
        let (head, operation) = (wanted.head, found.operation);
        let entered = self.enter_by_head(&found, wanted, claim).await;
        let (cx, promise, signer) = match entered {
            Ok(entered) => entered,
            Err(fault) => {
                if !waits_to_send(head) {
                    let _ = body::digest(body, MAX_DRAINED, wanted.hold).await;
                }
                return wanted.failure(&fault);
            }
        };
        wanted.hold.complete();
        let mut request = found.request;
        if promise.framing != Framing::None {
            without_framing(&mut request);
        }
        let length = promise.length;
        let stream = ByteStream::new(Arriving::new(body, promise, signer), Some(length));
        if found.service.schema().stream(operation.input).is_some() {
            request.stream = Some(stream.clone());
        } else {
            match collect(&stream, wanted).await {
                Ok(body) => request.body = body,
                Err(fault) => return wanted.failure(&fault),
            }
        }
        let input = Input::Rest(Box::new(request));
        let (name, held) = (operation.name.to_owned(), Arc::clone(wanted.hold));
        let answer =
            detached::dispatch(&self.dispatcher, found.service, cx, name, input, held).await;
        if !waits_to_send(head) {
            drain(&stream).await;
        }
        answer
    }

    /// Whom the request is from, what its body must be, and what its chunks are signed with.
    async fn enter_by_head(
        &self,
        found: &ByHead<'_>,
        wanted: &Wanted<'_>,
        claim: Claim,
    ) -> Result<(wharf_wire::Context, Promise, Option<ChunkSigner>), Fault> {
        let parts = wanted.head.parts();
        let given = parts.header(PAYLOAD_HEADER);
        let signature = claim.signature.as_ref().ok();
        let payload = match signature {
            _ if self.iam == IamMode::Off => given.unwrap_or(UNSIGNED_PAYLOAD),
            Some(it) if it.expires.is_none() && given.is_none() => {
                return Err(fault::missing_header(PAYLOAD_HEADER));
            }
            Some(it) => it.promised_payload(&parts).unwrap_or_default(),
            None => UNSIGNED_PAYLOAD,
        };
        let signer = match (signature, &claim.key) {
            (Some(signature), Ok(key)) if self.iam != IamMode::Off => {
                Some(signature.chunks(&key.secret_access_key))
            }
            _ => None,
        };
        let cx = self.pass(wanted, claim, Proof::Request(payload)).await?;
        if let Some(name) = found.lacking {
            let text = format!("The subresource {name} is not supported by this version of wharf.");
            return Err(Fault::sender("NotImplemented", 501, text));
        }
        let checksums = &found.operation.checksums;
        // The model asks for one with ACLs, too; S3 does not, and clients of old send none.
        let is_acl = matches!(found.operation.name, "PutBucketAcl" | "PutObjectAcl");
        let checksums = Checksums {
            required: checksums.required && !is_acl,
            ..*checksums
        };
        let streams = found.service.schema().stream(found.operation.input);
        let promise = Promise::read(&parts, payload, &checksums, streams.is_some())?;
        if promise.length > found.operation.max_body {
            return Err(fault::too_large());
        }
        Ok((cx, promise, signer))
    }
}

/// Operations see the encoding that the object has, not that of the way it came.
fn without_framing(request: &mut RestRequest) {
    for (_, value) in request
        .headers
        .iter_mut()
        .filter(|(name, _)| name == "content-encoding")
    {
        let kept = value.split(',').map(str::trim);
        let kept: Vec<&str> = kept
            .filter(|it| !it.eq_ignore_ascii_case("aws-chunked"))
            .collect();
        *value = kept.join(",");
    }
    request
        .headers
        .retain(|(name, value)| name != "content-encoding" || !value.is_empty());
}

/// A body that its operation takes as a whole.
async fn collect(stream: &ByteStream, wanted: &Wanted<'_>) -> Result<Vec<u8>, Fault> {
    let (mut reader, mut whole) = (stream.reader(), Vec::new());
    while let Some(piece) = reader.next().await {
        let piece = piece?;
        wanted
            .hold
            .grow(piece.len())
            .map_err(|full| stopped(full.into()))?;
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}

/// Lets go of what an operation left of its body.
async fn drain(stream: &ByteStream) {
    let (mut reader, mut left) = (stream.reader(), MAX_DRAINED);
    while !stream.has_ended()
        && let Some(Ok(piece)) = reader.next().await
    {
        left = left.saturating_sub(piece.len());
        if left == 0 {
            return;
        }
    }
}

/// A body on its way from the client: pulled as the operation reads, and ended where it trickles.
struct Arriving {
    body: Paced<Incoming>,
    /// Gone once the body has ended, well or not.
    inbound: Option<Inbound>,
    /// What came and has not been looked at.
    came: Bytes,
    checksums: Vec<(Algorithm, String)>,
}

impl Arriving {
    fn new(body: Incoming, promise: Promise, signer: Option<ChunkSigner>) -> Self {
        Self {
            body: Paced::new(body),
            inbound: Some(Inbound::new(promise, signer)),
            came: Bytes::new(),
            checksums: Vec::new(),
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            let Some(inbound) = &mut self.inbound else {
                return Ok(None);
            };
            if let Some(piece) = inbound.next(&mut self.came)? {
                return Ok(Some(piece));
            }
            match self.body.frame().await {
                // Trailers of HTTP itself are none of the API's.
                Some(Ok(frame)) => self.came = frame.into_data().unwrap_or_default(),
                Some(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(fault::too_slow());
                }
                Some(Err(_)) => return Err(fault::incomplete()),
                None => {
                    if let Some(inbound) = self.inbound.take() {
                        self.checksums = inbound.finish()?;
                    }
                }
            }
        }
    }
}

#[async_trait]
impl Source for Arriving {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        self.piece().await.transpose()
    }

    fn checksums(&self) -> &[(Algorithm, String)] {
        &self.checksums
    }
}
