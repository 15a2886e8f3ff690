//! 4.1: what clients and servers agree on when they make a session.

use crate::xdr::{Malformed, Reader, Writer};

pub type SessionId = [u8; 16];

/// Of a client: neither end has layouts.
pub const NOT_FOR_LAYOUTS: u32 = 0x0001_0000;
/// … it changes what the server knows of it.
pub const UPDATE: u32 = 0x4000_0000;
/// … the server knows it already.
pub const CONFIRMED: u32 = 0x8000_0000;

/// What a channel may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    pub request_bytes: u32,
    pub response_bytes: u32,
    pub cached_bytes: u32,
    pub operations: u32,
    pub requests: u32,
}

impl Channel {
    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        let _padding = read.u32()?;
        let channel = Self {
            request_bytes: read.u32()?,
            response_bytes: read.u32()?,
            cached_bytes: read.u32()?,
            operations: read.u32()?,
            requests: read.u32()?,
        };
        let _rdma = read.words(1)?;
        Ok(channel)
    }

    pub fn write(self, out: &mut Writer) {
        out.u32(0)
            .u32(self.request_bytes)
            .u32(self.response_bytes)
            .u32(self.cached_bytes)
            .u32(self.operations)
            .u32(self.requests)
            .u32(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels() {
        let channel = Channel {
            request_bytes: 1,
            response_bytes: 2,
            cached_bytes: 3,
            operations: 4,
            requests: 5,
        };
        let mut out = Writer::default();
        channel.write(&mut out);
        let mut read = Reader::new(out.bytes());
        assert_eq!(Channel::read(&mut read), Ok(channel));
        assert!(read.is_empty());
    }
}
