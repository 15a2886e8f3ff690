//! Checksums of objects: computed as bytes pass, joined over parts. Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use wharf_md5::Md5;
use wharf_wire::streaming::{Algorithm, Running};

/// A checksum that is kept with an object or a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// `CRC32`, …
    #[serde(rename = "a")]
    pub algorithm: String,
    /// In base 64; of parts together, `-N` follows.
    #[serde(rename = "v")]
    pub value: String,
}

impl Sum {
    pub fn new(algorithm: Algorithm, value: String) -> Self {
        Self {
            algorithm: algorithm.name().to_owned(),
            value,
        }
    }

    pub fn algorithm(&self) -> Option<Algorithm> {
        algorithm(&self.algorithm)
    }

    /// Whether it is of the checksums of parts, and not of the bytes.
    pub fn is_composite(&self) -> bool {
        self.value.contains('-')
    }

    /// `COMPOSITE` or `FULL_OBJECT`.
    pub fn kind(&self) -> &'static str {
        kind(!self.is_composite())
    }
}

pub fn kind(full_object: bool) -> &'static str {
    match full_object {
        true => "FULL_OBJECT",
        false => "COMPOSITE",
    }
}

/// The algorithm of a name that clients choose by.
pub fn algorithm(name: &str) -> Option<Algorithm> {
    let known = Algorithm::ALL.into_iter().find(|it| it.name() == name);
    known.filter(|it| *it != Algorithm::Md5)
}

/// MD5 and another checksum of bytes as they pass, as far as they are wanted.
pub struct Passing {
    md5: Option<Md5>,
    other: Option<(Algorithm, Running)>,
}

impl Passing {
    /// `other` is a checksum that nobody else computes.
    pub fn new(md5: bool, other: Option<Algorithm>) -> Self {
        Self {
            md5: md5.then(Md5::default),
            other: other.map(|it| (it, it.begin())),
        }
    }

    /// Whether there is nothing to compute.
    pub fn is_idle(&self) -> bool {
        self.md5.is_none() && self.other.is_none()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some((_, other)) = &mut self.other {
            other.update(bytes);
        }
    }

    /// MD5 and the checksum, those that were computed here.
    pub fn finish(self) -> (Option<Vec<u8>>, Option<Sum>) {
        let sum = self
            .other
            .map(|(algorithm, it)| Sum::new(algorithm, BASE64.encode(it.finish())));
        (self.md5.map(|it| it.finish().to_vec()), sum)
    }
}

/// The checksum of an object whose parts have these, with their sizes; `None` where one of them has none.
pub fn joined(
    algorithm: Algorithm,
    full_object: bool,
    parts: &[(u64, Option<&Sum>)],
) -> Option<Sum> {
    let mut sums = Vec::with_capacity(parts.len());
    for (size, sum) in parts {
        let sum = sum.filter(|it| it.algorithm() == Some(algorithm))?;
        sums.push((*size, BASE64.decode(&sum.value).ok()?));
    }
    if !full_object {
        let mut all = algorithm.begin();
        sums.iter().for_each(|(_, sum)| all.update(sum));
        let value = format!("{}-{}", BASE64.encode(all.finish()), sums.len());
        return Some(Sum::new(algorithm, value));
    }
    let (width, polynomial) = match algorithm {
        Algorithm::Crc32 => (32, 0xedb8_8320),
        Algorithm::Crc32c => (32, 0x82f6_3b78),
        Algorithm::Crc64Nvme => (64, 0x9a6c_9329_ac4b_c9b5),
        Algorithm::Sha1 | Algorithm::Sha256 | Algorithm::Md5 => return None,
    };
    let number = |sum: &[u8]| {
        sum.iter()
            .fold(0_u64, |all, byte| all << 8 | u64::from(*byte))
    };
    let whole = sums.iter().fold(0, |all, (size, sum)| {
        shifted(all, *size, width, polynomial) ^ number(sum)
    });
    let bytes = &whole.to_be_bytes()[8 - width / 8..];
    Some(Sum::new(algorithm, BASE64.encode(bytes)))
}

/// A reflected CRC as it is once so many bytes of zero have followed: multiplied by x^(8·bytes).
fn shifted(crc: u64, bytes: u64, width: usize, polynomial: u64) -> u64 {
    let mut power = 1_u64 << (width - 1);
    // x^8, squared for each binary digit of the number of bytes.
    let mut square = 1_u64 << (width - 9);
    let mut left = bytes;
    while left > 0 {
        if left & 1 == 1 {
            power = multiplied(power, square, width, polynomial);
        }
        square = multiplied(square, square, width, polynomial);
        left >>= 1;
    }
    multiplied(crc, power, width, polynomial)
}

/// The product of two polynomials modulo a third, highest power in the lowest bit.
fn multiplied(one: u64, other: u64, width: usize, polynomial: u64) -> u64 {
    let (mut product, mut term) = (0, other);
    for bit in (0..width).rev() {
        if one >> bit & 1 == 1 {
            product ^= term;
        }
        let carries = term & 1 == 1;
        term >>= 1;
        if carries {
            term ^= polynomial;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(algorithm: Algorithm, bytes: &[u8]) -> Sum {
        let mut passing = Passing::new(false, Some(algorithm));
        passing.update(bytes);
        passing.finish().1.unwrap()
    }

    proptest! {
        #[test]
        fn checksums_of_parts_join_to_that_of_the_whole(parts in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..100), 1..5
        )) {
            let whole = parts.concat();
            for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
                let sums: Vec<Sum> = parts.iter().map(|it| of(algorithm, it)).collect();
                let sized = parts.iter().zip(&sums).map(|(part, sum)| (part.len() as u64, Some(sum)));
                let sized: Vec<_> = sized.collect();
                prop_assert_eq!(joined(algorithm, true, &sized), Some(of(algorithm, &whole)));
            }
        }
    }

    #[test]
    fn what_cannot_be_joined() {
        let crc = of(Algorithm::Crc32, b"a");
        assert_eq!(joined(Algorithm::Crc32, true, &[(1, None)]), None);
        assert_eq!(joined(Algorithm::Crc32c, true, &[(1, Some(&crc))]), None);
        let sha = of(Algorithm::Sha256, b"a");
        assert_eq!(joined(Algorithm::Sha256, true, &[(1, Some(&sha))]), None);
        let composite = joined(Algorithm::Sha256, false, &[(1, Some(&sha))]).unwrap();
        assert!(composite.is_composite() && composite.value.ends_with("-1"));
        assert_eq!(algorithm("MD5"), None);
    }
}
