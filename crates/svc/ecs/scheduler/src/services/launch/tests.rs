use super::{
    zones::{Evenness, InZone, beside},
    *,
};
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

#[test]
fn a_zone_whose_tasks_are_all_protected_gives_none() {
    let of = |zones: &[(u32, u32)]| {
        let zone = |(tasks, free): &(u32, u32)| InZone {
            tasks: *tasks,
            free: *free,
        };
        beside(0, zones.iter().map(zone))
    };
    assert_eq!(of(&[(1, 1), (0, 0)]), Evenness::Even);
    assert_eq!(of(&[(2, 1), (0, 0)]), Evenness::Uneven);
    assert_eq!(of(&[(2, 0), (0, 0)]), Evenness::Protected);
    // One that is not rich gives none either.
    assert_eq!(of(&[(2, 0), (1, 1)]), Evenness::Protected);
    assert_eq!(of(&[(2, 0), (3, 1)]), Evenness::Uneven);
}
