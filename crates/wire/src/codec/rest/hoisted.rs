//! Headers in the query of a presigned URL of S3. Who opens such a URL sends no headers of its signer's, so SDKs put
//! those into the query, where the signature covers them: the metadata of an upload, or the source of a copy.

/// What the signature itself is made of, in names of lower case.
const OF_THE_SIGNATURE: [&str; 8] = [
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// The headers of a request, and those that the query of a presigned one has in their place; `query` is decoded. A
/// header that was sent counts for itself: it is signed, too.
pub fn with(headers: &[(String, String)], query: &[(String, String)]) -> Vec<(String, String)> {
    let mut all = headers.to_vec();
    if !query.iter().any(|(name, _)| name == "X-Amz-Signature") {
        return all;
    }
    for (name, value) in query {
        let name = name.to_ascii_lowercase();
        let is_sent = || headers.iter().any(|(sent, _)| *sent == name);
        if is_header(&name) && !is_sent() {
            all.push((name, value.clone()));
        }
    }
    all
}

/// S3 does not look for checksums there, and must not: SDKs sign that of the empty body which they have when they
/// presign an upload.
fn is_header(name: &str) -> bool {
    let is_sum = name == "x-amz-sdk-checksum-algorithm"
        || (name.starts_with("x-amz-checksum-") && name != "x-amz-checksum-mode");
    name.starts_with("x-amz-") && !OF_THE_SIGNATURE.contains(&name) && !is_sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = all.iter();
        owned
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn only_presigned_queries_have_headers() {
        let sent = pairs(&[("host", "h"), ("x-amz-acl", "private")]);
        let hoisted = [
            ("x-amz-meta-a", "b"),
            ("X-Amz-Tagging", "k=v"),
            ("x-amz-acl", "public-read"),
            ("x-amz-checksum-crc32", "AAAAAA=="),
            ("x-amz-sdk-checksum-algorithm", "CRC32"),
            ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
            ("X-Amz-Date", "20260102T030405Z"),
            ("x-id", "PutObject"),
        ];
        assert_eq!(with(&sent, &pairs(&hoisted)), sent);
        let signed = [&hoisted[..], &[("X-Amz-Signature", "0")]].concat();
        let added = pairs(&[("x-amz-meta-a", "b"), ("x-amz-tagging", "k=v")]);
        assert_eq!(with(&sent, &pairs(&signed)), [sent.clone(), added].concat());
    }
}
