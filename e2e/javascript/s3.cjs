// S3 as applications in JavaScript use it: bodies, ranges, uploads in parts, presigned addresses and forms.
const assert = require("node:assert/strict");
const { test, before } = require("node:test");
const { randomBytes } = require("node:crypto");
const { Readable } = require("node:stream");
const s3Sdk = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");
const { createPresignedPost } = require("@aws-sdk/s3-presigned-post");

const s3 = new s3Sdk.S3Client({ maxAttempts: 1, forcePathStyle: true });
const Bucket = process.env.BUCKET;

async function body(Key, more) {
  const got = await s3.send(new s3Sdk.GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from(await got.Body.transformToByteArray());
}

before(() => s3.send(new s3Sdk.CreateBucketCommand({ Bucket })));

test("an object and a part of it", async () => {
  const put = await s3.send(new s3Sdk.PutObjectCommand({ Bucket, Key: "a/ü 1", Body: "hello", Metadata: { who: "me" } }));
  assert.ok(put.ChecksumCRC32, "the SDK's own checksum");
  assert.equal((await body("a/ü 1")).toString(), "hello");
  assert.equal((await body("a/ü 1", { Range: "bytes=1-3" })).toString(), "ell");
  const head = await s3.send(new s3Sdk.HeadObjectCommand({ Bucket, Key: "a/ü 1" }));
  assert.equal(head.Metadata.who, "me");
  await assert.rejects(body("none"), s3Sdk.NoSuchKey);
});

test("an upload in parts, of a stream", async () => {
  const data = randomBytes(12 * 1024 * 1024 + 7);
  const pieces = [];
  for (let at = 0; at < data.length; at += 65536) pieces.push(data.subarray(at, at + 65536));
  const upload = new Upload({ client: s3, params: { Bucket, Key: "large", Body: Readable.from(pieces) }, partSize: 5 * 1024 * 1024 });
  const done = await upload.done();
  assert.match(done.ETag, /-3"$/);
  assert.ok(data.equals(await body("large")), "other bytes");
});

test("presigned addresses", async () => {
  const to = await getSignedUrl(s3, new s3Sdk.PutObjectCommand({ Bucket, Key: "by url" }), { expiresIn: 60 });
  assert.equal((await fetch(to, { method: "PUT", body: "by url" })).status, 200);
  const from = await getSignedUrl(s3, new s3Sdk.GetObjectCommand({ Bucket, Key: "by url" }), { expiresIn: 60 });
  assert.equal(await (await fetch(from)).text(), "by url");
});

test("headers in presigned addresses", async () => {
  const Key = "headers by url";
  const command = new s3Sdk.PutObjectCommand({ Bucket, Key, Metadata: { a: "b" }, Tagging: "k=v", CacheControl: "no-store" });
  const to = await getSignedUrl(s3, command, { expiresIn: 60 });
  assert.match(to, /x-amz-meta-a=b/);
  const put = await fetch(to, { method: "PUT", body: "more than nothing", headers: { "cache-control": "no-store" } });
  assert.equal(put.status, 200, await put.text());
  const head = await s3.send(new s3Sdk.HeadObjectCommand({ Bucket, Key }));
  assert.deepEqual(head.Metadata, { a: "b" });
  const tags = await s3.send(new s3Sdk.GetObjectTaggingCommand({ Bucket, Key }));
  assert.deepEqual(tags.TagSet, [{ Key: "k", Value: "v" }]);
  const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
  const copy = await getSignedUrl(s3, new s3Sdk.CopyObjectCommand({ Bucket, Key: "copy by url", CopySource }), { expiresIn: 60 });
  assert.equal((await fetch(copy, { method: "PUT" })).status, 200);
  assert.equal((await body("copy by url")).toString(), "more than nothing");
});

test("a form", async () => {
  const Conditions = [["content-length-range", 1, 100]];
  const made = await createPresignedPost(s3, { Bucket, Key: "form/${filename}", Conditions, Fields: { success_action_status: "201" } });
  const form = new FormData();
  for (const [name, value] of Object.entries(made.fields)) form.append(name, value);
  form.append("file", new Blob(["by form"]), "a.txt");
  const answer = await fetch(made.url, { method: "POST", body: form });
  assert.equal(answer.status, 201, await answer.text());
  assert.equal((await body("form/a.txt")).toString(), "by form");
});

test("pages of a list", async () => {
  for (const number of [1, 2, 3]) await s3.send(new s3Sdk.PutObjectCommand({ Bucket, Key: `list/${number}`, Body: "x" }));
  const found = [];
  for await (const page of s3Sdk.paginateListObjectsV2({ client: s3, pageSize: 1 }, { Bucket, Prefix: "list/" })) {
    found.push(...page.Contents.map((it) => it.Key));
  }
  assert.deepEqual(found, ["list/1", "list/2", "list/3"]);
});
