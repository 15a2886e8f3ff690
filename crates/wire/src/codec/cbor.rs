//! Faults of Smithy's RPC v2 protocol, in CBOR (RFC 8949). No service here speaks it: clients of
//! services that are missing are answered in it.

use crate::Fault;

pub const CONTENT_TYPE: &str = "application/cbor";
/// What a response carries in `smithy-protocol`; clients reject one without.
pub const PROTOCOL: &str = "rpc-v2-cbor";

const MAP_OF_TWO: u8 = 0xa2;
const TEXT: u8 = 0x60;

/// The body of a fault.
pub fn encode_fault(fault: &Fault) -> Vec<u8> {
    let mut body = vec![MAP_OF_TWO];
    for text in ["__type", &fault.code, "message", &fault.message] {
        put_text(&mut body, text);
    }
    body
}

/// A text of up to 64 KiB; a longer one is cut.
fn put_text(body: &mut Vec<u8>, text: &str) {
    let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
    let length = text.len() as u16;
    match u8::try_from(length) {
        Ok(length @ 0..24) => body.push(TEXT | length),
        Ok(length) => body.extend([TEXT | 24, length]),
        Err(_) => {
            body.push(TEXT | 25);
            body.extend(length.to_be_bytes());
        }
    }
    body.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_message_are_texts_of_a_map() {
        let fault = Fault::sender("A", 400, "b".repeat(24));
        let mut expected = b"\xa2\x66__type\x61A\x67message\x78\x18".to_vec();
        expected.extend("b".repeat(24).bytes());
        assert_eq!(encode_fault(&fault), expected);
    }

    #[test]
    fn lengths() {
        let head = |text: &str| {
            let mut body = Vec::new();
            put_text(&mut body, text);
            let head = body.len() - text.len().min(usize::from(u16::MAX));
            body[..head].to_vec()
        };
        assert_eq!(head(""), [0x60]);
        assert_eq!(head(&"x".repeat(23)), [0x77]);
        assert_eq!(head(&"x".repeat(255)), [0x78, 255]);
        assert_eq!(head(&"x".repeat(256)), [0x79, 1, 0]);
        assert_eq!(head(&"x".repeat(70_000)), [0x79, 255, 255]);
    }
}
