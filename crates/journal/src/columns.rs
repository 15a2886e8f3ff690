//! Records gathered as the columns of a packed block ([`crate::packed`]): what comes with a request is copied once, to where
//! it is packed from.

use std::ops::Range;

use memchr::memchr;
use wharf_wal::Encoder;

use crate::{
    LimitError,
    block::PackedRecords,
    merge::FULL_BYTES,
    packed::{self, HEAD_BYTES},
};

/// The records of one append, each of which has a whole head, on their way into a packed block. Its room can be used again.
#[derive(Debug, Default)]
pub struct ColumnBuilder {
    columns: Vec<u8>,
    /// Where in the columns that of the tails begins, and how long each is.
    tails: usize,
    lengths: Vec<u32>,
    /// Bytes between two tails.
    step: usize,
    /// The byte that ends every head; `None` if they end in different ones.
    last: Option<u8>,
    /// Bytes of the block, were it not packed.
    block: usize,
}

impl ColumnBuilder {
    /// Takes these records, each as its head and what follows, in the place of those before.
    ///
    /// # Errors
    /// They are none, or too many or too large for one append.
    pub fn gather<'r>(
        &mut self,
        records: impl ExactSizeIterator<Item = ([u8; HEAD_BYTES], &'r [u8])> + Clone,
    ) -> Result<(), LimitError> {
        self.measure(records.clone())?;
        let count = self.lengths.len();
        self.columns.clear();
        let mut begin = Encoder::from(std::mem::take(&mut self.columns));
        let lengths = self.lengths.iter();
        let lengths = lengths.map(|it| HEAD_BYTES + *it as usize);
        packed::begin_columns(&mut begin, self.step > 0, lengths);
        self.columns = begin.into_vec();
        let heads = self.columns.len();
        self.tails = heads + count * HEAD_BYTES;
        self.columns.resize(self.tails, 0);
        let (mut before, mut last, mut is_mixed) = ([0; HEAD_BYTES], None, false);
        for (index, (head, tail)) in records.enumerate() {
            packed::put_changes(&mut self.columns[heads..self.tails], index, &before, &head);
            is_mixed |= last.is_some_and(|it| it != head[HEAD_BYTES - 1]);
            last = Some(head[HEAD_BYTES - 1]);
            before = head;
            self.columns.extend_from_slice(tail);
            if self.step > 0 {
                self.columns.push(b'\n');
            }
        }
        self.last = last.filter(|_| !is_mixed);
        Ok(())
    }

    /// What there is to know of all of them before the first can be put in its place.
    fn measure<'r>(
        &mut self,
        records: impl ExactSizeIterator<Item = ([u8; HEAD_BYTES], &'r [u8])>,
    ) -> Result<(), LimitError> {
        let count = records.len();
        self.lengths.clear();
        if count == 0 {
            return Err(LimitError::Empty);
        }
        LimitError::check_count(count)?;
        let (mut bytes, mut prefixes, mut are_lines) = (0, 0, true);
        for (_, tail) in records {
            let length = HEAD_BYTES + tail.len();
            LimitError::check_record(length)?;
            self.lengths.push(tail.len() as u32);
            bytes += length;
            // A length has seven bits of each byte.
            prefixes += length.ilog2() as usize / 7 + 1;
            are_lines = are_lines && memchr(b'\n', tail).is_none();
        }
        LimitError::check_append(bytes)?;
        self.block = bytes + prefixes;
        self.step = usize::from(are_lines);
        Ok(())
    }

    /// The records packed, where they are so many that they need not be packed with others later, and where that pays.
    /// Takes a processor for as long as a few megabytes take to copy.
    pub fn pack(&self) -> Option<PackedRecords> {
        if self.block < FULL_BYTES {
            return None;
        }
        let packed = packed::with_packer(|packer| {
            packer.pack_columns(&self.columns, self.block as u32, |filter| {
                filter.add_heads(self.last);
                self.places()
                    .for_each(|it| filter.add_tail(&self.columns[it]));
            })
        });
        // What cannot be packed is appended as it is.
        let block = packed.ok()??.into();
        let count = self.lengths.len() as u32;
        Some(PackedRecords { block, count })
    }

    /// Where in the columns the tail of each record is.
    fn places(&self) -> impl Iterator<Item = Range<usize>> {
        let mut next = self.tails;
        self.lengths.iter().map(move |length| {
            let begin = next;
            let end = begin + *length as usize;
            next = end + self.step;
            begin..end
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{MAX_APPEND_BYTES, MAX_APPEND_RECORDS, MAX_RECORD_BYTES, packed::Packer};

    fn split(records: &[Vec<u8>]) -> Vec<([u8; HEAD_BYTES], &[u8])> {
        let each = records
            .iter()
            .map(|it| it.split_first_chunk().expect("has a head"));
        each.map(|(head, tail)| (*head, tail)).collect()
    }

    fn block(records: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Encoder::new();
        records.iter().for_each(|it| out.bytes(it));
        out.into_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

        /// Whichever way records are packed, with line feeds in them or without, the same bytes come of it.
        #[test]
        fn columns_are_those_of_the_block(
            lines in proptest::collection::vec(proptest::collection::vec(9u8..12, HEAD_BYTES..300), 700..1200),
            least in prop::sample::select(vec![9u8, 11]),
            last in prop::option::of(any::<u8>()),
        ) {
            let mut records = lines;
            for record in &mut records {
                record[HEAD_BYTES..].iter_mut().for_each(|it| *it = (*it).max(least));
                if let Some(last) = last {
                    record[HEAD_BYTES - 1] = last;
                }
            }
            let mut columns = ColumnBuilder::default();
            // What was before leaves nothing behind.
            columns.gather([([7; HEAD_BYTES], &b"before\nit"[..])].into_iter()).unwrap();
            columns.gather(split(&records).into_iter()).unwrap();
            let packed = columns.pack().map(|it| (it.len(), it.block.to_vec()));
            let block = block(&records);
            let expected = Packer::new().unwrap().pack(&block).unwrap();
            let expected = expected.filter(|_| block.len() >= FULL_BYTES);
            prop_assert_eq!(packed, expected.map(|it| (records.len(), it)));
        }
    }

    #[test]
    fn limits_are_those_of_an_append() {
        let mut columns = ColumnBuilder::default();
        let mut gather = |tails: &[&[u8]]| {
            let records = tails.iter().map(|it| ([0; HEAD_BYTES], *it));
            columns.gather(records)
        };
        assert_eq!(gather(&[]), Err(LimitError::Empty));
        let large = vec![0; MAX_RECORD_BYTES - HEAD_BYTES];
        assert_eq!(gather(&[&large]), Ok(()));
        let bytes = MAX_RECORD_BYTES + 1;
        let beyond = [large.as_slice(), b"x"].concat();
        assert_eq!(
            gather(&[&beyond]),
            Err(LimitError::RecordTooLarge { bytes })
        );
        assert_eq!(gather(&[&large[..]; 4]), Ok(()));
        let bytes = MAX_APPEND_BYTES + HEAD_BYTES;
        let all = [&[&large[..]; 4][..], &[&b""[..]]].concat();
        assert_eq!(gather(&all), Err(LimitError::AppendTooLarge { bytes }));
        let count = MAX_APPEND_RECORDS + 1;
        assert_eq!(
            gather(&[&b""[..]; MAX_APPEND_RECORDS + 1]),
            Err(LimitError::TooManyRecords { count })
        );
    }
}
