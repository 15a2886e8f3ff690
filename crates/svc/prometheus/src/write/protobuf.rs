//! The wire form of protocol buffers, as far as remote write needs it: fields one after another, each borrowed from the
//! message, so that nothing is allocated by what a length says.

/// The message is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is cut off or malformed")]
pub struct Malformed;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

impl<'a> Value<'a> {
    pub fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed),
        }
    }

    pub fn text(self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    pub fn double(self) -> Result<f64, Malformed> {
        match self {
            Self::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(Malformed),
        }
    }

    pub fn varint(self) -> Result<u64, Malformed> {
        match self {
            Self::Varint(number) => Ok(number),
            _ => Err(Malformed),
        }
    }
}

/// The fields of a message with their numbers.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field; `None` at the end.
    pub fn field(&mut self) -> Result<Option<(u64, Value<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = varint(&mut self.rest)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.rest)?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = varint(&mut self.rest)?;
                Value::Bytes(self.take(usize::try_from(length).map_err(|_| Malformed)?)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed),
        };
        match key >> 3 {
            0 => Err(Malformed),
            number => Ok(Some((number, value))),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }
}

/// A number in groups of seven bits, the lowest first.
pub fn varint(from: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first().ok_or(Malformed)?;
        *from = rest;
        if shift == 63 && *byte > 1 {
            return Err(Malformed);
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_order_and_what_is_cut_off_is_refused() {
        // 1: 150, 2: "hi", 3: 1.0 as a double
        let message = [
            0x08, 0x96, 0x01, 0x12, 2, b'h', b'i', 0x19, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
        ];
        let mut fields = Fields::of(&message);
        assert_eq!(fields.field(), Ok(Some((1, Value::Varint(150)))));
        assert_eq!(fields.field().unwrap().unwrap().1.text(), Ok("hi"));
        assert_eq!(fields.field().unwrap().unwrap().1.double(), Ok(1.0));
        assert_eq!(fields.field(), Ok(None));
        for end in 1..message.len() {
            let mut fields = Fields::of(&message[..end]);
            let last = loop {
                match fields.field() {
                    Ok(Some(_)) => {}
                    last => break last,
                }
            };
            // Between two fields nothing is missing.
            let wanted = match end {
                3 | 7 => Ok(None),
                _ => Err(Malformed),
            };
            assert_eq!(last, wanted, "{end}");
        }
        // A length beyond the end, a group, the field zero, a number of more than 64 bits.
        for bad in [
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0x0f][..],
            &[0x0b],
            &[0x00, 0x00],
            &[
                0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
            ],
        ] {
            assert_eq!(Fields::of(bad).field(), Err(Malformed), "{bad:?}");
        }
    }
}
