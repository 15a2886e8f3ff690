//! Objects in memory, one bucket or many: as much of S3 as shows how bodies pass.

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use wharf_api_s3::{
    DeleteObjectsOutput, DeleteObjectsRequest, DeletedObject, GetObjectOutput, GetObjectRequest,
    PutObjectOutput, PutObjectRequest, UploadPartOutput, UploadPartRequest, faults,
};
use wharf_wire::{
    ByteStream, Call, Check, Fault, async_trait,
    streaming::{Algorithm, Reader, Source},
};

#[derive(Default)]
pub struct Objects(Mutex<HashMap<String, Object>>);

#[derive(Clone, Default)]
struct Object {
    bytes: Bytes,
    encoding: Option<String>,
    checksums: Vec<(Algorithm, String)>,
}

/// Of these nothing is kept but the length, so that a test sees what passing them takes.
const LARGE: &str = "large";

impl Objects {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Object>> {
        self.0.lock()
    }

    async fn keep(
        &self,
        name: String,
        encoding: Option<String>,
        body: Option<ByteStream>,
    ) -> Result<Object, Fault> {
        let mut reader = body.unwrap_or_default().reader();
        let object = Object {
            bytes: received(&name, &mut reader).await?,
            encoding,
            checksums: reader.checksums().to_vec(),
        };
        self.all().insert(name, object.clone());
        Ok(object)
    }
}

async fn received(name: &str, reader: &mut Reader) -> Result<Bytes, Fault> {
    let (mut whole, mut length) = (Vec::new(), 0);
    while let Some(piece) = reader.next().await {
        let piece = piece?;
        length += piece.len();
        if !name.contains(LARGE) {
            whole.extend_from_slice(&piece);
        }
    }
    Ok(match name.contains(LARGE) {
        true => length.to_string().into(),
        false => whole.into(),
    })
}

impl Object {
    fn checksum(&self, wanted: Algorithm) -> Option<String> {
        let found = self.checksums.iter().find(|(it, _)| *it == wanted);
        found.map(|(_, sum)| sum.clone())
    }
}

fn name(bucket: Option<String>, key: Option<String>) -> String {
    format!("{}/{}", bucket.unwrap_or_default(), key.unwrap_or_default())
}

async fn put(it: &Objects, _: &Call, input: PutObjectRequest) -> Result<PutObjectOutput, Fault> {
    let name = name(input.bucket, input.key);
    if name.starts_with("missing/") {
        return Err(faults::no_such_bucket(
            "The specified bucket does not exist",
        ));
    }
    if name.ends_with("/careless") {
        return Ok(PutObjectOutput::default());
    }
    let object = it.keep(name, input.content_encoding, input.body).await?;
    Ok(PutObjectOutput {
        checksum_crc32: object.checksum(Algorithm::Crc32),
        checksum_sha256: object.checksum(Algorithm::Sha256),
        ..PutObjectOutput::default()
    })
}

async fn upload(
    it: &Objects,
    _: &Call,
    input: UploadPartRequest,
) -> Result<UploadPartOutput, Fault> {
    let key = format!(
        "{}.{}",
        input.key.unwrap_or_default(),
        input.part_number.unwrap_or_default()
    );
    let object = it
        .keep(name(input.bucket, Some(key)), None, input.body)
        .await?;
    Ok(UploadPartOutput {
        e_tag: Some("\"part\"".to_owned()),
        checksum_crc32: object.checksum(Algorithm::Crc32),
        ..UploadPartOutput::default()
    })
}

async fn get(it: &Objects, _: &Call, input: GetObjectRequest) -> Result<GetObjectOutput, Fault> {
    let name = name(input.bucket, input.key);
    let object = it.all().get(&name).cloned();
    let object = object.ok_or_else(|| faults::no_such_key("The specified key does not exist."))?;
    let body = match name.contains(LARGE) {
        true => zeros(std::str::from_utf8(&object.bytes).unwrap().parse().unwrap()),
        false => ByteStream::from(object.bytes.to_vec()),
    };
    Ok(GetObjectOutput {
        content_length: body.length().map(|it| it as i64),
        content_range: input.range.map(|_| "bytes 0-1/2".to_owned()),
        body: Some(body),
        content_encoding: object.encoding.clone(),
        checksum_crc32: object.checksum(Algorithm::Crc32),
        checksum_sha256: object.checksum(Algorithm::Sha256),
        ..GetObjectOutput::default()
    })
}

async fn delete(
    it: &Objects,
    _: &Call,
    input: DeleteObjectsRequest,
) -> Result<DeleteObjectsOutput, Fault> {
    let bucket = input.bucket.unwrap_or_default();
    let objects = input.delete.and_then(|it| it.objects).unwrap_or_default();
    let deleted = objects.into_iter().map(|object| {
        it.all()
            .remove(&name(Some(bucket.clone()), object.key.clone()));
        DeletedObject {
            key: object.key,
            ..DeletedObject::default()
        }
    });
    Ok(DeleteObjectsOutput {
        deleted: Some(deleted.collect()),
        ..DeleteObjectsOutput::default()
    })
}

wharf_api_s3::operations! {
    impl Objects;
    authorize(self, _cx, input) = Ok(vec![Check::any(input.action())]);
    run(self, operation, call, input) = operation(self, call, input).await;
    put_object = put;
    upload_part = upload;
    get_object = get;
    delete_objects = delete;
}

fn zeros(length: u64) -> ByteStream {
    ByteStream::new(Zeros(length), Some(length))
}

struct Zeros(u64);

#[async_trait]
impl Source for Zeros {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        static PIECE: [u8; 64 << 10] = [0; 64 << 10];
        let next = self.0.min(PIECE.len() as u64);
        self.0 -= next;
        (next > 0).then(|| Ok(Bytes::from_static(&PIECE[..next as usize])))
    }
}
