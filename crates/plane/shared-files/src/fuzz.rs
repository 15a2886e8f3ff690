//! For the fuzzer: what a hostile server sends.

use wharf_nfs_wire::{
    Op,
    rpc::{self, Reply},
};

use crate::{
    link::MAX_RECORD,
    nfs::results::{Problem, Results},
};

type Read = fn(&mut Results<'_>) -> Result<(), Problem>;

/// Each of what an operation may be answered.
const ALL: &[Read] = &[
    |it| it.handle().map(drop),
    |it| it.attributes().map(drop),
    |it| it.room().map(drop),
    |it| it.lease_seconds().map(drop),
    |it| it.set_attributes(),
    |it| it.access().map(drop),
    |it| it.link_target().map(drop),
    |it| it.removed(),
    |it| it.renamed(),
    |it| it.linked(),
    |it| it.created(),
    |it| it.opened().map(drop),
    |it| it.state_of(Op::Close).map(drop),
    |it| it.bytes(MAX_RECORD).map(drop),
    |it| it.written().map(drop),
    |it| it.committed().map(drop),
    |it| it.listing().map(drop),
    |it| it.locked(Op::Lock).map(drop),
    |it| it.client().map(drop),
    |it| it.session().map(drop),
];

/// A record as it comes over a connection.
pub fn answer(bytes: &[u8]) {
    let mut record = Vec::new();
    if rpc::read_record(&mut &bytes[..], &mut record, MAX_RECORD).is_err() {
        record = bytes.to_vec();
    }
    let Ok(Reply::Done(body)) = rpc::reply(&record) else {
        return;
    };
    for read in ALL {
        for ops in [&[][..], &[Op::Sequence], &[Op::Sequence, Op::PutHandle]] {
            let Ok(mut results) = Results::new(body.clone(), 16) else {
                return;
            };
            let begun = ops.iter().try_for_each(|op| match op {
                Op::Sequence => results.sequence().map(drop),
                _ => results.put().map(drop),
            });
            if begun.is_ok() {
                let _ = read(&mut results);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fuzzer's inputs, each byte of each changed to some others, and each cut anywhere.
    #[test]
    fn nothing_that_a_server_sends_does_harm() {
        for input in [
            &include_bytes!("../../../../fuzz/corpus/nfs-answer/attributes")[..],
            include_bytes!("../../../../fuzz/corpus/nfs-answer/client"),
            include_bytes!("../../../../fuzz/corpus/nfs-answer/denied"),
            include_bytes!("../../../../fuzz/corpus/nfs-answer/listing"),
            include_bytes!("../../../../fuzz/corpus/nfs-answer/long"),
            include_bytes!("../../../../fuzz/corpus/nfs-answer/open"),
        ] {
            answer(input);
            for at in 0..input.len() {
                answer(&input[..at]);
                for change in [1, 3, 0x7f, 0x80, 0xff] {
                    let mut changed = input.to_vec();
                    changed[at] ^= change;
                    answer(&changed);
                }
            }
        }
    }
}
