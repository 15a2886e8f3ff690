//! What names an open file, or locks in one.

use crate::xdr::{Malformed, Reader, Writer};

/// State that a server keeps for a client: an open file, or locks in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateId {
    pub seq: u32,
    pub other: [u8; 12],
}

impl StateId {
    /// Of no open file in particular.
    pub const ANONYMOUS: Self = Self::of(0, 0);
    /// The same, past what others locked.
    const BYPASS: Self = Self::of(u32::MAX, 0xff);
    /// 4.1: what the last operation of the same compound was answered.
    pub const CURRENT: Self = Self::of(1, 0);
    /// 4.1: of what is closed.
    pub const INVALID: Self = Self::of(u32::MAX, 0);

    const fn of(seq: u32, byte: u8) -> Self {
        Self {
            seq,
            other: [byte; 12],
        }
    }

    /// Stands for no state at all.
    pub fn is_special(&self) -> bool {
        [Self::ANONYMOUS, Self::BYPASS].contains(self)
    }

    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            seq: read.u32()?,
            other: read.fixed()?,
        })
    }

    pub fn write(self, out: &mut Writer) {
        out.u32(self.seq).fixed(&self.other);
    }
}
