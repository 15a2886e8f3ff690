//! Bodies that are as promised, and each way not to be.

use proptest::prelude::*;
use wharf_base::Timestamp;

use super::*;
use crate::{
    schema::Checksums,
    sigv4::{RequestParts, SigningKeys, sha256_hex, sign},
};

/// The worked example of AWS's documentation: 65 KiB of the letter a.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const LETTERS: usize = 66_560;
const FIRST: usize = 65_536;

type Header = (String, String);

fn pairs(headers: &[(&str, &str)]) -> Vec<Header> {
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn promise(headers: &[(&str, &str)], payload: &str) -> Result<Promise, Fault> {
    let headers = pairs(headers);
    Promise::read(&parts(&headers), payload, &Checksums::default(), true)
}

fn parts(headers: &[Header]) -> RequestParts<'_> {
    RequestParts {
        method: "PUT",
        path: "/examplebucket/chunkObject.txt",
        query: "",
        headers,
    }
}

/// The checksums that a body promised and kept.
type Promised = Vec<(Algorithm, String)>;

/// Feeds `wire` in pieces of `size` bytes.
fn fed(
    promise: Promise,
    signer: Option<ChunkSigner>,
    wire: &[u8],
    size: usize,
) -> Result<(Vec<u8>, Promised), Fault> {
    let mut inbound = Inbound::new(promise, signer);
    let mut whole = Vec::new();
    for piece in wire.chunks(size) {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(data) = inbound.next(&mut piece)? {
            assert!(!data.is_empty());
            whole.extend_from_slice(&data);
        }
        assert!(piece.is_empty());
    }
    Ok((whole, inbound.finish()?))
}

fn code(result: Result<impl Sized, Fault>) -> String {
    result.err().expect("it is refused").code.into_owned()
}

/// The head of the example with the words that it signs, and the signature that the documentation has.
fn example(headers: &[(&str, &str)], seed: &str) -> ChunkSigner {
    let mut headers = pairs(headers);
    headers.push(("host".to_owned(), "s3.amazonaws.com".to_owned()));
    headers.sort();
    let payload = headers.iter().find(|it| it.0 == "x-amz-content-sha256");
    let payload = payload.unwrap().1.clone();
    let keys = SigningKeys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: None,
    };
    let now = Timestamp::parse_iso8601_basic("20130524T000000Z").unwrap();
    let signed = sign(&parts(&headers), &payload, &keys, "us-east-1", "s3", now);
    headers.extend(signed);
    let signature = crate::sigv4::parse(&parts(&headers)).unwrap();
    assert_eq!(signature.signature, seed);
    signature.chunks(SECRET)
}

fn signed_example() -> ChunkSigner {
    example(
        &[
            ("content-encoding", "aws-chunked"),
            ("content-length", "66824"),
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    )
}

fn chunks(parts: &[(usize, &str)]) -> Vec<u8> {
    let mut wire = Vec::new();
    for (length, signature) in parts {
        wire.extend(format!("{length:x};chunk-signature={signature}\r\n").bytes());
        wire.extend(std::iter::repeat_n(b'a', *length));
        wire.extend(if *length > 0 { &b"\r\n"[..] } else { b"" });
    }
    wire
}

const SIGNED: [(usize, &str); 3] = [
    (
        FIRST,
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    ),
    (
        LETTERS - FIRST,
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    ),
    (
        0,
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ),
];

fn signed_promise() -> Promise {
    let length = ("x-amz-decoded-content-length", "66560");
    promise(&[length], "STREAMING-AWS4-HMAC-SHA256-PAYLOAD").unwrap()
}

#[test]
fn chunks_signed_as_documented() {
    let mut wire = chunks(&SIGNED);
    wire.extend(b"\r\n");
    assert_eq!(wire.len(), 66_824);
    for size in [1, 100, 65_536, 100_000] {
        let (whole, _) = fed(signed_promise(), Some(signed_example()), &wire, size).unwrap();
        assert!(whole.len() == LETTERS && whole.iter().all(|b| *b == b'a'));
    }
    for at in [90, 65_700, wire.len() - 10] {
        let mut other = wire.clone();
        other[at] ^= 1;
        let refused = fed(signed_promise(), Some(signed_example()), &other, 4096);
        assert_eq!(code(refused), "SignatureDoesNotMatch", "byte {at}");
    }
    let cut = fed(
        signed_promise(),
        Some(signed_example()),
        &wire[..66_000],
        4096,
    );
    assert_eq!(code(cut), "IncompleteBody");
    let more = [&wire[..], b"x"].concat();
    let more = fed(signed_promise(), Some(signed_example()), &more, 4096);
    assert_eq!(code(more), "IncompleteBody");
}

#[test]
fn trailers_signed_as_documented() {
    let signer = || {
        example(
            &[
                ("content-encoding", "aws-chunked"),
                (
                    "x-amz-content-sha256",
                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
                ),
                ("x-amz-decoded-content-length", "66560"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ("x-amz-trailer", "x-amz-checksum-crc32c"),
            ],
            "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        )
    };
    let promise = || {
        let headers = [
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-trailer", "x-amz-checksum-crc32c"),
        ];
        promise(&headers, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER").unwrap()
    };
    let chunks = chunks(&[
        (
            FIRST,
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        ),
        (
            LETTERS - FIRST,
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        ),
        (
            0,
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ),
    ]);
    let signature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
    let sum = "x-amz-checksum-crc32c:sOO8/Q==";
    let with = |trailers: String| [&chunks[..], trailers.as_bytes()].concat();
    for end in ["\r\n", "\n\r\n"] {
        let wire = with(format!(
            "{sum}{end}x-amz-trailer-signature:{signature}\r\n\r\n"
        ));
        for size in [1, 999, 100_000] {
            let (_, sums) = fed(promise(), Some(signer()), &wire, size).unwrap();
            assert_eq!(sums, [(Algorithm::Crc32c, "sOO8/Q==".to_owned())]);
        }
    }
    for (trailers, expected) in [
        (format!("{sum}\r\n\r\n"), "SignatureDoesNotMatch"),
        (
            format!(
                "{sum}\r\nx-amz-trailer-signature:{}\r\n\r\n",
                &signature[1..]
            ),
            "SignatureDoesNotMatch",
        ),
        (
            format!(
                "x-amz-checksum-crc32c:AAAAAA==\r\nx-amz-trailer-signature:{signature}\r\n\r\n"
            ),
            "SignatureDoesNotMatch",
        ),
        (
            format!("{sum}\r\nx-amz-trailer-signature:{signature}\r\n{sum}\r\n\r\n"),
            "MalformedTrailerError",
        ),
        ("\r\n".to_owned(), "MalformedTrailerError"),
        ("no trailer\r\n\r\n".to_owned(), "MalformedTrailerError"),
        (format!("{sum}\r\n"), "IncompleteBody"),
    ] {
        let wire = with(trailers.clone());
        assert_eq!(
            code(fed(promise(), Some(signer()), &wire, 4096)),
            expected,
            "{trailers}"
        );
    }
}

fn unsigned(length: &str, trailer: &str) -> Promise {
    let headers = [
        ("x-amz-decoded-content-length", length),
        ("x-amz-trailer", trailer),
    ];
    promise(&headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER").unwrap()
}

#[test]
fn unsigned_chunks() {
    let promise = || unsigned("9", "x-amz-checksum-crc32");
    let crc = "y/Q5Jg==";
    let good = format!("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n");
    let (whole, sums) = fed(promise(), None, good.as_bytes(), 3).unwrap();
    assert_eq!(whole, b"123456789");
    assert_eq!(sums, [(Algorithm::Crc32, crc.to_owned())]);
    for (wire, expected) in [
        (good.replace(crc, "AAAAAA=="), "BadDigest"),
        (good.replace(crc, "AA=="), "InvalidRequest"),
        (good.replace("crc32:", "crc32c:"), "MalformedTrailerError"),
        (
            "9\r\n123456789\r\n0\r\n\r\n".to_owned(),
            "MalformedTrailerError",
        ),
        ("8\r\n12345678\r\n0\r\n\r\n".to_owned(), "IncompleteBody"),
        ("a\r\n123456789a\r\n0\r\n\r\n".to_owned(), "IncompleteBody"),
        (
            "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n".to_owned(),
            "InvalidChunkSizeError",
        ),
        ("9\r\n123456789x\r\n".to_owned(), "IncompleteBody"),
        ("+9\r\n123456789\r\n".to_owned(), "IncompleteBody"),
        ("11112222333344445\r\n".to_owned(), "IncompleteBody"),
        ("9\n123456789\r\n".to_owned(), "IncompleteBody"),
        ("x".repeat(2000), "IncompleteBody"),
        (String::new(), "IncompleteBody"),
    ] {
        assert_eq!(
            code(fed(promise(), None, wire.as_bytes(), 7)),
            expected,
            "{wire}"
        );
    }
}

#[test]
fn bodies_without_a_framing() {
    let digest = sha256_hex(b"123456789");
    let length = ("content-length", "9");
    let plain = |headers: &[(&str, &str)], payload: &str| {
        let headers = [&[length], headers].concat();
        fed(promise(&headers, payload)?, None, b"123456789", 4)
    };
    assert_eq!(plain(&[], &digest).unwrap().0, b"123456789");
    assert_eq!(
        plain(&[], &digest.to_ascii_uppercase()).unwrap().0,
        b"123456789"
    );
    let md5 = ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==");
    let crc = ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
    let (_, sums) = plain(&[md5, crc], "UNSIGNED-PAYLOAD").unwrap();
    assert_eq!(sums.len(), 2);
    for (headers, payload, expected) in [
        (&[][..], sha256_hex(b"other"), "XAmzContentSHA256Mismatch"),
        (
            &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")],
            digest.clone(),
            "BadDigest",
        ),
        (&[("content-md5", "AAAA")], digest.clone(), "InvalidDigest"),
        (
            &[("x-amz-checksum-sha1", "AAAA")],
            digest.clone(),
            "InvalidRequest",
        ),
        (
            &[("x-amz-checksum-crc32", "AAAAAA==")],
            digest.clone(),
            "BadDigest",
        ),
        (
            &[crc, ("x-amz-checksum-crc32", "y/Q5Jg==")],
            digest.clone(),
            "InvalidRequest",
        ),
        (
            &[("x-amz-checksum-xxhash64", "AAAA")],
            digest.clone(),
            "NotImplemented",
        ),
        (
            &[("x-amz-sdk-checksum-algorithm", "CRC32")],
            digest.clone(),
            "InvalidRequest",
        ),
        (
            &[crc, ("x-amz-sdk-checksum-algorithm", "CRC32")],
            digest.clone(),
            "InvalidRequest",
        ),
        (
            &[("x-amz-trailer", "x-amz-checksum-crc32")],
            digest.clone(),
            "MalformedTrailerError",
        ),
        (&[], "digest".to_owned(), "InvalidArgument"),
        (
            &[],
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD".to_owned(),
            "NotImplemented",
        ),
        (
            &[],
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(),
            "MissingContentLength",
        ),
    ] {
        assert_eq!(
            code(plain(headers, &payload)),
            expected,
            "{headers:?} {payload}"
        );
    }
    assert_eq!(
        code(fed(promise(&[length], &digest).unwrap(), None, b"1234", 4)),
        "IncompleteBody"
    );
    let named = ("x-amz-trailer", "content-md5");
    let decoded = ("x-amz-decoded-content-length", "9");
    let unknown = promise(&[named, decoded], "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    assert_eq!(code(unknown), "InvalidRequest");
}

#[test]
fn where_a_checksum_is_required() {
    let rules = Checksums {
        required: true,
        ..Checksums::default()
    };
    let headers = pairs(&[("content-length", "0")]);
    let read = Promise::read(&parts(&headers), "UNSIGNED-PAYLOAD", &rules, true);
    assert_eq!(code(read), "InvalidRequest");
}

/// A copy says nothing of a body, and has none; what is put must say how long it is.
#[test]
fn where_no_length_is_said() {
    let read = |headers: &[(&str, &str)], streams| {
        let headers = pairs(headers);
        let rules = Checksums::default();
        Promise::read(&parts(&headers), "UNSIGNED-PAYLOAD", &rules, streams)
    };
    assert_eq!(read(&[], false).unwrap().length, 0);
    assert_eq!(code(read(&[], true)), "MissingContentLength");
    let chunked = [("transfer-encoding", "chunked")];
    for streams in [true, false] {
        assert_eq!(code(read(&chunked, streams)), "MissingContentLength");
    }
}

proptest! {
    /// However a body is cut into chunks and pieces, the same comes out.
    #[test]
    fn any_cut_gives_the_same(
        body in prop::collection::vec(any::<u8>(), 0..60_000),
        chunk in 8192_usize..20_000,
        size in 1_usize..30_000,
    ) {
        let mut sum = Algorithm::Sha256.begin();
        sum.update(&body);
        let sum = BASE64.encode(sum.finish());
        let mut wire = Vec::new();
        for chunk in body.chunks(chunk) {
            wire.extend(format!("{:X}\r\n", chunk.len()).bytes());
            wire.extend_from_slice(chunk);
            wire.extend(b"\r\n");
        }
        wire.extend(format!("0\r\nx-amz-checksum-sha256:{sum}\r\n\r\n").bytes());
        let promise = unsigned(&body.len().to_string(), "x-amz-checksum-sha256");
        let (whole, sums) = fed(promise, None, &wire, size).unwrap();
        prop_assert_eq!(whole, body);
        prop_assert_eq!(sums, [(Algorithm::Sha256, sum)]);
    }
}
