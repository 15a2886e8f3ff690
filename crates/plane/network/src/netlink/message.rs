//! The bytes of netlink: a header, a family's own header, then attributes of type, length, value.
//! Pure.

/// `struct nlmsghdr`: length, type, flags, sequence, port; all in host byte order.
pub(crate) const HEADER: usize = 16;
const FLAGS_AT: usize = 6;
const SEQUENCE_AT: usize = 8;
/// Set on attributes that hold attributes; nf_tables insists on it.
const NESTED: u16 = 0x8000;
const TYPE_MASK: u16 = 0x3fff;

/// A list of attributes under construction.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Attrs(Vec<u8>);

impl Attrs {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Bytes that stand before the attributes of a nest (the `ifinfomsg` of a veth's peer).
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// # Panics
    /// If the value is longer than an attribute can be (64 KiB): callers cut long lists.
    pub(crate) fn put(mut self, kind: u16, value: &[u8]) -> Self {
        let len = u16::try_from(value.len() + 4).expect("attributes are cut below 64 KiB");
        self.0.extend_from_slice(&len.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub(crate) fn u8(self, kind: u16, value: u8) -> Self {
        self.put(kind, &[value])
    }

    /// Host byte order: rtnetlink.
    pub(crate) fn u32(self, kind: u16, value: u32) -> Self {
        self.put(kind, &value.to_ne_bytes())
    }

    /// Network byte order: nf_tables.
    pub(crate) fn be32(self, kind: u16, value: u32) -> Self {
        self.put(kind, &value.to_be_bytes())
    }

    /// A string with its terminating zero.
    pub(crate) fn be64(self, kind: u16, value: u64) -> Self {
        self.put(kind, &value.to_be_bytes())
    }

    pub(crate) fn text(self, kind: u16, value: &str) -> Self {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.put(kind, &bytes)
    }

    pub(crate) fn nest(self, kind: u16, inner: Attrs) -> Self {
        self.put(kind | NESTED, &inner.0)
    }

    pub(crate) fn append(mut self, more: Attrs) -> Self {
        self.0.extend(more.0);
        self
    }
}

/// One request, its sequence number still open.
#[derive(Debug, Clone)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn new(kind: u16, flags: u16, family_header: &[u8], attrs: Attrs) -> Self {
        let mut bytes = Vec::with_capacity(HEADER + family_header.len() + attrs.0.len());
        bytes.extend_from_slice(&0_u32.to_ne_bytes());
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&flags.to_ne_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(family_header);
        bytes.extend_from_slice(&attrs.0);
        let len = u32::try_from(bytes.len()).expect("a message is far below 4 GiB");
        bytes[..4].copy_from_slice(&len.to_ne_bytes());
        Self(bytes)
    }

    /// The same, with an answer wanted also when all is well.
    pub(crate) fn acknowledged(mut self) -> Self {
        const ACK: u16 = 4;
        let flags = u16::from_ne_bytes([self.0[FLAGS_AT], self.0[FLAGS_AT + 1]]);
        self.0[FLAGS_AT..FLAGS_AT + 2].copy_from_slice(&(flags | ACK).to_ne_bytes());
        self
    }

    pub(crate) fn numbered(mut self, sequence: u32) -> Vec<u8> {
        self.0[SEQUENCE_AT..SEQUENCE_AT + 4].copy_from_slice(&sequence.to_ne_bytes());
        self.0
    }
}

/// A message as it came from the kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    /// What follows the netlink header.
    pub(crate) body: &'a [u8],
}

/// The messages in one datagram; ends at the first that does not fit.
pub(crate) fn messages(mut datagram: &[u8]) -> impl Iterator<Item = Received<'_>> {
    std::iter::from_fn(move || {
        let header = datagram.get(..HEADER)?;
        let len = u32_at(header, 0)? as usize;
        let body = datagram.get(HEADER..len)?;
        let received = Received {
            kind: u16_at(header, 4)?,
            flags: u16_at(header, 6)?,
            sequence: u32_at(header, SEQUENCE_AT)?,
            body,
        };
        datagram = datagram.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(received)
    })
}

/// The attributes in `bytes` as (type, value); ends at the first that does not fit.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let len = u16_at(bytes, 0)? as usize;
        let kind = u16_at(bytes, 2)? & TYPE_MASK;
        let value = bytes.get(4..len)?;
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

/// A string attribute without its terminating zero.
pub(crate) fn text(value: &[u8]) -> String {
    let end = value.iter().position(|b| *b == 0).unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_nested() {
        let attrs = Attrs::new().text(3, "lo").nest(18, Attrs::new().u8(1, 7));
        let mut wanted = vec![7, 0, 3, 0, b'l', b'o', 0, 0];
        wanted.extend([12, 0, 18, 0x80, 5, 0, 1, 0, 7, 0, 0, 0]);
        assert_eq!(attrs.0, wanted);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let message = Message::new(16, 5, &[1; 4], Attrs::new().u32(2, 9).text(3, "eth0"));
        let bytes = message.numbered(77);
        let read: Vec<_> = messages(&bytes).collect();
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].kind, read[0].flags, read[0].sequence), (16, 5, 77));
        let attrs: Vec<_> = attributes(&read[0].body[4..]).collect();
        assert_eq!(attrs, [(2, &9_u32.to_ne_bytes()[..]), (3, b"eth0\0")]);
        assert_eq!(text(attrs[1].1), "eth0");
    }

    #[test]
    fn damaged_input_ends_the_walk() {
        for bad in [
            &[][..],
            &[3, 0, 0, 0],
            &[200, 0, 1, 0, 1],
            &[0, 0, 0, 0, 0],
            &[1],
        ] {
            assert_eq!(attributes(bad).count(), 0, "{bad:?}");
            assert_eq!(messages(bad).count(), 0, "{bad:?}");
        }
        let mut short = Message::new(16, 0, &[0; 4], Attrs::new()).numbered(1);
        short.pop();
        assert_eq!(messages(&short).count(), 0);
        let mut zero = Message::new(16, 0, &[0; 4], Attrs::new()).numbered(1);
        zero[..4].fill(0);
        assert_eq!(messages(&zero).count(), 0);
    }
}
