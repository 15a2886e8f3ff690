//! What fuzzing reaches of this crate: questions of any bytes, answered as long as they can be.

use hickory_proto::rr::{RData, Record, rdata::TXT};

use crate::query::{self, Read, Saying, Transport};

/// Reads a question, and answers it over both transports with nothing, and with more than a datagram
/// takes.
pub fn question(bytes: &[u8]) {
    let Read::Question(question) = query::read(bytes) else {
        return;
    };
    let text = TXT::new(vec!["x".repeat(250); 8]);
    let record = Record::from_rdata(question.query.name().clone(), 5, RData::TXT(text));
    for transport in [Transport::Datagram, Transport::Stream] {
        for answers in [Vec::new(), vec![record.clone()]] {
            let saying = Saying {
                answers,
                ..Saying::default()
            };
            if let Some(answer) = question.answered(saying, transport) {
                assert!(answer.len() <= usize::from(u16::MAX));
                assert!(
                    transport == Transport::Stream
                        || answer.len() <= usize::from(query::MAX_DATAGRAM)
                );
            }
        }
    }
}
