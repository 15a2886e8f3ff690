//! What compressed content may come to: EC2 takes 16 KiB of user data, of which gzip in gzip could make gigabytes.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

/// Bytes of all together; the smallest instance has thirty times as much memory.
const MOST: u64 = 16 << 20;

/// What is left to all that is unpacked for one instance.
#[derive(Debug)]
pub struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Budget {
    /// What is compressed in `bytes`, at most `most` and what is left.
    ///
    /// # Errors
    /// Why not, as the end of a sentence.
    pub fn gunzip(&mut self, bytes: &[u8], most: u64) -> Result<Vec<u8>, String> {
        let most = most.min(self.0);
        let mut out = Vec::new();
        let read = MultiGzDecoder::new(bytes)
            .take(most + 1)
            .read_to_end(&mut out);
        read.map_err(|e| format!("is no gzip: {e}"))?;
        let length = out.len() as u64;
        if length > most {
            return Err(format!("is larger than {most} bytes unpacked"));
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
        assert!(refused.contains("larger than 0 bytes"), "{refused}");
        let refused = Budget::default().gunzip(&packed, 1 << 20).unwrap_err();
        assert!(refused.contains("larger than 1048576 bytes"), "{refused}");
    }
}
