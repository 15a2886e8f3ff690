//! `environmentFiles`: where one is, and what it says. Pure.

/// Bound on one file, in bytes.
pub const FILE_LIMIT: u64 = 512 << 10;

/// An object of S3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvFile {
    pub bucket: String,
    pub key: String,
}

/// Why a file gives no variables. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    #[error("`{0}` is not the ARN of an object in S3")]
    Arn(String),
    #[error("the file has more than {FILE_LIMIT} bytes")]
    TooLarge,
    #[error("the file is not UTF-8")]
    NoText,
    #[error("the file contains a zero byte, which no environment variable can")]
    ZeroByte,
}

impl EnvFile {
    /// Of `arn:aws:s3:::BUCKET/KEY`.
    ///
    /// # Errors
    /// It is another's.
    pub fn of(arn: &str) -> Result<Self, BadFile> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let object = match parts.as_slice() {
            ["arn", _, "s3", "", "", object] => object.split_once('/'),
            _ => None,
        };
        let found = object.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
        let (bucket, key) = found.ok_or_else(|| BadFile::Arn(arn.to_owned()))?;
        Ok(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }
}

/// The text of a file.
///
/// # Errors
/// See [`BadFile`].
pub fn text(bytes: &[u8]) -> Result<&str, BadFile> {
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(BadFile::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| BadFile::NoText)?;
    match text.contains('\0') {
        true => Err(BadFile::ZeroByte),
        false => Ok(text),
    }
}

/// Each `VARIABLE=VALUE` on a line of its own, as it stands there: spaces and quotation marks are part of the
/// value. Lines that begin with `#`, and those that lack name, sign or value, are passed over, as ECS does it.
pub fn variables(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let check = |arn: &str, expected: Option<(&str, &str)>| {
            let found = EnvFile::of(arn).ok();
            let found = found
                .as_ref()
                .map(|it| (it.bucket.as_str(), it.key.as_str()));
            assert_eq!(found, expected, "{arn}");
        };
        check("arn:aws:s3:::b/f.env", Some(("b", "f.env")));
        check("arn:aws:s3:::b/a:b/c.env", Some(("b", "a:b/c.env")));
        for arn in [
            "",
            "b/f.env",
            "arn:aws:s3:::b",
            "arn:aws:s3:::/f.env",
            "arn:aws:s3:::b/",
            "arn:aws:sqs:::b/f.env",
            "arn:aws:s3:us-east-1::b/f.env",
            "arn:aws:s3::1:b/f.env",
        ] {
            check(arn, None);
        }
    }

    #[test]
    fn lines() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            assert_eq!(variables(text).collect::<Vec<_>>(), expected, "{text:?}");
        };
        check("A=1\nB=2", &[("A", "1"), ("B", "2")]);
        check("A=1\r\n\r\nB=2\r\n", &[("A", "1"), ("B", "2")]);
        check("# A=1\n #B=2\n", &[(" #B", "2")]);
        check("A=\"x y\" # z", &[("A", "\"x y\" # z")]);
        check("A= x =y ", &[("A", " x =y ")]);
        check("A\n=x\nB=\n\n=\n", &[]);
        check("", &[]);
    }

    #[test]
    fn texts() {
        assert_eq!(text(b"A=1"), Ok("A=1"));
        assert_eq!(text(b"A=\xff"), Err(BadFile::NoText));
        assert_eq!(text(b"A=\0"), Err(BadFile::ZeroByte));
        let full = vec![b'x'; FILE_LIMIT as usize];
        assert!(text(&full).is_ok());
        assert_eq!(text(&[full, vec![b'x']].concat()), Err(BadFile::TooLarge));
    }
}
