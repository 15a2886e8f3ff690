use super::*;
use crate::test_task::task;

#[test]
fn a_transaction_has_room_for_whatever_a_batch_may_hold() {
    let most = |tasks: usize, hosts: usize| {
        let ledger = |host| (format!("h{host}"), Ledger::default());
        let batch = Batch {
            tasks: vec![task("FARGATE"); tasks],
            ledgers: (0..hosts).map(ledger).collect(),
            ..Batch::default()
        };
        (0..=MAX_TXN_OPS)
            .take_while(|more| batch.may_interrupt(*more))
            .count()
    };
    // One task may have the room of as many as may be interrupted at all.
    assert!(most(0, 0) > 64);
    // Every task and host is written; each host is compared with its instance.
    assert_eq!(most(9, 9), OF_BATCH - 20 + 1);
    assert_eq!(most(20, 10), OF_BATCH - 32 + 1);
    assert_eq!(most(BATCH, BATCH), 0);
    const { assert!(2 * BATCH + OF_SERVICE <= MAX_TXN_OPS) };
}
