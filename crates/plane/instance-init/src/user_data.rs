//! User data taken apart: scripts and cloud-config, as they are, compressed, or several in one MIME message.

use base64::{DecodeError, Engine as _, prelude::BASE64_STANDARD};

use crate::{
    budget::{Budget, NotUnpacked},
    mime::{self, BadMime},
};

/// Bytes of all that was compressed. EC2 takes 16 KiB as they are given.
const MAX_UNPACKED: u64 = 1 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Run as a program.
    Script(Vec<u8>),
    CloudConfig(String),
    /// The node of Kubernetes that it is to be.
    NodeConfig(String),
}

/// Why user data, or a part of it, cannot be read.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("user data is no base64: {0}")]
    NoBase64(DecodeError),
    #[error("user data {0}")]
    NotUnpacked(NotUnpacked),
    #[error("user data in MIME: {0}")]
    Mime(BadMime),
}

/// What there is to be done, and what is not done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UserData {
    pub parts: Vec<Part>,
    /// A line for the console each.
    pub refused: Vec<String>,
}

impl UserData {
    /// As EC2 keeps it.
    pub fn of_base64(text: &str) -> Self {
        match BASE64_STANDARD.decode(text.trim()) {
            Ok(bytes) => Self::of_bytes(&bytes),
            Err(error) => Self::refuse(&Unreadable::NoBase64(error)),
        }
    }

    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut budget = Budget::default();
        let unpacked = match unpacked(bytes, &mut budget) {
            Ok(unpacked) => unpacked,
            Err(why) => return Self::refuse(&why),
        };
        let mut read = Self::default();
        if mime::is_multipart(&unpacked) {
            match mime::read(&unpacked) {
                Ok(parts) => parts
                    .into_iter()
                    .for_each(|part| read.take(part, &mut budget)),
                Err(error) => return Self::refuse(&Unreadable::Mime(error)),
            }
        } else if !unpacked.is_empty() {
            read.by_first_line(unpacked);
        }
        read
    }

    fn refuse(why: &Unreadable) -> Self {
        Self {
            parts: Vec::new(),
            refused: vec![why.to_string()],
        }
    }

    fn take(&mut self, part: mime::Part, budget: &mut Budget) {
        let body = match unpacked(&part.body, budget) {
            Ok(body) => body,
            Err(why) => return self.refused.push(why.to_string()),
        };
        match part.content_type.as_str() {
            "text/x-shellscript" => self.parts.push(Part::Script(body)),
            "text/cloud-config" => self.cloud_config(body),
            "application/node.eks.aws" => match String::from_utf8(body) {
                Ok(text) => self.parts.push(Part::NodeConfig(text)),
                Err(_) => self
                    .refused
                    .push("a NodeConfig is no UTF-8; it is left out".to_owned()),
            },
            // What it is stands in its first line.
            "text/plain" | "text/x-not-multipart" => self.by_first_line(body),
            other => {
                let shown: String = other.chars().take(60).collect();
                let line = format!("a part of the type {shown} is not supported; it is left out");
                self.refused.push(line);
            }
        }
    }

    fn by_first_line(&mut self, bytes: Vec<u8>) {
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first).trim_end().to_owned();
        if first.starts_with("#!") {
            self.parts.push(Part::Script(bytes));
        } else if first == "#cloud-config" {
            self.cloud_config(bytes);
        } else if first.starts_with('#') {
            let shown: String = first.chars().take(60).collect();
            let line =
                format!("user data that begins with `{shown}` is not supported; it is left out");
            self.refused.push(line);
        } else {
            let text = "user data is neither a script (`#!…`) nor `#cloud-config`; it is left to programs that read it";
            self.refused.push(text.to_owned());
        }
    }

    fn cloud_config(&mut self, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.parts.push(Part::CloudConfig(text)),
            Err(_) => self
                .refused
                .push("a cloud-config is no UTF-8; it is left out".to_owned()),
        }
    }
}

/// The same bytes, or what was compressed in them.
fn unpacked(bytes: &[u8], budget: &mut Budget) -> Result<Vec<u8>, Unreadable> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes.to_vec());
    }
    let unpacked = budget.gunzip(bytes, MAX_UNPACKED);
    unpacked.map_err(Unreadable::NotUnpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn by_its_first_line() {
        let script = b"#!/bin/sh\necho hi\n".to_vec();
        assert_eq!(
            UserData::of_bytes(&script).parts,
            [Part::Script(script.clone())]
        );
        assert_eq!(
            UserData::of_bytes(&packed(&script)).parts,
            [Part::Script(script)]
        );
        let config = "#cloud-config\nruncmd: []\n";
        let read = UserData::of_base64(&BASE64_STANDARD.encode(config));
        assert_eq!(read.parts, [Part::CloudConfig(config.to_owned())]);
        assert_eq!(UserData::of_bytes(b""), UserData::default());
    }

    #[test]
    fn what_is_left_out_is_named() {
        let include = UserData::of_bytes(b"#include\nhttp://example.com/\n");
        assert!(include.refused[0].contains("`#include`"), "{include:?}");
        let message = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/x-include-url\n\nhttp://x/\n--b--\n";
        let url = UserData::of_bytes(message.as_bytes());
        assert!(url.parts.is_empty() && url.refused[0].contains("text/x-include-url"));
        let bomb = UserData::of_bytes(&packed(&vec![0; 8 << 20]));
        assert!(bomb.parts.is_empty() && bomb.refused[0].contains("larger than"));
        assert!(UserData::of_base64("%").refused[0].contains("base64"));
        assert!(UserData::of_bytes(&[0x1f, 0x8b, 1]).refused[0].contains("gzip"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            crate::read_any(&bytes);
        }

        #[test]
        fn no_cloud_config_panics(text in "[-a-z:#&*!|>\\[\\]{}\"' \n]{0,200}") {
            crate::read_any(format!("#cloud-config\n{text}").as_bytes());
        }
    }
}
