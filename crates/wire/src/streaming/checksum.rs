//! Checksums of bodies.

use crc::{CRC_32_ISCSI, Crc, Digest, Table};
use sha2::Digest as _;

/// Sixteen bytes at a time.
type Fast = Table<16>;

static CRC32C: Crc<u32, Fast> = Crc::<u32, Fast>::new(&CRC_32_ISCSI);

/// An algorithm that a client may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
    /// Of `Content-MD5` alone.
    Md5,
}

impl Algorithm {
    pub const ALL: [Self; 6] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
        Self::Md5,
    ];

    /// As `x-amz-sdk-checksum-algorithm` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Md5 => "MD5",
        }
    }

    /// The header, or trailer, that carries it.
    pub fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
            Self::Md5 => "content-md5",
        }
    }

    /// The one that a header in lower case carries.
    pub fn of_header(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.header() == name)
    }

    /// Bytes of a result.
    pub fn width(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub fn begin(self) -> Running {
        match self {
            Self::Crc32 => Running::Crc32(crc32fast::Hasher::new()),
            Self::Crc32c => Running::Crc32c(CRC32C.digest()),
            Self::Crc64Nvme => Running::Crc64Nvme(crc64fast_nvme::Digest::new()),
            Self::Sha1 => Running::Sha1(sha1::Sha1::default()),
            Self::Sha256 => Running::Sha256(sha2::Sha256::default()),
            Self::Md5 => Running::Md5(md5::Md5::default()),
        }
    }
}

/// A checksum of the bytes so far.
#[derive(Clone)]
pub enum Running {
    Crc32(crc32fast::Hasher),
    Crc32c(Digest<'static, u32, Fast>),
    /// By the processor's own instructions: it is made of every object whose sender gives no checksum.
    Crc64Nvme(crc64fast_nvme::Digest),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Md5(md5::Md5),
}

impl Running {
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(it) => it.update(bytes),
            Self::Crc32c(it) => it.update(bytes),
            Self::Crc64Nvme(it) => it.write(bytes),
            Self::Sha1(it) => it.update(bytes),
            Self::Sha256(it) => it.update(bytes),
            Self::Md5(it) => it.update(bytes),
        }
    }

    /// The bytes in the order of the wire.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(it) => it.finalize().to_be_bytes().to_vec(),
            Self::Crc32c(it) => it.finalize().to_be_bytes().to_vec(),
            Self::Crc64Nvme(it) => it.sum64().to_be_bytes().to_vec(),
            Self::Sha1(it) => it.finalize().to_vec(),
            Self::Sha256(it) => it.finalize().to_vec(),
            Self::Md5(it) => it.finalize().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crc::CRC_64_NVME;
    use proptest::prelude::*;

    use super::*;

    static CRC64: Crc<u64, Fast> = Crc::<u64, Fast>::new(&CRC_64_NVME);

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        /// Many bytes are gone through together and the others one by one, wherever pieces begin and end.
        #[test]
        fn crc_64_is_that_of_the_catalogue(
            bytes in prop::collection::vec(any::<u8>(), 0..1000),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|it| it.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let (mut running, mut at) = (Algorithm::Crc64Nvme.begin(), 0);
            for cut in cuts {
                running.update(&bytes[at..cut]);
                at = cut;
            }
            running.update(&bytes[at..]);
            prop_assert_eq!(running.finish(), CRC64.checksum(&bytes).to_be_bytes());
        }
    }

    /// The check values of the algorithms' catalogues: of the digits from 1 to 9.
    #[test]
    fn check_values() {
        for (algorithm, expected) in [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64Nvme, "ae8b14860a799888"),
            (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (
                Algorithm::Sha256,
                "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
            ),
            (Algorithm::Md5, "25f9e794323b453885f5181f1b624d0b"),
        ] {
            let mut running = algorithm.begin();
            running.update(b"1234");
            running.update(b"56789");
            let found = running.finish();
            assert_eq!(hex::encode(&found), expected, "{algorithm:?}");
            assert_eq!(found.len(), algorithm.width());
            assert_eq!(Algorithm::of_header(algorithm.header()), Some(algorithm));
        }
        assert_eq!(Algorithm::of_header("x-amz-checksum-xxhash64"), None);
    }
}
