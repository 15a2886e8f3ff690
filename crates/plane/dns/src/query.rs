//! Questions and answers as bytes. Pure.
//!
//! Only standard queries with one question are answered. What cannot be read as far as its id is
//! dropped: an answer would go to whoever's address it bears.

use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::Record;

/// Bytes of a question; one with every option that resolvers send is far shorter.
pub(crate) const MAX_QUESTION: usize = 4096;
/// Bytes of an answer over UDP at most, whatever the asker would take: what no network cuts up.
pub(crate) const MAX_DATAGRAM: u16 = 1232;
/// Over UDP to those who do not say what they take.
const PLAIN_DATAGRAM: u16 = 512;
/// Over TCP, whose frames say their length in two bytes.
const MAX_STREAMED: usize = u16::MAX as usize;

/// A question that can be answered.
#[derive(Debug)]
pub(crate) struct Question {
    metadata: Metadata,
    pub(crate) query: Query,
    /// What the asker takes over UDP; `None` without EDNS.
    payload: Option<u16>,
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Datagram,
    Stream,
}

/// What an answer says.
#[derive(Debug, Default)]
pub(crate) struct Saying {
    pub(crate) code: ResponseCode,
    /// It is ours to say.
    pub(crate) authoritative: bool,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
    /// What the asker would ask next; left out where there is no room for it.
    pub(crate) additionals: Vec<Record>,
}

impl Saying {
    pub(crate) fn nothing(code: ResponseCode) -> Self {
        Self {
            code,
            ..Self::default()
        }
    }
}

/// What came over the wire.
#[derive(Debug)]
pub(crate) enum Read {
    Question(Question),
    /// It is answered with these bytes.
    Unfit(Vec<u8>),
    Nothing,
}

pub(crate) fn read(bytes: &[u8]) -> Read {
    // Answers are never answered, or two servers would talk for ever.
    let Some(id) = bytes.first_chunk::<3>().filter(|head| head[2] & 0x80 == 0) else {
        return Read::Nothing;
    };
    let unfit = |op_code, code| {
        let id = u16::from_be_bytes([id[0], id[1]]);
        let refusal = Message::error_msg(id, op_code, code);
        refusal.to_vec().map_or(Read::Nothing, Read::Unfit)
    };
    let Ok(mut message) = Message::from_vec(bytes) else {
        return unfit(OpCode::Query, ResponseCode::FormErr);
    };
    let op_code = message.metadata.op_code;
    if op_code != OpCode::Query || message.metadata.message_type != MessageType::Query {
        return unfit(op_code, ResponseCode::NotImp);
    }
    match (message.queries.pop(), message.queries.is_empty()) {
        (Some(query), true) => Read::Question(Question {
            metadata: message.metadata,
            query,
            payload: message.edns.as_ref().map(|_| message.max_payload()),
        }),
        _ => unfit(op_code, ResponseCode::FormErr),
    }
}

impl Question {
    /// The bytes of the answer; `None` for one that cannot be written.
    pub(crate) fn answered(&self, saying: Saying, transport: Transport) -> Option<Vec<u8>> {
        let mut message = Message::response(self.metadata.id, OpCode::Query);
        message.metadata = Metadata::response_from_request(&self.metadata);
        message.metadata.recursion_available = true;
        message.metadata.authoritative = saying.authoritative;
        message.metadata.response_code = saying.code;
        message.add_query(self.query.clone());
        message.answers = saying.answers;
        message.authorities = saying.authorities;
        message.additionals = saying.additionals;
        if self.payload.is_some() {
            let mut edns = Edns::new();
            edns.set_max_payload(MAX_DATAGRAM);
            message.set_edns(edns);
        }
        let most = self.most(transport);
        let mut bytes = message.to_vec().ok()?;
        if bytes.len() > most && !message.additionals.is_empty() {
            // Nothing that was asked for (RFC 2181, section 9).
            message.additionals.clear();
            bytes = message.to_vec().ok()?;
        }
        if bytes.len() <= most {
            return Some(bytes);
        }
        // The asker comes again over TCP.
        message.truncate().to_vec().ok()
    }

    fn most(&self, transport: Transport) -> usize {
        match transport {
            Transport::Stream => MAX_STREAMED,
            Transport::Datagram => self
                .payload
                .unwrap_or(PLAIN_DATAGRAM)
                .min(MAX_DATAGRAM)
                .into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{A, TXT};
    use hickory_proto::rr::{Name, RData, RecordType};
    use proptest::prelude::*;

    use super::*;

    fn question(edns: Option<u16>) -> Message {
        let mut message = Message::query();
        message.metadata.id = 7;
        message.metadata.recursion_desired = true;
        let name = Name::from_ascii("web.example.org.").unwrap();
        message.add_query(Query::query(name, RecordType::A));
        if let Some(payload) = edns {
            let mut edns = Edns::new();
            edns.set_max_payload(payload);
            message.set_edns(edns);
        }
        message
    }

    fn read_question(message: &Message) -> Question {
        match read(&message.to_vec().unwrap()) {
            Read::Question(question) => question,
            other => panic!("{other:?}"),
        }
    }

    fn code(bytes: &[u8]) -> Option<ResponseCode> {
        match read(bytes) {
            Read::Unfit(answer) => {
                let message = Message::from_vec(&answer).unwrap();
                assert_eq!(message.metadata.message_type, MessageType::Response);
                Some(message.metadata.response_code)
            }
            _ => None,
        }
    }

    #[test]
    fn what_is_no_question() {
        assert!(matches!(read(&[]), Read::Nothing));
        assert!(matches!(read(&[0, 7]), Read::Nothing));
        assert_eq!(code(&[0, 7, 0, 0]), Some(ResponseCode::FormErr));
        let mut answer = question(None);
        answer.metadata.message_type = MessageType::Response;
        assert!(matches!(read(&answer.to_vec().unwrap()), Read::Nothing));
        let mut update = question(None);
        update.metadata.op_code = OpCode::Update;
        assert_eq!(code(&update.to_vec().unwrap()), Some(ResponseCode::NotImp));
        let mut two = question(None);
        two.queries.push(two.queries[0].clone());
        assert_eq!(code(&two.to_vec().unwrap()), Some(ResponseCode::FormErr));
        let mut none = question(None);
        none.queries.clear();
        assert_eq!(code(&none.to_vec().unwrap()), Some(ResponseCode::FormErr));
    }

    #[test]
    fn an_answer_repeats_the_question() {
        let asked = question(Some(4096));
        let question = read_question(&asked);
        let saying = Saying {
            answers: vec![Record::from_rdata(
                question.query.name().clone(),
                5,
                RData::A(A::new(10, 0, 0, 1)),
            )],
            authoritative: true,
            ..Saying::default()
        };
        let bytes = question.answered(saying, Transport::Datagram).unwrap();
        let answer = Message::from_vec(&bytes).unwrap();
        assert_eq!(answer.metadata.id, 7);
        assert_eq!(answer.queries, asked.queries);
        assert!(answer.metadata.recursion_available && answer.metadata.recursion_desired);
        assert!(answer.metadata.authoritative && !answer.metadata.truncation);
        assert_eq!(answer.answers.len(), 1);
        assert_eq!(answer.edns.map(|it| it.max_payload()), Some(MAX_DATAGRAM));
    }

    #[test]
    fn what_is_too_long_for_a_datagram_is_cut() {
        let long = |bytes: usize| {
            let text = vec!["x".repeat(250); bytes / 250];
            let name = Name::from_ascii("web.example.org.").unwrap();
            Saying {
                answers: vec![Record::from_rdata(name, 5, RData::TXT(TXT::new(text)))],
                ..Saying::default()
            }
        };
        let check = |edns, bytes, transport, whole: bool| {
            let question = read_question(&question(edns));
            let answer = question.answered(long(bytes), transport).unwrap();
            let answer = Message::from_vec(&answer).unwrap();
            assert_eq!(answer.metadata.truncation, !whole, "{edns:?} {bytes}");
            assert_eq!(answer.answers.len(), usize::from(whole));
        };
        check(None, 250, Transport::Datagram, true);
        check(None, 750, Transport::Datagram, false);
        check(Some(1000), 750, Transport::Datagram, true);
        check(Some(4096), 1500, Transport::Datagram, false);
        check(None, 1500, Transport::Stream, true);
    }

    #[test]
    fn what_was_not_asked_for_is_left_out_where_it_has_no_room() {
        let record = |last, text: usize| {
            let name = Name::from_ascii("web.example.org.").unwrap();
            match text {
                0 => Record::from_rdata(name, 5, RData::A(A::new(10, 0, 0, last))),
                _ => Record::from_rdata(name, 5, RData::TXT(TXT::new(vec!["x".repeat(text)]))),
            }
        };
        let check = |text, transport, wanted| {
            let question = read_question(&question(None));
            let saying = Saying {
                answers: vec![record(1, 250)],
                additionals: vec![record(2, text), record(3, text)],
                ..Saying::default()
            };
            let answer = question.answered(saying, transport).unwrap();
            let answer = Message::from_vec(&answer).unwrap();
            assert!(!answer.metadata.truncation);
            let said = (answer.answers.len(), answer.additionals.len());
            assert_eq!(said, (1, wanted), "{text} {transport:?}");
        };
        check(0, Transport::Datagram, 2);
        check(200, Transport::Datagram, 0);
        check(200, Transport::Stream, 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_damaged_question_is_read(at in 0..40_usize, byte: u8) {
            let mut bytes = question(Some(1232)).to_vec().unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Read::Question(question) = read(&bytes) {
                let _ = question.answered(Saying::default(), Transport::Datagram);
            }
        }
    }
}
