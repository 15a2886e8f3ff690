//! What fuzzing reaches of this crate: questions of any bytes, answered as long as they can be.

use hickory_proto::op::Message;
use hickory_proto::rr::{RData, Record, rdata::TXT};

use crate::query::{self, Question, Read, Saying, Transport};

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
            fits(&question, saying, transport);
        }
    }
}

/// A question and what a name server of the host said to it, which is passed on.
pub fn answer(question: &[u8], said: &[u8]) {
    let (Read::Question(question), Ok(said)) = (query::read(question), Message::from_vec(said))
    else {
        return;
    };
    for transport in [Transport::Datagram, Transport::Stream] {
        let saying = Saying {
            code: said.metadata.response_code,
            authoritative: false,
            answers: said.answers.clone(),
            authorities: said.authorities.clone(),
            additionals: said.additionals.clone(),
        };
        fits(&question, saying, transport);
    }
}

/// What can be said at all fits its transport, and can be read.
fn fits(question: &Question, saying: Saying, transport: Transport) {
    let Some(answer) = question.answered(saying, transport) else {
        return;
    };
    assert!(answer.len() <= usize::from(u16::MAX));
    let datagram = answer.len() <= usize::from(query::MAX_DATAGRAM);
    assert!(datagram || transport == Transport::Stream);
    Message::from_vec(&answer).expect("an answer can be read");
}
