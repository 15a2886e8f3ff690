//! What compressed content may come to: EC2 takes 16 KiB of user data, of which gzip in gzip could make gigabytes.

use std::io::{self, Read as _};

use flate2::read::MultiGzDecoder;

/// Bytes of all together; the smallest instance has thirty times as much memory.
const MOST: u64 = 16 << 20;

/// What is left to all that is unpacked for one instance.
#[derive(Debug)]
pub struct Budget(u64);

/// Why nothing is unpacked, as the end of a sentence that names what it is about.
#[derive(Debug, thiserror::Error)]
pub enum NotUnpacked {
    #[error("is no gzip: {0}")]
    NoGzip(io::Error),
    #[error("is larger than {most} bytes unpacked")]
    TooLarge { most: u64 },
}

impl Default for Budget {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Budget {
    /// What is compressed in `bytes`, at most `most` and what is left.
    ///
    /// # Errors
    /// It is no gzip, or comes to more.
    pub fn gunzip(&mut self, bytes: &[u8], most: u64) -> Result<Vec<u8>, NotUnpacked> {
        let most = most.min(self.0);
        let mut out = Vec::new();
        let read = MultiGzDecoder::new(bytes)
            .take(most + 1)
            .read_to_end(&mut out);
        read.map_err(NotUnpacked::NoGzip)?;
        let length = out.len() as u64;
        if length > most {
            return Err(NotUnpacked::TooLarge { most });
        }
        self.0 -= length;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn all_together_stay_within_it() {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&vec![0; 4 << 20]).unwrap();
        let packed = packer.finish().unwrap();
        let mut budget = Budget::default();
        for _ in 0..4 {
            assert_eq!(budget.gunzip(&packed, 4 << 20).unwrap().len(), 4 << 20);
        }
        let refused = budget.gunzip(&packed, 4 << 20).unwrap_err();
        assert_eq!(refused.to_string(), "is larger than 0 bytes unpacked");
        let refused = Budget::default().gunzip(&packed, 1 << 20).unwrap_err();
        assert_eq!(refused.to_string(), "is larger than 1048576 bytes unpacked");
    }
}
