//! The journal's tests, against its public API.

mod disk_full;
mod kill;
mod model;
mod streams;
mod tail;
mod turns;

/// Small files, so that merging happens within a test.
pub fn small() -> wharf_journal::JournalOptions {
    wharf_journal::JournalOptions {
        segment_bytes: 16 << 10,
        merge_segments: 2,
        merge_runs: 2,
        max_run_bytes: 1 << 20,
        // Tests count bytes.
        reserve_bytes: 0,
        ..wharf_journal::JournalOptions::default()
    }
}

/// Everything a stream holds, as text.
pub async fn all(journal: &wharf_journal::Journal, stream: &str) -> Vec<(u64, String)> {
    let (mut from, mut out) = (0, Vec::new());
    loop {
        let reply = journal.read(stream, from, 100, 4096).await.unwrap();
        if reply.records.is_empty() {
            assert_eq!(reply.next.max(reply.first), reply.end);
            return out;
        }
        from = reply.next;
        let text = |data: &[u8]| String::from_utf8(data.to_vec()).unwrap();
        out.extend(reply.records.iter().map(|r| (r.offset, text(&r.data))));
    }
}

/// Records packed, each of which has a head, if they are enough and become smaller.
pub fn packed<R: AsRef<[u8]>>(records: &[R]) -> Option<wharf_journal::PackedRecords> {
    let mut columns = wharf_journal::ColumnBuilder::default();
    let split = records.iter().map(|it| {
        let (head, tail) = it.as_ref().split_first_chunk().expect("has a head");
        (*head, tail)
    });
    columns.gather(split).unwrap();
    columns.pack()
}
