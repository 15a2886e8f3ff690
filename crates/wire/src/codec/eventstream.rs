//! Messages of `application/vnd.amazon.eventstream`, as Smithy specifies them: a prelude with two
//! lengths and its checksum, headers, a payload, and a checksum of all that.

use crate::Fault;

pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// The largest payload that all clients take, in bytes.
pub const MAX_PAYLOAD: usize = 16 << 20;

/// Two lengths and a checksum, of four bytes each.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
/// The type of a header whose value is a text.
const TEXT: u8 = 7;
/// The longest value that the specification allows, in bytes.
const MAX_VALUE: usize = (1 << 15) - 1;

/// The payload is beyond [`MAX_PAYLOAD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of {0} bytes is larger than clients take")]
pub struct TooLarge(pub usize);

/// One event: what it is, and its body in the service's protocol.
pub fn event(kind: &str, content_type: &str, payload: &[u8]) -> Result<Vec<u8>, TooLarge> {
    if payload.len() > MAX_PAYLOAD {
        return Err(TooLarge(payload.len()));
    }
    let headers = [
        (":message-type", "event"),
        (":event-type", kind),
        (":content-type", content_type),
    ];
    Ok(message(&headers, payload))
}

/// A fault that the model knows as one of the stream's: clients raise it by its name.
pub fn exception(fault: &Fault, content_type: &str, payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":message-type", "exception"),
        (":exception-type", fault.code.as_ref()),
        (":content-type", content_type),
    ];
    message(&headers, payload)
}

/// Any other fault.
pub fn error(fault: &Fault) -> Vec<u8> {
    let headers = [
        (":message-type", "error"),
        (":error-code", fault.code.as_ref()),
        (":error-message", &fault.message),
    ];
    message(&headers, &[])
}

/// Names are of at most 255 bytes; values are cut to what the specification allows.
fn message(headers: &[(&'static str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for (name, value) in headers {
        let value = &value[..value.floor_char_boundary(MAX_VALUE)];
        encoded.push(name.len() as u8);
        encoded.extend_from_slice(name.as_bytes());
        encoded.push(TEXT);
        encoded.extend_from_slice(&(value.len() as u16).to_be_bytes());
        encoded.extend_from_slice(value.as_bytes());
    }
    let total = PRELUDE + encoded.len() + payload.len() + CHECKSUM;
    let mut message = Vec::with_capacity(total);
    message.extend_from_slice(&(total as u32).to_be_bytes());
    message.extend_from_slice(&(encoded.len() as u32).to_be_bytes());
    put_checksum(&mut message);
    message.extend_from_slice(&encoded);
    message.extend_from_slice(payload);
    put_checksum(&mut message);
    message
}

/// The CRC-32 of all there is so far, behind it.
fn put_checksum(message: &mut Vec<u8>) {
    let checksum = crc32fast::hash(message);
    message.extend_from_slice(&checksum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message taken apart again, checksums checked, as clients do it.
    fn parts(message: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
        let number = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().unwrap());
        assert_eq!(number(0) as usize, message.len());
        assert_eq!(number(8), crc32fast::hash(&message[..8]));
        let end = message.len() - CHECKSUM;
        assert_eq!(number(end), crc32fast::hash(&message[..end]));
        let (mut at, headers_end) = (PRELUDE, PRELUDE + number(4) as usize);
        let mut headers = Vec::new();
        while at < headers_end {
            let name_end = at + 1 + usize::from(message[at]);
            let name = String::from_utf8(message[at + 1..name_end].to_vec()).unwrap();
            assert_eq!(message[name_end], TEXT);
            let length = u16::from_be_bytes([message[name_end + 1], message[name_end + 2]]);
            let value_end = name_end + 3 + usize::from(length);
            let value = String::from_utf8(message[name_end + 3..value_end].to_vec()).unwrap();
            headers.push((name, value));
            at = value_end;
        }
        assert_eq!(at, headers_end);
        (headers, message[headers_end..end].to_vec())
    }

    /// Made by another encoder, and read back by botocore's decoder.
    #[test]
    fn a_message_that_botocore_reads() {
        let expected = "000000600000004714a87c170d3a6d6573736167652d747970650700056576656e740b3a\
                        6576656e742d74797065070001780d3a636f6e74656e742d747970650700106170706c69\
                        636174696f6e2f6a736f6e7b2261223a2262227d69e42b35";
        let message = event("x", "application/json", br#"{"a":"b"}"#).unwrap();
        assert_eq!(hex::encode(message), expected);
    }

    #[test]
    fn an_event_has_its_kind_and_its_body() {
        let (headers, payload) = parts(&event("sessionUpdate", "a/b", b"{}").unwrap());
        let expected = [
            (":message-type", "event"),
            (":event-type", "sessionUpdate"),
            (":content-type", "a/b"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(headers, expected);
        assert_eq!(payload, b"{}");
    }

    #[test]
    fn a_fault_is_an_exception_or_an_error() {
        let fault = Fault::sender("Late", 400, "x".repeat(40_000));
        let (headers, payload) = parts(&exception(&fault, "a/b", b"{}"));
        assert_eq!(
            headers[1],
            (":exception-type".to_owned(), "Late".to_owned())
        );
        assert_eq!(payload, b"{}");
        let (headers, payload) = parts(&error(&fault));
        assert_eq!(headers[1], (":error-code".to_owned(), "Late".to_owned()));
        assert_eq!(headers[2].1.len(), MAX_VALUE);
        assert_eq!(payload, b"");
    }

    #[test]
    fn what_clients_would_not_take_is_refused() {
        let payload = vec![0; MAX_PAYLOAD + 1];
        assert_eq!(event("x", "", &payload), Err(TooLarge(MAX_PAYLOAD + 1)));
        assert!(event("x", "", &payload[1..]).is_ok());
    }
}
